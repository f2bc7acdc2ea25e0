-- The kind "pcare_visit": what P-Care asks beyond the medical record, what it gave back, and the snapshot.

insert into integration.kinds (target, kind, of_bpjs_visit) values ('pcare', 'pcare_visit', true);

create table public.bpjs_visit_details (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    sick_visit boolean not null default true,
    care_type text not null default '10',
    back_referral boolean not null default false,
    anamnesis text,
    waist_cm smallint,
    prognosis_code text,
    food_allergy_code text not null default '00',
    air_allergy_code text not null default '00',
    drug_allergy_code text not null default '00',
    non_drug_therapy text,
    supplies text,
    tacc_code smallint not null default -1,
    tacc_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bpjs_details_is_one_per_visit unique (visit_id),
    constraint bpjs_details_care_type_is_known check (care_type in ('10', '20', '50')),
    constraint bpjs_details_waist_is_positive check (waist_cm >= 0),
    constraint bpjs_details_tacc_is_known check (tacc_code in (-1, 1, 2, 3, 4)),
    constraint bpjs_details_tacc_has_a_reason check ((tacc_code = -1) = (tacc_reason is null)),
    constraint bpjs_details_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.bpjs_visit_details is 'What P-Care wants to know of a visit and the record does not hold.';
comment on column public.bpjs_visit_details.care_type is 'kdTkp: 10 outpatient (RJTP), 20 inpatient (RITP), 50 promotive.';
comment on column public.bpjs_visit_details.sick_visit is 'false: kunjungan sehat.';
comment on column public.bpjs_visit_details.anamnesis is 'null: the chief complaint is sent.';
comment on column public.bpjs_visit_details.tacc_code is 'Why a diagnosis that needs no specialist is referred: 1 time, 2 age, 3 complication, 4 comorbidity; -1 none.';
create index bpjs_visit_details_visit on public.bpjs_visit_details (clinic_id, visit_id);

create table public.bpjs_procedures (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    code text not null,
    name text not null,
    amount_rupiah bigint not null default 0,
    note text,
    result integer not null default 0,
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bpjs_procedure_amount_is_no_debt check (amount_rupiah >= 0),
    constraint bpjs_procedure_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.bpjs_procedures is 'Tindakan that BPJS pays beyond capitation; code from its list, amount at most its maxTarif.';
create index bpjs_procedures_visit on public.bpjs_procedures (clinic_id, visit_id);

create table public.bpjs_referrals (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    planned_on date not null,
    facility_code text not null,
    subspecialty_code text,
    service_code text,
    special_code text,
    special_subspecialty_code text,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bpjs_referral_is_one_per_visit unique (visit_id),
    constraint bpjs_referral_has_one_way check ((subspecialty_code is null) <> (special_code is null)),
    constraint bpjs_referral_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.bpjs_referrals is 'Rujukan lanjut the doctor decided: to a subspecialist, or for a special condition (khusus).';
create index bpjs_referrals_visit on public.bpjs_referrals (clinic_id, visit_id);

create table public.bpjs_visits (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    card_number text,
    registered_on date,
    poli_code text,
    queue_number text,
    visit_number text,
    referral_number text,
    linked boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint bpjs_visit_is_one_per_visit unique (visit_id),
    constraint bpjs_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.bpjs_visits is 'What P-Care gave for a visit: noUrut, noKunjungan, the referral''s number; written by the workers alone.';
comment on column public.bpjs_visits.linked is 'The visit was typed into P-Care by hand and is not overwritten until it changes here.';
create index bpjs_visits_visit on public.bpjs_visits (clinic_id, visit_id);

create trigger bpjs_visit_details_touch before update on public.bpjs_visit_details
    for each row execute function private.touch_updated_at();
create trigger bpjs_procedures_touch before update on public.bpjs_procedures
    for each row execute function private.touch_updated_at();
create trigger bpjs_referrals_touch before update on public.bpjs_referrals
    for each row execute function private.touch_updated_at();
create trigger bpjs_visits_touch before update on public.bpjs_visits
    for each row execute function private.touch_updated_at();
create trigger bpjs_visit_details_zz_deliver after insert or update on public.bpjs_visit_details
    for each row execute function private.on_visit_fact();
create trigger bpjs_procedures_zz_deliver after insert or update on public.bpjs_procedures
    for each row execute function private.on_visit_fact();
create trigger bpjs_referrals_zz_deliver after insert or update on public.bpjs_referrals
    for each row execute function private.on_visit_fact();

alter table public.bpjs_visit_details enable row level security;
alter table public.bpjs_procedures enable row level security;
alter table public.bpjs_referrals enable row level security;
alter table public.bpjs_visits enable row level security;

create policy "Carers, cashier and management read BPJS details" on public.bpjs_visit_details
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier'))::uuid[]));
create policy "Carers add BPJS details" on public.bpjs_visit_details
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));
create policy "Carers edit BPJS details" on public.bpjs_visit_details
    for update to authenticated using (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));
create policy "Carers, cashier and management read BPJS procedures" on public.bpjs_procedures
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier'))::uuid[]));
create policy "Carers and cashier add BPJS procedures" on public.bpjs_procedures
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'cashier'))::uuid[]));
create policy "Carers and cashier edit BPJS procedures" on public.bpjs_procedures
    for update to authenticated using (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'cashier'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'cashier'))::uuid[]));
