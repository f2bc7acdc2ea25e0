-- The catalogue of a clinic's laboratory and radiology: tests, panels of tests, imaging procedures.
--
-- A row is one version and never changes what it means: a new definition is a new row with the next version,
-- so that an old result reads as it was reported. Only the codes by which the outside world knows it (LOINC,
-- KPTL, SNOMED) may be corrected in place, for they do not change what was measured.

create type public.release_policy as enum (
    'immediate',     -- the patient may read it as soon as it is final
    'after_review',  -- once the doctor has seen it
    'held'           -- only when the doctor releases it by name
);
comment on type public.release_policy is 'When a patient may read a final result.';

create table public.examinations (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    code text not null,
    version integer not null default 1,
    kind text not null default 'test',
    name text not null,
    section_code text not null default 'CH',
    section_display text not null default 'Chemistry',
    loinc_code text,
    loinc_display text,
    kptl_code text,
    kptl_display text,
    value_type text not null default 'numeric',
    unit text,
    decimals smallint,
    method text,
    choices jsonb not null default '[]',
    ranges jsonb not null default '[]',
    members text[] not null default '{}',
    optional_members text[] not null default '{}',
    specimen_code text,
    specimen_display text,
    container text,
    fasting_hours smallint,
    modality text,
    body_site_code text,
    body_site_display text,
    release_policy public.release_policy not null default 'after_review',
    active boolean not null default true,
    superseded_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint examination_belongs_to_clinic unique (clinic_id, id),
    constraint examination_version_is_once unique (clinic_id, code, version),
    constraint examination_code_is_plain check (code ~ '^[0-9A-Z._-]{1,20}$'),
    constraint examination_name_is_filled check (btrim(name) <> ''),
    constraint examination_kind_is_known check (kind in ('test', 'panel', 'imaging')),
    constraint examination_value_type_is_known check (value_type in ('numeric', 'coded', 'text', 'none')),
    constraint examination_of_a_kind_is_whole check (case kind
        when 'test' then value_type <> 'none' and members = '{}' and modality is null and specimen_code is not null
        when 'panel' then value_type = 'none' and members <> '{}' and specimen_code is not null
        else value_type = 'text' and modality is not null and members = '{}' and specimen_code is null end),
    constraint examination_number_has_a_unit check ((value_type = 'numeric') = (unit is not null)),
    constraint examination_coded_has_choices check ((value_type = 'coded') = (choices <> '[]')),
    constraint examination_optional_members_are_members check (optional_members <@ members),
    constraint examination_decimals_are_few check (decimals between 0 and 6),
    constraint examination_loinc_is_a_code check (loinc_code ~ '^[0-9]{1,7}-[0-9]$'),
    constraint examination_loinc_has_a_name check ((loinc_code is null) = (loinc_display is null)),
    constraint examination_kptl_has_a_name check ((kptl_code is null) = (kptl_display is null)),
    constraint examination_specimen_is_a_snomed_code check (specimen_code ~ '^[0-9]{6,18}$'),
    constraint examination_modality_is_a_dicom_code check (modality ~ '^[A-Z]{2,4}$'),
    constraint examination_fasting_is_short check (fasting_hours between 1 and 24)
);
comment on table public.examinations is 'What the laboratory and radiology offer; one row per version, the current one has no superseded_at.';
comment on column public.examinations.section_code is 'Diagnostic service section, HL7 table 0074: HM haematology, CH chemistry, SR serology, MB microbiology, LAB, RAD, …';
comment on column public.examinations.unit is 'UCUM, letter for letter; a result in another unit is refused, never converted.';
comment on column public.examinations.choices is '[{code, display, system, concept, abnormal, critical}]: the values a coded result may have; concept is the code in system.';
comment on column public.examinations.ranges is '[{sex, from_days, to_days, pregnant, low, high, critical_low, critical_high, text}]: the narrowest that fits the patient counts.';
comment on column public.examinations.members is 'Codes of the tests of a panel, in the order of the report; those in optional_members may be missing.';
comment on column public.examinations.modality is 'DICOM modality of an imaging procedure: DX, CR, US, …';
create unique index examination_current_is_one on public.examinations (clinic_id, code) where superseded_at is null;

-- Whatever the definition says of a range must be something a value can be judged by.
create function private.guard_examination() returns trigger
language plpgsql set search_path = '' as $$
declare
    r jsonb;
    v_bounds numeric[];
