-- VClaim: the kinds "sep" (proof of eligibility of a visit) and "control_letter" (rencana kontrol, SPRI).

insert into integration.kinds (target, kind, of_bpjs_visit) values
    ('vclaim', 'sep', true), ('vclaim', 'control_letter', false);

alter table public.clinics add column bpjs_referral_days smallint not null default 90,
    add constraint clinic_referral_days_are_positive check (bpjs_referral_days > 0);
comment on column public.clinics.bpjs_referral_days is 'How long a referral counts at VClaim; commonly 90 days, nowhere published.';
grant update (bpjs_referral_days) on public.clinics to authenticated;

create table public.bpjs_seps (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    -- what staff enter
    referral_number text,
    referral_level text not null default '1',
    letter_number text,
    purpose text not null default '0',
    procedure_flag text not null default '',
    support_code text not null default '',
    assessment_code text not null default '',
    raised_class text not null default '',
    raised_payer text not null default '',
    raised_by text,
    executive boolean not null default false,
    coordinated boolean not null default false,
    cataract boolean not null default false,
    accident text not null default '0',
    accident_on date,
    accident_report text,
    accident_note text,
    note text,
    leaving_code text,
    died_on date,
    death_letter_number text,
    -- what VClaim gave
    sep_number text,
    sep_on date,
    card_number text,
    service_type text,
    linked boolean not null default false,
    found_number text,
    found_on date,
    found_facility_code text,
    found_poli_code text,
    found_diagnosis text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint sep_is_one_per_visit unique (visit_id),
    constraint sep_number_is_once unique (clinic_id, sep_number),
    constraint sep_referral_level_is_known check (referral_level in ('1', '2')),
    constraint sep_purpose_is_known check (purpose in ('0', '1', '2')),
    constraint sep_procedure_flag_is_known check (procedure_flag in ('', '0', '1')),
    constraint sep_codes_are_short check (support_code ~ '^([1-9]|1[0-2])?$' and assessment_code ~ '^[1-5]?$'
        and raised_class ~ '^[1-8]?$' and raised_payer ~ '^[1-3]?$'),
    constraint sep_accident_is_known check (accident in ('0', '1', '2', '3')),
    constraint sep_leaving_is_known check (leaving_code in ('1', '3', '4', '5')),
    constraint sep_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.bpjs_seps is 'Surat Eligibilitas Peserta of a visit: what staff enter for it, and what VClaim gave.';
comment on column public.bpjs_seps.referral_number is 'Left empty, the newest referral of the card is looked up.';
comment on column public.bpjs_seps.referral_level is 'asalRujukan: 1 first level, 2 referral level.';
comment on column public.bpjs_seps.letter_number is 'skdp.noSurat: control letter or SPRI on which the patient comes.';
comment on column public.bpjs_seps.purpose is 'tujuanKunj: 0 normal, 1 procedure, 2 consultation.';
comment on column public.bpjs_seps.raised_class is 'klsRawatNaik, with raised_payer (pembiayaan) and raised_by (penanggungJawab); inpatients alone.';
comment on column public.bpjs_seps.accident is 'lakaLantas, 0 to 3.';
comment on column public.bpjs_seps.leaving_code is 'statusPulang of an inpatient; null: as the visit''s disposition says.';
comment on column public.bpjs_seps.found_number is 'The referral as VClaim showed it; here and below written by the workers alone.';
comment on column public.bpjs_seps.linked is 'The SEP was made in VClaim''s own pages and is not overwritten until the visit changes here.';
create index bpjs_seps_visit on public.bpjs_seps (clinic_id, visit_id);

create table public.bpjs_control_letters (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    letter_kind text not null default 'control',
    planned_on date not null,
    location_id uuid not null,
    practitioner_id uuid not null,
    voided_at timestamptz,
    letter_number text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint letter_kind_is_known check (letter_kind in ('control', 'admission')),
    constraint letter_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id),
    constraint letter_location_is_of_the_same_clinic
        foreign key (clinic_id, location_id) references public.locations (clinic_id, id),
    constraint letter_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.bpjs_control_letters is 'When the patient is to come again: rencana kontrol on the visit''s SEP, or SPRI (admission) on the card.';
comment on column public.bpjs_control_letters.letter_number is 'As VClaim gave it; written by the workers alone.';
create index bpjs_control_letters_visit on public.bpjs_control_letters (clinic_id, visit_id);
create index bpjs_control_letters_location on public.bpjs_control_letters (clinic_id, location_id);
create index bpjs_control_letters_practitioner on public.bpjs_control_letters (clinic_id, practitioner_id);

create trigger bpjs_seps_touch before update on public.bpjs_seps
    for each row execute function private.touch_updated_at();
create trigger bpjs_control_letters_touch before update on public.bpjs_control_letters
    for each row execute function private.touch_updated_at();

-- A wish is what staff write; what the workers write of VClaim's answers is none.
create function private.on_sep_entry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.visit_changed(new.visit_id);
    perform private.claim_changed(new.visit_id);
    return null;
end $$;
create trigger bpjs_seps_zz_insert after insert on public.bpjs_seps
    for each row when (new.sep_number is null and new.found_number is null) execute function private.on_sep_entry();
create trigger bpjs_seps_zz_deliver
    after update of referral_number, referral_level, letter_number, purpose, procedure_flag, support_code, assessment_code,
        raised_class, raised_payer, raised_by, executive, coordinated, cataract, accident, accident_on,
        accident_report, accident_note, note, leaving_code, died_on, death_letter_number on public.bpjs_seps
    for each row execute function private.on_sep_entry();

create function private.on_contact() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['contact/' || new.id]);
    return null;
