-- BPJS's own lists, kept here so that people can choose from them, and what of the clinic they stand for.

create table public.bpjs_references (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    kind text not null,
    code text not null,
    name text not null,
    details jsonb not null default '{}',
    seen_at timestamptz not null default now(),
    constraint reference_is_once unique (clinic_id, kind, code),
    constraint reference_kind_is_plain check (kind ~ '^[a-z_]{1,30}$')
);
comment on table public.bpjs_references is 'Poli, doctors, procedures, ways of going home, … as BPJS lists them for the facility; refreshed by schedule.';
comment on column public.bpjs_references.details is 'What else BPJS says of the entry: maxTarif, nonSpesialis, …';
alter table public.bpjs_references enable row level security;
create policy "Staff read BPJS's lists" on public.bpjs_references
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
grant select on public.bpjs_references to authenticated;
grant select, insert, update, delete on public.bpjs_references to service_role;

-- What a clinic's row is called, so that it can be found in BPJS's list by its name.
create function private.bpjs_candidates(p_clinic uuid) returns table (kind text, reference text, local_id text, name text)
language sql stable set search_path = '' as $$
    select 'bpjs_poli', 'poli', l.id::text, l.name from public.locations l where l.clinic_id = p_clinic and l.active and l.kind = 'poli'
    union all
    select 'bpjs_doctor', 'doctor', p.id::text, p.full_name from public.practitioners p where p.clinic_id = p_clinic and p.active
    union all
    select 'bpjs_disposition', 'disposition', d.id, d.name
      from (values ('home', 'berobat jalan'), ('referred', 'rujuk lanjut'), ('deceased', 'meninggal')) d (id, name)
$$;
comment on function private.bpjs_candidates(uuid) is 'The clinic''s things that BPJS has a code for, with the names to look for.';
grant execute on function private.bpjs_candidates(uuid) to service_role;

-- Only the very same name, and only when it stands there once: a wrong doctor is worse than a question.
create function private.map_alike(p_clinic uuid, p_reference text) returns void
language sql set search_path = '' as $$
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select p_clinic, c.kind, c.local_id, min(r.code), min(r.name)
      from private.bpjs_candidates(p_clinic) c
      join public.bpjs_references r
        on r.clinic_id = p_clinic and r.kind = c.reference
       and regexp_replace(lower(btrim(r.name)), '^poli\s+', '') = regexp_replace(lower(btrim(c.name)), '^poli\s+', '')
     where c.reference = p_reference
     group by c.kind, c.local_id having count(*) = 1
    on conflict (clinic_id, kind, local_id) do nothing
$$;
comment on function private.map_alike(uuid, text) is 'Map what bears the same name in a list of BPJS''s that was just read, where nobody has mapped it yet.';
grant execute on function private.map_alike(uuid, text) to service_role;

