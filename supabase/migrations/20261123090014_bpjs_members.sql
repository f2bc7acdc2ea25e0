-- BPJS: which clinics are connected, and the kind "membership": who is a member, asked by itself.

alter table integration.targets add column bpjs boolean not null default false, add column capability text;
comment on column integration.targets.bpjs is 'For clinics with a BPJS facility code alone.';
comment on column integration.targets.capability is 'For clinics of this capability alone; null: for both.';
insert into integration.targets (target, title, bpjs, capability) values
    ('pcare', 'P-Care', true, 'fktp'), ('vclaim', 'VClaim', true, 'fkrtl'), ('antrean', 'Antrean', true, null);
insert into integration.kinds (target, kind) values ('pcare', 'membership'), ('vclaim', 'membership');

-- A clinic is connected from the day it says its facility code; what happened before was entered by hand.
create function private.open_bpjs_lanes() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'UPDATE' and new.capability <> old.capability and old.bpjs_facility_code is not null
       and exists (select from integration.deliveries d join integration.targets t on t.target = d.target
                    where d.clinic_id = new.id and t.bpjs) then
        raise exception 'A clinic that has delivered to BPJS keeps its capability'
            using errcode = 'check_violation', constraint = 'clinic_capability_stays',
                  hint = 'Daftarkan klinik sebagai faskes baru.';
    end if;
    if tg_op = 'UPDATE' and new.capability <> old.capability then  -- nothing ever went there
        delete from integration.lanes l using integration.targets t
         where l.clinic_id = new.id and t.target = l.target and t.bpjs and t.capability <> new.capability;
    end if;
    if tg_op = 'UPDATE' and new.bpjs_facility_code is distinct from old.bpjs_facility_code then
        -- What waits for the credentials of a code that was mistyped is not to wait for ever.
        perform private.resolve(array['credential/bpjs/' || coalesce(old.bpjs_facility_code, 'None')]);
    end if;
    if new.bpjs_facility_code is not null then
        insert into integration.lanes (target, clinic_id, since, most_leases)
        select t.target, new.id, (now() at time zone new.time_zone)::date, 8
          from integration.targets t where t.bpjs and coalesce(t.capability, new.capability) = new.capability
        on conflict do nothing;
    end if;
    return null;
end $$;
create trigger clinics_zz_bpjs_lanes after insert or update of bpjs_facility_code, capability on public.clinics
    for each row execute function private.open_bpjs_lanes();

create table public.bpjs_memberships (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    patient_id uuid not null,
    status text not null default 'unknown',
    reason text,
    card_number text,
    class_code text,
    class_name text,
    member_type text,
    facility_code text,
    facility_name text,
    dental_facility_code text,
    dental_facility_name text,
    arrears integer,
    prolanis text,
    prb text,
    valid_from date,
    valid_until date,
    birth_date_agrees boolean,
    as_of timestamptz,
    asked_at timestamptz,
    first_asked_on date not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint membership_is_one_per_patient unique (clinic_id, patient_id),
    constraint membership_status_is_known check (status in ('unknown', 'active', 'inactive', 'not_found')),
    constraint membership_answer_has_a_time check ((status = 'unknown') = (as_of is null)),
    constraint membership_card_is_13_digits check (card_number ~ '^[0-9]{13}$'),
    constraint membership_patient_is_of_the_same_clinic
        foreign key (clinic_id, patient_id) references public.patients (clinic_id, id)
);
comment on table public.bpjs_memberships is 'What BPJS last said about a patient''s membership, and when; written by the workers alone.';
comment on column public.bpjs_memberships.reason is 'The state in BPJS''s own words; free text, never decided upon.';
comment on column public.bpjs_memberships.facility_code is 'Where the member is registered; another one than the clinic''s own means "peserta FKTP lain".';
comment on column public.bpjs_memberships.arrears is 'Tunggakan as BPJS gives it; its unit is not published.';
comment on column public.bpjs_memberships.birth_date_agrees is 'Whether BPJS has the patient''s date of birth; false: look at the NIK again.';
comment on column public.bpjs_memberships.as_of is 'When BPJS said so; null: it has not answered yet.';
comment on column public.bpjs_memberships.asked_at is 'When a question was last put; later than as_of: the answer is on its way.';
create index bpjs_memberships_by_day on public.bpjs_memberships (clinic_id, first_asked_on);
create trigger bpjs_memberships_touch before update on public.bpjs_memberships
    for each row execute function private.touch_updated_at();

alter table public.bpjs_memberships enable row level security;
create policy "Counter, carers and management read memberships" on public.bpjs_memberships
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
grant select on public.bpjs_memberships to authenticated;
grant select, insert, update on public.bpjs_memberships to service_role;

-- Workers lock a delivery before its membership; whoever writes both here does the same, or each waits for the other.
create function private.lock_membership(p_clinic uuid, p_patient uuid) returns public.bpjs_memberships
language plpgsql security definer set search_path = '' as $$
declare
    m public.bpjs_memberships;