end $$;

create function private.on_control_letter() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.want_delivery('vclaim', 'control_letter', new.id, v.clinic_id,
                                  (v.arrived_at at time zone c.time_zone)::date,
                                  (v.arrived_at at time zone c.time_zone)::date >= l.since)
       from public.visits v join public.clinics c on c.id = v.clinic_id
       join integration.lanes l on l.clinic_id = v.clinic_id and l.target = 'vclaim'
      where v.id = new.visit_id and v.bpjs_since is not null;
    return null;
end $$;
create trigger bpjs_control_letters_zz_insert after insert on public.bpjs_control_letters
    for each row execute function private.on_control_letter();
create trigger bpjs_control_letters_zz_deliver
    after update of letter_kind, planned_on, location_id, practitioner_id, voided_at on public.bpjs_control_letters
    for each row execute function private.on_control_letter();

-- VClaim wants a telephone number with each SEP.
create trigger patients_zz_contact after update on public.patients
    for each row when (old.phone is distinct from new.phone) execute function private.on_contact();

alter table public.bpjs_seps enable row level security;
alter table public.bpjs_control_letters enable row level security;
create policy "Carers, counter and management read SEPs" on public.bpjs_seps
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
create policy "Counter enters what a SEP needs" on public.bpjs_seps
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'cashier', 'front_desk'))::uuid[]));
create policy "Counter corrects what a SEP needs" on public.bpjs_seps
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'cashier', 'front_desk'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'cashier', 'front_desk'))::uuid[]));
create policy "Carers, counter and management read control letters" on public.bpjs_control_letters
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
create policy "Doctors plan the next visit" on public.bpjs_control_letters
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Doctors change the plan" on public.bpjs_control_letters
    for update to authenticated using (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
grant select on public.bpjs_seps, public.bpjs_control_letters to authenticated;
grant insert (clinic_id, visit_id, referral_number, referral_level, letter_number, purpose, procedure_flag, support_code,
              assessment_code, raised_class, raised_payer, raised_by, executive, coordinated, cataract, accident,
              accident_on, accident_report, accident_note, note, leaving_code, died_on, death_letter_number),
      update (referral_number, referral_level, letter_number, purpose, procedure_flag, support_code,
              assessment_code, raised_class, raised_payer, raised_by, executive, coordinated, cataract, accident,
              accident_on, accident_report, accident_note, note, leaving_code, died_on, death_letter_number)
    on public.bpjs_seps to authenticated;
grant insert (clinic_id, visit_id, letter_kind, planned_on, location_id, practitioner_id),
      update (letter_kind, planned_on, location_id, practitioner_id, voided_at)
    on public.bpjs_control_letters to authenticated;
grant select, insert, update, delete on public.bpjs_seps, public.bpjs_control_letters to service_role;

create function private.vclaim_parts(p_visit uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select jsonb_build_object(
        'references', jsonb_build_array('clinic/' || v.clinic_id, 'patient/' || v.patient_id),
        'clinic', jsonb_build_object('id', c.id, 'facility_code', c.bpjs_facility_code, 'capability', c.capability,
                'time_zone', c.time_zone, 'referral_days', c.bpjs_referral_days),
        'patient', jsonb_build_object('id', p.id, 'nik', p.nik, 'phone', p.phone,
                'medical_record_number', p.medical_record_number),
        'membership', (select jsonb_build_object('status', m.status, 'card_number', m.card_number, 'class_code', m.class_code)
                from public.bpjs_memberships m where m.clinic_id = v.clinic_id and m.patient_id = v.patient_id),
        'visit', jsonb_build_object('id', v.id, 'status', v.status, 'payer', v.payer, 'visit_class', v.visit_class,
                'arrived_at', v.arrived_at, 'finished_at', v.finished_at, 'disposition', v.disposition,
                'location_id', v.location_id, 'practitioner_id', v.practitioner_id),
        'codes', jsonb_build_object(
                'poli', private.bpjs_code(v.clinic_id, 'bpjs_poli', v.location_id::text),
                'doctor', private.bpjs_code(v.clinic_id, 'bpjs_doctor', v.practitioner_id::text)),
        'sep', (select to_jsonb(s) - '{id,clinic_id,visit_id,created_at,updated_at}'::text[]
                from public.bpjs_seps s where s.visit_id = v.id),
        'diagnoses', (select coalesce(jsonb_agg(jsonb_build_object('code', d.icd10_code, 'role', d.role)
                    order by d.role, d.recorded_at, d.id), '[]')
                from public.diagnoses d
               where d.clinic_id = v.clinic_id and d.visit_id = v.id and d.voided_at is null))
      from public.visits v
      join public.clinics c on c.id = v.clinic_id
      join public.patients p on p.id = v.patient_id
     where v.id = p_visit);
end $$;
comment on function private.vclaim_parts(uuid) is 'What every kind of fact tells VClaim of its visit.';
grant execute on function private.vclaim_parts(uuid) to service_role;

create function integration.sep_snapshot(p_visit uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
    return (
    select private.vclaim_parts(v.id) || jsonb_build_object('kind', 'sep', 'as_of', now(), 'subject_id', v.id,
        -- SEPs of the same patient's other visits: not to be taken for this one's after a lost answer.
        'other_seps', (select coalesce(jsonb_agg(s.sep_number), '[]') from public.visits o
                join public.bpjs_seps s on s.visit_id = o.id
               where o.clinic_id = v.clinic_id and o.patient_id = v.patient_id and o.id <> v.id
                 and s.sep_number is not null),
        'earlier_same_day', (select count(*)::integer from public.visits o
                join public.clinics c on c.id = o.clinic_id
               where o.clinic_id = v.clinic_id and o.patient_id = v.patient_id and o.id <> v.id
                 and o.payer = 'bpjs' and o.status <> 'cancelled'
                 and o.location_id is not distinct from v.location_id
                 and (o.arrived_at at time zone c.time_zone)::date = (v.arrived_at at time zone c.time_zone)::date
                 and (o.arrived_at, o.id) < (v.arrived_at, v.id)),
        -- Also while an LPK may be on its way: VClaim deletes no SEP that is claimed.
        'claim_held', (select k.id from public.claims k
                join integration.deliveries d on d.target = 'vclaim' and d.kind = 'claim' and d.subject_id = k.id
               where k.visit_id = v.id and (k.lpk_held or d.ask_first or d.state in ('leased', 'uncertain'))))
      from public.visits v where v.id = p_visit);
end $$;
comment on function integration.sep_snapshot(uuid) is 'A visit as VClaim needs to know it for its SEP (docs/snapshot.md).';

create function integration.sep_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select * from private.bpjs_visits_since(p_since, p_clinic)
$$;
comment on function integration.sep_subjects(date, uuid) is 'Every visit that was ever BPJS''s to pay, since a day.';

-- A fact that is there overwrites; a fact that is null is taken back; what is not mentioned stays.
create function integration.sep_learned(p_visit uuid, p_facts jsonb) returns void
language plpgsql set search_path = '' as $$
declare
    b public.bpjs_seps;
begin
    insert into public.bpjs_seps (clinic_id, visit_id, sep_number, found_number)
    select v.clinic_id, v.id, p_facts ->> 'sep_number', p_facts ->> 'found_number' from public.visits v
     where v.id = p_visit and coalesce(p_facts ->> 'sep_number', p_facts ->> 'found_number') is not null
    on conflict (visit_id) do nothing;
    select * into b from public.bpjs_seps x where x.visit_id = p_visit for no key update;
    b := jsonb_populate_record(b, p_facts - '{id,clinic_id,visit_id}'::text[]);
    update public.bpjs_seps x
       set sep_number = b.sep_number, sep_on = b.sep_on, card_number = b.card_number, service_type = b.service_type,
           linked = coalesce(b.linked, false), found_number = b.found_number, found_on = b.found_on,
           found_facility_code = b.found_facility_code, found_poli_code = b.found_poli_code,
           found_diagnosis = b.found_diagnosis
     where x.visit_id = p_visit;
    if p_facts ->> 'sep_number' is not null then perform private.resolve(array['sep/' || p_visit]); end if;
end $$;
comment on function integration.sep_learned(uuid, jsonb) is 'Keep what VClaim gave for a visit; what waits for its SEP goes on.';

create function integration.control_letter_snapshot(p_letter uuid) returns jsonb
language sql stable set search_path = '' as $$
    select private.vclaim_parts(w.visit_id) || jsonb_build_object('kind', 'control_letter', 'as_of', now(), 'subject_id', w.id,
        'letter', jsonb_build_object('letter_kind', w.letter_kind, 'planned_on', w.planned_on, 'location_id', w.location_id,
                'practitioner_id', w.practitioner_id, 'voided', w.voided_at is not null, 'letter_number', w.letter_number,
                'poli', private.bpjs_code(w.clinic_id, 'bpjs_poli', w.location_id::text),
                'doctor', private.bpjs_code(w.clinic_id, 'bpjs_doctor', w.practitioner_id::text)))
      from public.bpjs_control_letters w where w.id = p_letter
$$;
comment on function integration.control_letter_snapshot(uuid) is 'A planned visit as VClaim needs to know it (docs/snapshot.md).';

create function integration.control_letter_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select w.id, w.clinic_id, s.service_date
      from integration.sep_subjects(p_since, p_clinic) s
      join public.bpjs_control_letters w on w.clinic_id = s.clinic_id and w.visit_id = s.subject_id
$$;
comment on function integration.control_letter_subjects(date, uuid) is 'Every control letter and SPRI of BPJS visits since a day.';

create function integration.control_letter_learned(p_letter uuid, p_facts jsonb) returns void
language sql set search_path = '' as $$
    update public.bpjs_control_letters w set letter_number = p_facts ->> 'letter_number' where w.id = p_letter
$$;
comment on function integration.control_letter_learned(uuid, jsonb) is 'Keep the number VClaim gave a control letter; null: it is taken back.';

-- For the comparison with VClaim's own list of visits (Monitoring/Kunjungan).
create function integration.comparable_seps(p_clinic uuid, p_since date)
returns table (delivery_id bigint, sep_number text, sep_on date, service_type text, card_number text)
language sql stable set search_path = '' as $$
    select d.id, s.sep_number, s.sep_on, s.service_type, s.card_number
      from public.bpjs_seps s
      join integration.deliveries d on d.target = 'vclaim' and d.kind = 'sep' and d.subject_id = s.visit_id
     where s.clinic_id = p_clinic and s.sep_on >= p_since and s.sep_number is not null
     order by s.sep_on, s.sep_number
$$;
comment on function integration.comparable_seps(uuid, date) is 'The SEPs a clinic holds to be VClaim''s, since a day.';

-- What the last comparison found becomes work; written anew each time, so that what is cured is gone.
alter table public.work_items alter column delivery_id drop not null;
comment on column public.work_items.delivery_id is 'null: something at a target that belongs to no delivery of ours.';

create function private.write_difference_items(p_clinic uuid) returns void
language sql security definer set search_path = '' as $$
    delete from public.work_items w where w.clinic_id = p_clinic and w.target = 'vclaim' and w.rule like 'difference:%';
    insert into public.work_items (clinic_id, delivery_id, target, kind, subject_id, state, role, field, rule, reason)
    select p_clinic, f.delivery_id, 'vclaim', 'sep', coalesce(d.subject_id, p_clinic), f.difference, r.role::public.staff_role,
           'bpjs_seps.sep_number', 'difference:' || f.difference,
           case f.difference
               when 'missing_there' then 'SEP ' || f.remote_id || ' tercatat di sini tetapi tidak ada di daftar kunjungan BPJS. Periksa di VClaim; bila memang tidak ada, minta admin mengirim ulang.'
               when 'unknown_here' then 'BPJS mencatat SEP ' || f.remote_id || ' yang tidak ada di sini. Periksa apakah dibuat langsung di VClaim; hapus di sana, atau lengkapi kunjungannya di sini.'
               else 'SEP ' || f.remote_id || ' tercatat di BPJS dengan kartu, tanggal, atau jenis pelayanan yang lain. Cocokkan dengan kunjungan di sini.' end
      from integration.differences f
      left join integration.deliveries d on d.id = f.delivery_id
     cross join (values ('cashier'), ('admin')) r (role)
     where f.target = 'vclaim' and f.clinic_id = p_clinic and f.closed_at is null
    on conflict do nothing
$$;
grant execute on function private.write_difference_items(uuid) to service_role;

create function integration.record_sep_differences(p_clinic uuid, p_checked bigint[], p_found jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
    v_new integer;
begin
    v_new := integration.record_differences('vclaim', p_clinic, p_checked, p_found);
    perform private.write_difference_items(p_clinic);
    return v_new;
end $$;
comment on function integration.record_sep_differences(uuid, bigint[], jsonb) is 'Keep what a comparison with VClaim found, as work for cashier and admin.';

call private.hand_to_workers();
alter publication supabase_realtime add table public.bpjs_seps, public.bpjs_control_letters;