begin
    if jsonb_typeof(new.ranges) <> 'array' or jsonb_typeof(new.choices) <> 'array' then
        raise exception 'Nilai rujukan dan pilihan ditulis sebagai daftar' using errcode = 'check_violation';
    end if;
    for r in select * from jsonb_array_elements(new.ranges) loop
        v_bounds := array_remove(array[(r ->> 'critical_low')::numeric, (r ->> 'low')::numeric,
                                       (r ->> 'high')::numeric, (r ->> 'critical_high')::numeric], null);
        if v_bounds <> (select coalesce(array_agg(b order by b), '{}') from unnest(v_bounds) b) then
            raise exception 'Nilai rujukan % tidak urut: kritis rendah, rendah, tinggi, kritis tinggi', new.code
                using errcode = 'check_violation', constraint = 'examination_bounds_are_in_order';
        end if;
        if v_bounds && '{NaN,Infinity,-Infinity}'::numeric[] or coalesce(jsonb_typeof(r -> 'pregnant'), 'null') not in ('boolean', 'null') then
            raise exception 'Batas atau kehamilan pada nilai rujukan % tidak benar', new.code
                using errcode = 'check_violation', constraint = 'examination_range_is_readable';
        end if;
        if v_bounds = '{}' and r ->> 'text' is null then
            raise exception 'Satu nilai rujukan % kosong', new.code
                using errcode = 'check_violation', constraint = 'examination_range_says_something';
        end if;
        if coalesce(r ->> 'sex', 'male') not in ('male', 'female')
           or coalesce((r ->> 'from_days')::integer, 0) > coalesce((r ->> 'to_days')::integer, 2147483647) then
            raise exception 'Jenis kelamin atau umur pada nilai rujukan % tidak benar', new.code
                using errcode = 'check_violation', constraint = 'examination_range_is_of_people';
        end if;
    end loop;
    if exists (select from jsonb_array_elements(new.choices) c
                where coalesce(btrim(c ->> 'code'), '') = '' or coalesce(btrim(c ->> 'display'), '') = ''
                   or (c ->> 'system' is null) <> (c ->> 'concept' is null)) then
        raise exception 'Setiap pilihan % memerlukan kode dan nama', new.code
            using errcode = 'check_violation', constraint = 'examination_choice_is_whole';
    end if;
    -- A result is read by code or by what is shown: a word must mean one choice, and what it means must be yes or no.
    if exists (select from jsonb_array_elements(new.choices) with ordinality c (choice, place)
                cross join lateral unnest(array[lower(choice ->> 'code'), lower(choice ->> 'display')]) word
                group by word having count(distinct place) > 1)
       or exists (select from jsonb_array_elements(new.choices) c
                   where coalesce(jsonb_typeof(c -> 'abnormal'), 'null') not in ('boolean', 'null')
                      or coalesce(jsonb_typeof(c -> 'critical'), 'null') not in ('boolean', 'null')) then
        raise exception 'Pilihan % ada yang sama, atau tandanya tidak benar', new.code
            using errcode = 'check_violation', constraint = 'examination_choices_are_told_apart';
    end if;
    return new;
end $$;
comment on function private.guard_examination() is 'Refuses ranges and choices that no result could be judged by.';
create trigger examinations_guard before insert or update on public.examinations
    for each row execute function private.guard_examination();
create trigger examinations_touch before update on public.examinations
    for each row execute function private.touch_updated_at();

-- What a test of this definition is, leaving out what only tells versions apart.
create function private.meaning(e public.examinations) returns jsonb
language sql stable set search_path = '' as $$
    select to_jsonb(e) - '{id,version,active,superseded_at,created_at,updated_at}'::text[]
$$;
comment on function private.meaning(public.examinations) is 'What one version of an examination says.';