begin
    select * into m from public.bpjs_memberships x where x.clinic_id = p_clinic and x.patient_id = p_patient;
    perform from integration.deliveries d where d.subject_id = m.id and d.kind = 'membership' for no key update;
    select * into m from public.bpjs_memberships x where x.id = m.id for no key update;
    return m;
end $$;
comment on function private.lock_membership(uuid, uuid) is 'What is known of a membership, locked together with its delivery; null: never asked about.';

-- Ask, unless the last answer is fresh or the question is already on its way. Answers whether it was put.
create function private.ask_membership(p_clinic uuid, p_patient uuid, p_max_age interval default null) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
    v_target text;
    v_hours interval;
    v_today date;
    m public.bpjs_memberships;
begin
    select l.target, make_interval(hours => c.bpjs_membership_hours), (now() at time zone c.time_zone)::date
      into v_target, v_hours, v_today
      from public.clinics c
      join integration.kinds k on k.kind = 'membership'
      join integration.lanes l on l.clinic_id = c.id and l.target = k.target
     where c.id = p_clinic;
    if not found then return false; end if;
    insert into public.bpjs_memberships (clinic_id, patient_id, first_asked_on)
    values (p_clinic, p_patient, v_today) on conflict do nothing;
    m := private.lock_membership(p_clinic, p_patient);
    if m.as_of > now() - coalesce(p_max_age, v_hours)
       or (m.asked_at > coalesce(m.as_of, '-infinity') and exists (
               select from integration.deliveries d
                where d.target = v_target and d.kind = 'membership' and d.subject_id = m.id
                  and d.state in ('ready', 'leased', 'uncertain'))) then
        return false;
    end if;
    update public.bpjs_memberships x set asked_at = clock_timestamp() where x.id = m.id;
    perform private.want_delivery(v_target, 'membership', m.id, p_clinic, m.first_asked_on, true);
    return true;
end $$;
comment on function private.ask_membership(uuid, uuid, interval) is 'Have BPJS asked about a patient, unless a fresh answer is there.';

-- A new NIK is another person as far as BPJS is concerned: what was said about the old one does not count.
create function private.on_patient_membership() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'UPDATE' then
        if new.nik is not distinct from old.nik then return null; end if;
        perform private.lock_membership(new.clinic_id, new.id);
        update public.bpjs_memberships m
           set status = 'unknown', as_of = null, asked_at = null, reason = null, card_number = null,
               class_code = null, class_name = null, member_type = null, facility_code = null,
               facility_name = null, dental_facility_code = null, dental_facility_name = null, arrears = null,
               prolanis = null, prb = null, valid_from = null, valid_until = null, birth_date_agrees = null
         where m.clinic_id = new.clinic_id and m.patient_id = new.id;
        if not found and new.nik is null then return null; end if;
    elsif new.nik is null then
        return null;
    end if;
    perform private.ask_membership(new.clinic_id, new.id);
    return null;
end $$;
create trigger patients_zz_membership after insert or update of nik on public.patients
    for each row execute function private.on_patient_membership();

create function private.on_bpjs_arrival() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.ask_membership(new.clinic_id, new.patient_id);
    return null;
end $$;
create trigger visits_zz_membership after insert on public.visits
    for each row when (new.payer = 'bpjs') execute function private.on_bpjs_arrival();
create trigger visits_zz_membership_later after update of payer on public.visits
    for each row when (new.payer = 'bpjs' and old.payer <> 'bpjs') execute function private.on_bpjs_arrival();

create function integration.membership_snapshot(p_membership uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'kind', 'membership', 'as_of', now(), 'subject_id', m.id,
        'references', jsonb_build_array('clinic/' || m.clinic_id, 'patient/' || m.patient_id),
        'clinic', jsonb_build_object('id', c.id, 'facility_code', c.bpjs_facility_code,
                'capability', c.capability, 'time_zone', c.time_zone),
        'patient', jsonb_build_object('id', p.id, 'nik', p.nik, 'birth_date', p.birth_date))
      from public.bpjs_memberships m
      join public.clinics c on c.id = m.clinic_id
      join public.patients p on p.clinic_id = m.clinic_id and p.id = m.patient_id
     where m.id = p_membership
$$;
comment on function integration.membership_snapshot(uuid) is 'Whom to ask about, and for which clinic (docs/snapshot.md).';

create function integration.membership_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select m.id, m.clinic_id, m.first_asked_on from public.bpjs_memberships m
     where m.first_asked_on >= p_since and (p_clinic is null or m.clinic_id = p_clinic)
$$;
comment on function integration.membership_subjects(date, uuid) is 'Patients whose membership was ever asked for, by the first day.';