create policy "Carers, cashier and management read referrals" on public.bpjs_referrals
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
create policy "Doctors refer" on public.bpjs_referrals
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Doctors correct referrals" on public.bpjs_referrals
    for update to authenticated using (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Carers, counter and management read what P-Care gave" on public.bpjs_visits
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
grant select, insert on public.bpjs_visit_details, public.bpjs_procedures, public.bpjs_referrals to authenticated;
grant update (sick_visit, care_type, back_referral, anamnesis, waist_cm, prognosis_code, food_allergy_code,
              air_allergy_code, drug_allergy_code, non_drug_therapy, supplies, tacc_code, tacc_reason)
    on public.bpjs_visit_details to authenticated;
grant update (code, name, amount_rupiah, note, result, voided_at) on public.bpjs_procedures to authenticated;
grant update (planned_on, facility_code, subspecialty_code, service_code, special_code,
              special_subspecialty_code, note) on public.bpjs_referrals to authenticated;
grant select on public.bpjs_visits to authenticated;
grant select, insert, update, delete on public.bpjs_visit_details, public.bpjs_procedures, public.bpjs_referrals to service_role;
grant select, insert, update on public.bpjs_visits to service_role;

create function private.bpjs_code(p_clinic uuid, p_kind text, p_local text) returns text
language sql stable set search_path = '' as $$
    select m.code from integration.mappings m where m.clinic_id = p_clinic and m.kind = p_kind and m.local_id = p_local
$$;
comment on function private.bpjs_code(uuid, text, text) is 'BPJS''s code for one of the clinic''s things.';
grant execute on function private.bpjs_code(uuid, text, text) to service_role;

-- BPJS takes one visit per member, poli and day, and knows the poli by its code. In the way of a visit is
-- another one that came first, or that is held there already, or that is to be gone and may not be yet.
create function private.in_the_way(p_visit uuid) returns integer
language sql stable set search_path = '' as $$
    with placed as (
        select o.id, o.arrived_at, o.payer = 'bpjs' and o.status <> 'cancelled' as wanted,
               (o.arrived_at at time zone c.time_zone)::date as day,
               coalesce(private.bpjs_code(o.clinic_id, 'bpjs_poli', o.location_id::text), o.location_id::text, '') as poli,
               h.registered_on, h.poli_code,
               coalesce(d.state in ('leased', 'uncertain') or d.ask_first, false) as moving
          from public.visits v
          join public.clinics c on c.id = v.clinic_id
          join public.visits o on o.clinic_id = v.clinic_id and o.patient_id = v.patient_id and o.bpjs_since is not null
          left join public.bpjs_visits h on h.visit_id = o.id
          left join integration.deliveries d on d.target = 'pcare' and d.kind = 'pcare_visit' and d.subject_id = o.id
         where v.id = p_visit),
    compared as (
        select o.wanted, o.wanted and (o.day, o.poli) = (v.day, v.poli) as meant,
               (o.day, o.poli) = (v.day, v.poli) and o.moving as moving,
               coalesce((o.registered_on, o.poli_code) = (v.day, v.poli), false) as held,
               coalesce((v.registered_on, v.poli_code) = (v.day, v.poli), false) as ours,
               (o.arrived_at, o.id) < (v.arrived_at, v.id) as earlier
          from placed v join placed o on o.id <> v.id
         where v.id = p_visit)
    select count(*)::integer from compared x
     where case when x.meant and x.held = x.ours then x.earlier else x.held or (not x.wanted and x.moving) end
$$;
comment on function private.in_the_way(uuid) is 'How many other visits of the patient keep this one from P-Care''s one place per member, poli and day.';
grant execute on function private.in_the_way(uuid) to service_role;

create function integration.pcare_visit_snapshot(p_visit uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select jsonb_build_object(
        'kind', 'pcare_visit', 'as_of', now(), 'subject_id', v.id,
        'references', jsonb_build_array('clinic/' || v.clinic_id, 'patient/' || v.patient_id),
        'clinic', jsonb_build_object('id', c.id, 'facility_code', c.bpjs_facility_code,
                'capability', c.capability, 'time_zone', c.time_zone),
        'patient', jsonb_build_object('id', p.id, 'nik', p.nik),
        'membership', (select jsonb_build_object('status', m.status, 'card_number', m.card_number,
                    'facility_code', m.facility_code)
                from public.bpjs_memberships m where m.clinic_id = v.clinic_id and m.patient_id = v.patient_id),
        'visit', jsonb_build_object('id', v.id, 'status', v.status, 'payer', v.payer,
                'chief_complaint', v.chief_complaint, 'arrived_at', v.arrived_at, 'finished_at', v.finished_at,
                'disposition', v.disposition, 'location_id', v.location_id, 'practitioner_id', v.practitioner_id),
        'codes', jsonb_build_object(
                'poli', private.bpjs_code(v.clinic_id, 'bpjs_poli', v.location_id::text),
                'doctor', private.bpjs_code(v.clinic_id, 'bpjs_doctor', v.practitioner_id::text),
                'disposition', private.bpjs_code(v.clinic_id, 'bpjs_disposition', coalesce(v.disposition, 'home'))),
        'details', (select to_jsonb(d) - '{id,clinic_id,visit_id,created_at,updated_at}'::text[]
                from public.bpjs_visit_details d where d.visit_id = v.id),
        'referral', (select to_jsonb(r) - '{id,clinic_id,visit_id,created_at,updated_at}'::text[]
                from public.bpjs_referrals r where r.visit_id = v.id),
        'diagnoses', (select coalesce(jsonb_agg(jsonb_build_object('code', d.icd10_code, 'name', d.name)
                    order by d.role, d.recorded_at, d.id), '[]')
                from public.diagnoses d
               where d.clinic_id = v.clinic_id and d.visit_id = v.id and d.voided_at is null),
        'vital_signs', (select to_jsonb(s) - '{id,clinic_id,visit_id,practitioner_id,voided_at,created_at,updated_at}'::text[]
                from public.vital_signs s
               where s.clinic_id = v.clinic_id and s.visit_id = v.id and s.voided_at is null
               order by s.taken_at desc, s.id limit 1),
        'allergy_categories', (select coalesce(jsonb_agg(distinct a.category), '[]') from public.allergies a
               where a.clinic_id = v.clinic_id and a.visit_id = v.id and a.voided_at is null
                 and a.clinical_status = 'active' and a.verification_status <> 'refuted'),
        'procedures', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'code', t.code,
                    'amount_rupiah', t.amount_rupiah, 'note', t.note, 'result', t.result,
                    'largest_rupiah', (select (f.details ->> 'maxTarif')::bigint from public.bpjs_references f
                            where f.clinic_id = t.clinic_id and f.kind = 'procedure' and f.code = t.code))
                    order by t.created_at, t.id), '[]')
                from public.bpjs_procedures t
               where t.clinic_id = v.clinic_id and t.visit_id = v.id and t.voided_at is null),
        'drugs', (select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'drug_id', g.id, 'name', g.name,
                    'code', private.bpjs_code(i.clinic_id, 'bpjs_drug', g.id::text),
                    'quantity', i.quantity, 'unit', i.unit, 'dose_quantity', i.dose_quantity,
                    'frequency', i.frequency, 'period', i.period, 'period_unit', i.period_unit,
                    'dispensed', (select coalesce(sum(x.quantity), 0) from public.dispenses x
                            where x.clinic_id = i.clinic_id and x.prescription_item_id = i.id and x.voided_at is null))
                    order by i.line, i.id), '[]')
                from public.prescriptions r
                join public.prescription_items i on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                join public.drugs g on g.id = i.drug_id
               where r.clinic_id = v.clinic_id and r.visit_id = v.id and r.voided_at is null and i.voided_at is null),
        'voided_procedures', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'code', t.code, 'name', t.name)
                    order by t.created_at, t.id), '[]')
                from public.bpjs_procedures t
               where t.clinic_id = v.clinic_id and t.visit_id = v.id and t.voided_at is not null),
        'voided_drugs', (select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'name', g.name,
                    'code', private.bpjs_code(i.clinic_id, 'bpjs_drug', g.id::text)) order by i.line, i.id), '[]')
                from public.prescriptions r
                join public.prescription_items i on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                join public.drugs g on g.id = i.drug_id
               where r.clinic_id = v.clinic_id and r.visit_id = v.id
                 and (r.voided_at is not null or i.voided_at is not null)),
        -- BPJS takes one visit per member, poli and day.
        'earlier_same_day', private.in_the_way(v.id),
        'held', (select to_jsonb(b) - '{id,clinic_id,visit_id,created_at,updated_at}'::text[]
                from public.bpjs_visits b where b.visit_id = v.id))
      from public.visits v
      join public.clinics c on c.id = v.clinic_id
      join public.patients p on p.id = v.patient_id
     where v.id = p_visit);
