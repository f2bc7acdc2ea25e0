-- What was found and done during a visit. Nothing clinical is ever deleted: a wrong row is voided.

create table public.diagnoses (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    icd10_code text not null,
    name text not null,
    role text not null default 'primary',
    recorded_at timestamptz not null default now(),
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint diagnosis_role_is_known check (role in ('primary', 'secondary')),
    constraint diagnosis_code_is_filled check (btrim(icd10_code) <> ''),
    constraint diagnosis_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id),
    constraint diagnosis_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.diagnoses is 'ICD-10 diagnoses of a visit, one of them primary.';
comment on column public.diagnoses.icd10_code is 'With the dot (A15.0), as SatuSehat looks it up.';
create unique index diagnosis_primary_is_one on public.diagnoses (visit_id)
    where role = 'primary' and voided_at is null;
create index diagnoses_visit on public.diagnoses (clinic_id, visit_id);
create index diagnoses_practitioner on public.diagnoses (clinic_id, practitioner_id);

create table public.vital_signs (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    taken_at timestamptz not null default now(),
    systolic_mmhg smallint,
    diastolic_mmhg smallint,
    heart_rate_per_min smallint,
    respiratory_rate_per_min smallint,
    temperature_celsius numeric(4, 1),
    oxygen_saturation_percent smallint,
    height_cm numeric(5, 1),
    weight_kg numeric(5, 2),
    consciousness text,
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint vital_blood_pressure_is_a_pair check ((systolic_mmhg is null) = (diastolic_mmhg is null)),
    constraint vital_numbers_are_positive check (
        least(systolic_mmhg, diastolic_mmhg, heart_rate_per_min, respiratory_rate_per_min,
              temperature_celsius, oxygen_saturation_percent, height_cm, weight_kg) >= 0),
    constraint vital_consciousness_is_known
        check (consciousness in ('alert', 'confusion', 'voice', 'pain', 'unresponsive')),
    constraint vital_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id),
    constraint vital_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.vital_signs is 'One round of measurements; the unit is part of each column''s name.';
create index vital_signs_visit on public.vital_signs (clinic_id, visit_id);
create index vital_signs_practitioner on public.vital_signs (clinic_id, practitioner_id);

create table public.procedures (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    icd9cm_code text not null,
    name text not null,
    category text not null default 'therapeutic',
    performed_at timestamptz not null default now(),
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint procedure_category_is_known
        check (category in ('diagnostic', 'therapeutic', 'counselling', 'education', 'emergency')),
    constraint procedure_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id),
    constraint procedure_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.procedures is 'What was done, in ICD-9-CM.';
create index procedures_visit on public.procedures (clinic_id, visit_id);
create index procedures_practitioner on public.procedures (clinic_id, practitioner_id);

create table public.allergies (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    patient_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    category text not null,
    substance text not null,
    code_system text,
    code text,
    clinical_status text not null default 'active',
    verification_status text not null default 'confirmed',
    note text,
    recorded_at timestamptz not null default now(),
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint allergy_category_is_known check (category in ('medication', 'food', 'environment', 'biologic')),
    constraint allergy_code_has_a_system check ((code is null) = (code_system is null)),
    constraint allergy_code_system_is_known check (code_system in ('kfa', 'snomed')),
    constraint allergy_clinical_status_is_known check (clinical_status in ('active', 'inactive', 'resolved')),
    constraint allergy_verification_is_known
        check (verification_status in ('unconfirmed', 'confirmed', 'refuted')),
    constraint allergy_patient_is_of_the_same_clinic
        foreign key (clinic_id, patient_id) references public.patients (clinic_id, id),
    constraint allergy_visit_is_of_the_same_patient
        foreign key (clinic_id, patient_id, visit_id) references public.visits (clinic_id, patient_id, id),
    constraint allergy_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.allergies is 'Allergies and intolerances, with the visit at which they were recorded.';
comment on column public.allergies.code is 'KFA (91… ingredient, 93… product) or SNOMED CT, as code_system says.';
create index allergies_patient on public.allergies (clinic_id, patient_id, visit_id);
create index allergies_visit on public.allergies (clinic_id, visit_id);
create index allergies_practitioner on public.allergies (clinic_id, practitioner_id);

create trigger diagnoses_touch before update on public.diagnoses
    for each row execute function private.touch_updated_at();
create trigger vital_signs_touch before update on public.vital_signs
    for each row execute function private.touch_updated_at();
create trigger procedures_touch before update on public.procedures
    for each row execute function private.touch_updated_at();
create trigger allergies_touch before update on public.allergies
    for each row execute function private.touch_updated_at();

alter table public.diagnoses enable row level security;
alter table public.vital_signs enable row level security;
alter table public.procedures enable row level security;
alter table public.allergies enable row level security;

create policy "Carers, lab, pharmacy and management read diagnoses" on public.diagnoses
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab', 'pharmacist'))::uuid[]));
create policy "Doctors diagnose" on public.diagnoses
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Doctors correct diagnoses" on public.diagnoses
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));

create policy "Carers, lab, pharmacy and management read vital signs" on public.vital_signs
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab', 'pharmacist'))::uuid[]));
create policy "Doctors and nurses take vital signs" on public.vital_signs
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));
create policy "Doctors and nurses correct vital signs" on public.vital_signs
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));

create policy "Carers, lab, pharmacy, cashier and management read procedures" on public.procedures
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab', 'pharmacist', 'cashier'))::uuid[]));
create policy "Doctors and nurses record procedures" on public.procedures
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));
create policy "Doctors and nurses correct procedures" on public.procedures
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse'))::uuid[]));

create policy "Carers, lab, pharmacy and management read allergies" on public.allergies
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab', 'pharmacist'))::uuid[]));
create policy "Doctors, nurses and pharmacists record allergies" on public.allergies
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'pharmacist'))::uuid[]));
create policy "Doctors, nurses and pharmacists correct allergies" on public.allergies
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'pharmacist'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor', 'nurse', 'pharmacist'))::uuid[]));

grant select, insert on public.diagnoses, public.vital_signs, public.procedures, public.allergies to authenticated;
grant update (practitioner_id, icd10_code, name, role, recorded_at, voided_at) on public.diagnoses to authenticated;
grant update (practitioner_id, taken_at, systolic_mmhg, diastolic_mmhg, heart_rate_per_min,
              respiratory_rate_per_min, temperature_celsius, oxygen_saturation_percent, height_cm,
              weight_kg, consciousness, voided_at) on public.vital_signs to authenticated;
grant update (practitioner_id, icd9cm_code, name, category, performed_at, voided_at) on public.procedures to authenticated;
grant update (practitioner_id, category, substance, code_system, code, clinical_status,
              verification_status, note, recorded_at, voided_at) on public.allergies to authenticated;
grant select, insert, update, delete
    on public.diagnoses, public.vital_signs, public.procedures, public.allergies to service_role;