create function private.define_examination(p_clinic uuid, p_definition jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
    v_old public.examinations;
    v_new public.examinations;
begin
    if not p_clinic = any (private.clinics_as('admin')) then
        raise exception 'Klinik tidak ditemukan' using errcode = 'no_data_found';
    end if;
    -- Two admins who save at once: the second waits, and gets the version after.
    perform from public.clinics c where c.id = p_clinic for no key update;
    select * into v_old from public.examinations e
     where e.clinic_id = p_clinic and e.code = p_definition ->> 'code' and e.superseded_at is null;
    if v_old.id is null then
        v_old := jsonb_populate_record(null::public.examinations,
            '{"kind": "test", "section_code": "CH", "section_display": "Chemistry", "value_type": "numeric", "choices": [],
              "ranges": [], "members": [], "optional_members": [], "release_policy": "after_review", "version": 0}');
    end if;
    v_new := jsonb_populate_record(v_old, p_definition);
    if v_old.id is not null and private.meaning(v_old) = private.meaning(v_new) then return v_old.id; end if;
    if exists (select from unnest(v_new.members) m where not exists (
                select from public.examinations e where e.clinic_id = p_clinic and e.code = m
                   and e.superseded_at is null and e.kind = 'test')) then
        raise exception 'Panel % memuat pemeriksaan yang tidak ada dalam katalog', v_new.code
            using errcode = 'check_violation', constraint = 'examination_members_are_there';
    end if;
    v_new.id := gen_random_uuid(); v_new.clinic_id := p_clinic; v_new.version := v_old.version + 1;
    v_new.active := true; v_new.superseded_at := null; v_new.created_at := now(); v_new.updated_at := now();
    update public.examinations e set superseded_at = now() where e.id = v_old.id;
    insert into public.examinations select v_new.*;
    return v_new.id;
end $$;
create function public.define_examination(clinic_id uuid, definition jsonb) returns uuid
language sql security invoker set search_path = '' as $$
    select private.define_examination(clinic_id, definition)
$$;
comment on function public.define_examination(uuid, jsonb) is
    'Admin: a new test, panel or imaging procedure, or the next version of one (by its code; columns left out stay as they are). Answers its id.';

create table private.standard_examinations (
    code text primary key,
    position integer generated always as identity,
    definition jsonb not null
);
comment on table private.standard_examinations is 'The tests an Indonesian clinic usually runs; a clinic takes them over and makes them its own.';
alter table private.standard_examinations enable row level security;

create function private.install_examinations(p_clinic uuid) returns integer
language plpgsql security definer set search_path = '' as $$
declare
    v_count integer;
begin
    if not p_clinic = any (private.clinics_as('admin')) and (select auth.role()) is distinct from 'service_role' then
        raise exception 'Klinik tidak ditemukan' using errcode = 'no_data_found';
    end if;
    insert into public.examinations (clinic_id, code, kind, name, section_code, section_display, loinc_code, loinc_display,
            kptl_code, kptl_display, value_type, unit, decimals, method, choices, ranges, members, optional_members,
            specimen_code, specimen_display, container, fasting_hours, modality, body_site_code, body_site_display, release_policy)
    select p_clinic, s.code, d.kind, d.name, d.section_code, d.section_display, d.loinc_code, d.loinc_display,
           d.kptl_code, d.kptl_display, d.value_type, d.unit, d.decimals, d.method, coalesce(d.choices, '[]'), coalesce(d.ranges, '[]'),
           coalesce(d.members, '{}'), coalesce(d.optional_members, '{}'), d.specimen_code, d.specimen_display, d.container,
           d.fasting_hours, d.modality, d.body_site_code, d.body_site_display, coalesce(d.release_policy, 'after_review')
      from private.standard_examinations s
     cross join lateral jsonb_populate_record(null::public.examinations, s.definition) d
     where not exists (select from public.examinations e where e.clinic_id = p_clinic and e.code = s.code)
     order by s.position;
    get diagnostics v_count = row_count;
    return v_count;
end $$;
create function public.install_examinations(clinic_id uuid) returns integer
language sql security invoker set search_path = '' as $$
    select private.install_examinations(clinic_id)
$$;
comment on function public.install_examinations(uuid) is
    'Admin: take over the standard tests the clinic does not have yet; answers how many came. Nothing that is there is changed.';

alter table public.examinations enable row level security;
create policy "Staff read the catalogue" on public.examinations
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Admin and laboratory correct codes" on public.examinations
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]));
grant select on public.examinations to authenticated;
grant update (active, loinc_code, loinc_display, kptl_code, kptl_display, specimen_code, specimen_display, section_code,
              section_display, body_site_code, body_site_display) on public.examinations to authenticated;
grant select, insert, update, delete on public.examinations to service_role;
revoke all on function private.define_examination(uuid, jsonb), public.define_examination(uuid, jsonb),
    private.install_examinations(uuid), public.install_examinations(uuid) from public, anon;
grant execute on function private.define_examination(uuid, jsonb), public.define_examination(uuid, jsonb),
    private.install_examinations(uuid), public.install_examinations(uuid) to authenticated, service_role;
