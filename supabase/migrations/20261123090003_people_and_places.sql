-- Practitioners, locations and patients: the master data a visit points at.

create table public.practitioners (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    staff_id uuid,
    full_name text not null,
    nik text,
    profession text not null default 'doctor',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint practitioner_belongs_to_clinic unique (clinic_id, id),
    constraint practitioner_nik_is_16_digits check (nik ~ '^[0-9]{16}$'),
    constraint practitioner_nik_is_once_per_clinic unique (clinic_id, nik),
    constraint practitioner_profession_is_known
        check (profession in ('doctor', 'dentist', 'midwife', 'nurse', 'pharmacist', 'analyst', 'other')),
    constraint practitioner_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id)
);
comment on table public.practitioners is 'Health workers who sign for care; found at SatuSehat by NIK.';
create index practitioners_staff on public.practitioners (clinic_id, staff_id);

create table public.locations (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    code text not null,
    name text not null,
    kind text not null default 'poli',
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint location_belongs_to_clinic unique (clinic_id, id),
    constraint location_code_is_once_per_clinic unique (clinic_id, code),
    constraint location_code_is_plain check (code ~ '^[0-9A-Za-z._-]{1,40}$'),
    constraint location_kind_is_known check (kind in ('poli', 'room', 'pharmacy', 'laboratory'))
);
comment on table public.locations is 'Poli and rooms; `workers satusehat setup` creates what SatuSehat lacks.';

create table public.patients (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    medical_record_number text not null,
    nik text,
    full_name text not null,
    birth_date date not null,
    gender text not null,
    phone text,
    address text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint patient_belongs_to_clinic unique (clinic_id, id),
    constraint patient_number_is_once_per_clinic unique (clinic_id, medical_record_number),
    constraint patient_nik_is_16_digits check (nik ~ '^[0-9]{16}$'),
    constraint patient_nik_is_once_per_clinic unique (clinic_id, nik),
    constraint patient_name_is_filled check (btrim(full_name) <> ''),
    constraint patient_gender_is_known check (gender in ('male', 'female')),
    constraint patient_birth_date_is_past check (birth_date > date '1870-01-01')
);
comment on table public.patients is 'People treated at the clinic.';
comment on column public.patients.nik is 'National identity number; null when unknown. Without it SatuSehat cannot be reached.';

create trigger practitioners_touch before update on public.practitioners
    for each row execute function private.touch_updated_at();
create trigger locations_touch before update on public.locations
    for each row execute function private.touch_updated_at();
create trigger patients_touch before update on public.patients
    for each row execute function private.touch_updated_at();

alter table public.practitioners enable row level security;
alter table public.locations enable row level security;
alter table public.patients enable row level security;

create policy "Staff read practitioners" on public.practitioners
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Owner and admin add practitioners" on public.practitioners
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin edit practitioners" on public.practitioners
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));

create policy "Staff read locations" on public.locations
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Owner and admin add locations" on public.locations
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin edit locations" on public.locations
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));

create policy "Staff read patients" on public.patients
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Registration and carers add patients" on public.patients
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]));
create policy "Registration and carers edit patients" on public.patients
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]));

grant select, insert on public.practitioners, public.locations, public.patients to authenticated;
grant update (staff_id, full_name, nik, profession, active) on public.practitioners to authenticated;
grant update (code, name, kind, active) on public.locations to authenticated;
grant update (medical_record_number, nik, full_name, birth_date, gender, phone, address)
    on public.patients to authenticated;
grant select, insert, update, delete on public.practitioners, public.locations, public.patients to service_role;