-- The NIK asked about must still be the patient's: an answer about another person is dropped.
create function integration.membership_learned(p_membership uuid, p_facts jsonb) returns void
language plpgsql set search_path = '' as $$
begin
    -- Somebody may be correcting the NIK at this moment: the row is waited for, and the NIK read after that.
    perform from public.bpjs_memberships m where m.id = p_membership for no key update;
    update public.bpjs_memberships m
       set status = f.status, as_of = f.as_of, reason = f.reason, card_number = f.card_number,
           class_code = f.class_code, class_name = f.class_name, member_type = f.member_type,
           facility_code = f.facility_code, facility_name = f.facility_name,
           dental_facility_code = f.dental_facility_code, dental_facility_name = f.dental_facility_name,
           arrears = f.arrears, prolanis = f.prolanis, prb = f.prb, valid_from = f.valid_from,
           valid_until = f.valid_until, birth_date_agrees = f.birth_date_agrees
      from jsonb_to_record(p_facts) as f (
               nik text, status text, as_of timestamptz, reason text, card_number text, class_code text,
               class_name text, member_type text, facility_code text, facility_name text,
               dental_facility_code text, dental_facility_name text, arrears integer, prolanis text,
               prb text, valid_from date, valid_until date, birth_date_agrees boolean),
           public.patients p
     where m.id = p_membership and p.clinic_id = m.clinic_id and p.id = m.patient_id
       and p.nik = f.nik and f.as_of >= coalesce(m.as_of, '-infinity');
end $$;
comment on function integration.membership_learned(uuid, jsonb) is 'Keep what BPJS said about a member.';

-- For the counter: the last known answer at once; a stale one is asked for again behind it.
create function private.check_membership(p_patient uuid, p_max_age interval) returns setof public.bpjs_memberships
language plpgsql security definer set search_path = '' as $$
declare
    v_clinic uuid;
begin
    select p.clinic_id into v_clinic from public.patients p
     where p.id = p_patient
       and p.clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]);
    if not found then
        raise exception 'Pasien tidak ditemukan' using errcode = 'no_data_found';
    end if;
    -- Nobody needs it younger than ten seconds, and BPJS locks those who hammer. Without a limit the clinic's counts.
    perform private.ask_membership(v_clinic, p_patient,
        case when p_max_age is not null then greatest(p_max_age, interval '10 seconds') end);
    return query select * from public.bpjs_memberships m where m.clinic_id = v_clinic and m.patient_id = p_patient;
end $$;
create function public.check_membership(patient_id uuid, max_age interval default null)
returns setof public.bpjs_memberships
language sql security invoker set search_path = '' as $$
    select * from private.check_membership(patient_id, max_age)
$$;
comment on function public.check_membership(uuid, interval) is 'Counter: what BPJS last said about a patient; a stale answer is asked for again and appears through Realtime.';

-- A worker that starts has credentials that may be new: lanes that rest for their sake get one try.
create function integration.reopen(p_facilities text[]) returns void
language sql set search_path = '' as $$
    update integration.lanes l set paused_until = null, paused_reason = null, probing = true
      from public.clinics c, integration.targets t
     where c.bpjs_facility_code = any (p_facilities) and l.clinic_id = c.id and t.target = l.target
       and t.bpjs and l.paused_until > now()
       -- Not within a minute: a program that restarts again and again must not lock the account.
       and not exists (select from public.target_alerts a
                        where a.clinic_id = l.clinic_id and a.target = l.target and a.refused_at > now() - interval '1 minute')
$$;
comment on function integration.reopen(text[]) is 'Lanes of facilities that rest because BPJS refused them may try once more.';

-- For a worker that was asked on demand: the row, and whether its answer is fresh.
create function integration.membership_of(p_patient uuid, p_max_age interval default null) returns jsonb
language plpgsql set search_path = '' as $$
begin
    -- Queued first: whatever becomes of the one who asks, the answer will come.
    perform private.ask_membership(p.clinic_id, p.id, p_max_age) from public.patients p where p.id = p_patient;
    return (
    select jsonb_build_object('membership', to_jsonb(m), 'snapshot', integration.membership_snapshot(m.id),
               'fresh', coalesce(m.as_of > now() - coalesce(p_max_age, make_interval(hours => c.bpjs_membership_hours)), false))
      from public.bpjs_memberships m join public.clinics c on c.id = m.clinic_id
     where m.patient_id = p_patient);
end $$;
comment on function integration.membership_of(uuid, interval) is 'What is known of a patient''s membership and whether it is fresh; a stale answer is asked for again behind it. Null: no such patient at a connected clinic.';

create function integration.learn(p_kind text, p_subject uuid, p_facts jsonb) returns boolean
language sql set search_path = '' as $$
    select private.learn(p_kind, p_subject, p_facts)
$$;
comment on function integration.learn(text, uuid, jsonb) is 'Keep an answer that was asked for outside a delivery.';

revoke all on function private.lock_membership(uuid, uuid), private.ask_membership(uuid, uuid, interval),
    private.check_membership(uuid, interval), public.check_membership(uuid, interval) from public, anon;
grant execute on function private.check_membership(uuid, interval), public.check_membership(uuid, interval) to authenticated;
grant execute on function private.ask_membership(uuid, uuid, interval) to service_role;
call private.hand_to_workers();

-- The front end sees the answer appear.
alter publication supabase_realtime add table public.bpjs_memberships;