end $$;
comment on function integration.pcare_visit_snapshot(uuid) is 'A visit as P-Care needs to know it (docs/snapshot.md).';

create function private.bpjs_visits_since(p_since date, p_clinic uuid)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select v.id, v.clinic_id, (v.arrived_at at time zone c.time_zone)::date
      from public.visits v
      join public.clinics c on c.id = v.clinic_id
     where v.bpjs_since is not null and v.arrived_at >= (p_since - 1)::timestamptz
       and (v.arrived_at at time zone c.time_zone)::date >= p_since
       and (p_clinic is null or v.clinic_id = p_clinic)
$$;
comment on function private.bpjs_visits_since(date, uuid) is 'Every visit that was ever BPJS''s to pay, since a day: the count for P-Care and for SEPs.';
grant execute on function private.bpjs_visits_since(date, uuid) to service_role;

create function integration.pcare_visit_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select * from private.bpjs_visits_since(p_since, p_clinic)
$$;
comment on function integration.pcare_visit_subjects(date, uuid) is 'Every visit that was ever BPJS''s to pay, since a day.';

-- A fact that is there overwrites; a fact that is null is taken back; what is not mentioned stays.
create function integration.pcare_visit_learned(p_visit uuid, p_facts jsonb) returns void
language sql set search_path = '' as $$
    insert into public.bpjs_visits as b (clinic_id, visit_id, card_number, registered_on, poli_code, queue_number,
                                         visit_number, referral_number, linked)
    select v.clinic_id, v.id, f.card_number, f.registered_on, f.poli_code, f.queue_number, f.visit_number,
           f.referral_number, coalesce(f.linked, false)
      from public.visits v, jsonb_to_record(p_facts) as f (card_number text, registered_on date, poli_code text,
               queue_number text, visit_number text, referral_number text, linked boolean)
     where v.id = p_visit
    on conflict (visit_id) do update
       set card_number = case when p_facts ? 'card_number' then excluded.card_number else b.card_number end,
           registered_on = case when p_facts ? 'registered_on' then excluded.registered_on else b.registered_on end,
           poli_code = case when p_facts ? 'poli_code' then excluded.poli_code else b.poli_code end,
           queue_number = case when p_facts ? 'queue_number' then excluded.queue_number else b.queue_number end,
           visit_number = case when p_facts ? 'visit_number' then excluded.visit_number else b.visit_number end,
           referral_number = case when p_facts ? 'referral_number' then excluded.referral_number else b.referral_number end,
           linked = case when p_facts ? 'linked' then excluded.linked else b.linked end