create function integration.store_references(p_clinic uuid, p_kind text, p_rows jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
    v_count integer;
    v_news boolean;
begin
    v_news := exists (select from jsonb_to_recordset(p_rows) as x (code text, name text, details jsonb)
                       where not exists (select from public.bpjs_references r
                                          where r.clinic_id = p_clinic and r.kind = p_kind and r.code = x.code
                                            and r.details = coalesce(x.details, '{}')));
    insert into public.bpjs_references as r (clinic_id, kind, code, name, details)
    select p_clinic, p_kind, x.code, x.name, coalesce(x.details, '{}')
      from jsonb_to_recordset(p_rows) as x (code text, name text, details jsonb)
     where x.code is not null and x.name is not null
    on conflict (clinic_id, kind, code) do update
       set name = excluded.name, details = excluded.details, seen_at = now();
    get diagnostics v_count = row_count;
    perform private.map_alike(p_clinic, p_kind);
    if v_news then perform private.resolve(array['reference/' || p_kind || '/' || p_clinic]); end if;
    return v_count;
end $$;
comment on function integration.store_references(uuid, text, jsonb) is 'Keep a list as BPJS gave it, [{code, name, details}], and map what bears the same name.';

-- Two lists are too long to fetch whole: of drugs and diagnoses, what the clinic has or wrote lately is looked up.
create function integration.reference_wishes(p_clinic uuid, p_limit integer default 200) returns table (kind text, keyword text)
language sql stable set search_path = '' as $$
    (select 'drug', w.word
       from public.drugs d cross join lateral substring(lower(d.name) from '[a-z]{4,}') as w (word)
      where d.clinic_id = p_clinic and d.active and w.word is not null
        and not exists (select from integration.mappings m
                         where m.clinic_id = p_clinic and m.kind = 'bpjs_drug' and m.local_id = d.id::text)
      group by w.word order by w.word limit p_limit)
    union all
    (select 'diagnosis', g.icd10_code
       from public.diagnoses g join public.visits v on v.clinic_id = g.clinic_id and v.id = g.visit_id
      where g.clinic_id = p_clinic and v.bpjs_since is not null and g.voided_at is null
        and g.recorded_at > now() - interval '30 days'
        and not exists (select from public.bpjs_references r
                         where r.clinic_id = p_clinic and r.kind = 'diagnosis' and r.code = g.icd10_code)
      group by g.icd10_code order by count(*) desc, g.icd10_code limit p_limit)
$$;
comment on function integration.reference_wishes(uuid, integer) is 'Words to look up in BPJS''s lists of drugs and diagnoses for a clinic.';

create function integration.bpjs_facilities() returns table (clinic_id uuid, name text, facility_code text,
    capability text, time_zone text, references_seen_at timestamptz)
language sql stable set search_path = '' as $$
    select c.id, c.name, c.bpjs_facility_code, c.capability, c.time_zone,
           (select min(x.seen_at) from (select max(r.seen_at) as seen_at from public.bpjs_references r
                                         where r.clinic_id = c.id group by r.kind) x)
      from public.clinics c where c.bpjs_facility_code is not null order by c.name
$$;
comment on function integration.bpjs_facilities() is 'Clinics connected to BPJS, and since when at least their lists are known.';

create function private.map_bpjs(p_clinic uuid, p_kind text, p_local text, p_code text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v_reference text := case p_kind when 'bpjs_poli' then 'poli' when 'bpjs_doctor' then 'doctor'
                                    when 'bpjs_disposition' then 'disposition' when 'bpjs_drug' then 'drug' end;
    v_name text;
begin
    if not p_clinic = any (case when p_kind = 'bpjs_drug' then private.clinics_as('admin', 'pharmacist')
                                else private.clinics_as('admin') end) then
        raise exception 'Hanya admin (atau apoteker untuk obat) yang dapat memetakan kode BPJS'
            using errcode = 'insufficient_privilege';
    end if;
    if v_reference is null then
        raise exception 'Jenis pemetaan tidak dikenal: %', p_kind using errcode = 'check_violation';
    end if;
    if p_kind = 'bpjs_drug' then
        perform from public.drugs d where d.clinic_id = p_clinic and d.id::text = p_local;
    else
        perform from private.bpjs_candidates(p_clinic) c where c.kind = p_kind and c.local_id = p_local;
        if not found and p_kind = 'bpjs_disposition' then perform from (values ('other')) o (id) where o.id = p_local; end if;
    end if;
    if not found then
        raise exception 'Data klinik yang dipetakan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    select r.name into v_name from public.bpjs_references r
     where r.clinic_id = p_clinic and r.kind = v_reference and r.code = p_code;
    if not found and p_kind <> 'bpjs_drug' then
        raise exception 'Kode % tidak ada dalam daftar BPJS', p_code using errcode = 'no_data_found';
    end if;
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    values (p_clinic, p_kind, p_local, p_code, coalesce(v_name, p_code))
    on conflict (clinic_id, kind, local_id) do update
       set code = excluded.code, display = excluded.display, updated_at = now();
end $$;
create function public.map_bpjs(clinic_id uuid, kind text, local_id text, code text) returns void
language sql security invoker set search_path = '' as $$
    select private.map_bpjs(clinic_id, kind, local_id, code)
$$;
comment on function public.map_bpjs(uuid, text, text, text) is
    'Admin: say which of BPJS''s codes a poli, a doctor or a way of going home is; pharmacist: a drug''s DPHO code, or - for one that DPHO does not have.';

create function private.bpjs_mappings() returns table (clinic_id uuid, kind text, local_id text, code text, display text)
language sql stable security definer set search_path = '' as $$
    select m.clinic_id, m.kind, m.local_id, m.code, m.display from integration.mappings m
     where m.kind like 'bpjs\_%' and m.clinic_id = any ((select private.my_clinics())::uuid[])
$$;
create function public.bpjs_mappings() returns table (clinic_id uuid, kind text, local_id text, code text, display text)
language sql stable security invoker set search_path = '' as $$
    select * from private.bpjs_mappings()
$$;
comment on function public.bpjs_mappings() is 'Which BPJS codes the caller''s clinics'' things have.';

revoke all on function private.map_bpjs(uuid, text, text, text), private.bpjs_mappings(),
    public.map_bpjs(uuid, text, text, text), public.bpjs_mappings() from public, anon;
grant execute on function private.map_bpjs(uuid, text, text, text), private.bpjs_mappings(),
    public.map_bpjs(uuid, text, text, text), public.bpjs_mappings() to authenticated;
call private.hand_to_workers();