$$;
comment on function integration.pcare_visit_learned(uuid, jsonb) is 'Keep what P-Care gave for a visit.';

-- A membership that changed may be what a visit waits for, or what it was sent under.
create function private.on_membership() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if (new.status, new.card_number, new.facility_code) is distinct from (old.status, old.card_number, old.facility_code) then
        perform private.resolve(array['membership/' || new.patient_id]);
    end if;
    -- What went out under another card, or may be going out right now, is to be taken back. (Between two cards
    -- there may be none: a corrected NIK forgets the old one before BPJS tells the new one.)
    if new.card_number is distinct from old.card_number and new.card_number is not null then
        perform private.visit_changed(v.id)
           from public.visits v
          where v.clinic_id = new.clinic_id and v.patient_id = new.patient_id and v.bpjs_since is not null
            and (exists (select from public.bpjs_visits b
                          where b.visit_id = v.id and b.registered_on is not null and b.card_number <> new.card_number)
                 or exists (select from integration.deliveries d
                             where d.subject_id = v.id and d.kind = 'pcare_visit' and d.state in ('leased', 'uncertain')));
    end if;
    return null;
end $$;
create trigger bpjs_memberships_zz_resolve after update on public.bpjs_memberships
    for each row execute function private.on_membership();

-- Whoever waits for the place of another visit looks again when that one has moved there, or is gone.
create function private.on_bpjs_place() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['bpjs-visits/' || v.patient_id]) from public.visits v
      where v.id = (to_jsonb(new) ->> tg_argv[0])::uuid  -- visit_id or subject_id
        and (tg_table_name <> 'deliveries' or v.payer <> 'bpjs' or v.status = 'cancelled');
    return null;
end $$;
create trigger bpjs_visits_zz_place after update on public.bpjs_visits
    for each row when ((old.registered_on, old.poli_code) is distinct from (new.registered_on, new.poli_code))
    execute function private.on_bpjs_place('visit_id');
create trigger deliveries_zz_place after update of state on integration.deliveries
    for each row when (new.kind = 'pcare_visit' and old.state = 'leased' and new.state in ('ready', 'delivered', 'blocked', 'rejected'))
    execute function private.on_bpjs_place('subject_id');

-- With another time zone a visit may belong to another day: in the books, and there.
create function private.on_bpjs_time_zone() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.visit_changed(v.id)
       from integration.deliveries d join public.visits v on v.id = d.subject_id
      where d.clinic_id = new.id and d.kind in (select k.kind from integration.kinds k where k.of_bpjs_visit)
        and d.service_date <> (v.arrived_at at time zone new.time_zone)::date;
    return null;
end $$;
create trigger clinics_zz_bpjs_time_zone after update on public.clinics
    for each row when (new.time_zone <> old.time_zone) execute function private.on_bpjs_time_zone();

-- BPJS takes one visit per member, poli and day: when one makes way, the other goes on.
create function private.on_bpjs_visit_moved() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['bpjs-visits/' || new.patient_id]);
    return null;
end $$;
create trigger visits_zz_siblings after update on public.visits
    for each row when (old.bpjs_since is not null
                       and ((new.status = 'cancelled' and old.status <> 'cancelled') or new.payer <> old.payer
                            or new.location_id is distinct from old.location_id or new.arrived_at <> old.arrived_at))
    execute function private.on_bpjs_visit_moved();

call private.hand_to_workers();
alter publication supabase_realtime add table public.bpjs_visits;
