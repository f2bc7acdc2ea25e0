-- A finished BPJS visit whose claim lacks nothing, at a referral-level or a first-level clinic. In a transaction only.
-- $1 is the capability.

-- name: open
with clinic as (
    insert into public.clinics (name, capability, bpjs_facility_code)
    values ('Klinik Klaim', $1, case $1 when 'fktp' then '0999A001' else '0999R001' end) returning id)
select id from clinic

-- name: furnish
with room as (
    insert into public.locations (clinic_id, code, name) values ($1, 'POLI', 'Poli') returning id),
doctor as (
    insert into public.practitioners (clinic_id, full_name, profession) values ($1, 'dr. Uji', 'doctor') returning id),
patient as (
    insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender)
    values ($1, 'RM-1', 'Pasien Uji', '1980-01-05', 'female') returning id),
mapped as (
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select $1, 'bpjs_poli', room.id::text, 'INT', 'Dalam' from room
    union all select $1, 'bpjs_doctor', doctor.id::text, '140101', 'dr. Uji' from doctor)
insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer, chief_complaint)
select $1, patient.id, doctor.id, room.id, 'bpjs', 'Lemas' from room, doctor, patient
returning id

-- name: treat
with diagnosis as (
    insert into public.diagnoses (clinic_id, visit_id, icd10_code, name)
    select v.clinic_id, v.id, 'E11.9', 'DM' from public.visits v where v.id = $1),
procedure as (
    insert into public.procedures (clinic_id, visit_id, icd9cm_code, name)
    select v.clinic_id, v.id, '90.59', 'Darah' from public.visits v where v.id = $1),
sep as (
    insert into public.bpjs_seps (clinic_id, visit_id, sep_number, sep_on, service_type, found_number, found_on)
    select v.clinic_id, v.id, '0999R0011126V000001', current_date, '2', '0114A0021126P000001', current_date - 7
      from public.visits v where v.id = $1),
listed as (
    insert into public.bpjs_references (clinic_id, kind, code, name, details)
    select v.clinic_id, 'procedure', '10101', 'ANC', '{"maxTarif": 90000}' from public.visits v where v.id = $1)
insert into public.bpjs_procedures (clinic_id, visit_id, code, name, amount_rupiah)
select v.clinic_id, v.id, '10101', 'ANC', 90000 from public.visits v where v.id = $1

-- name: finish
update public.visits set status = 'finished', disposition = 'home' where id = $1

-- name: complete
with told as (  -- P-Care holds the visit
    update integration.deliveries set state = 'leased', leased_by = 'w', leased_until = now(), leased_generation = generation
     where subject_id = $1 and kind = 'pcare_visit' returning id)
update public.claims set specialism_code = '1', way_out_code = '1', condition_code = '2', tariff_rupiah = 400000,
       requested_rupiah = coalesce(requested_rupiah, 350000), signed_at = clock_timestamp()
 where visit_id = $1 returning id

-- name: delivered
update integration.deliveries set state = 'delivered', delivered_generation = generation
 where subject_id = $1 and kind = 'pcare_visit'

-- name: problems
select rule, role from private.claim_problems($1) order by rule

-- name: again
insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer, chief_complaint, disposition, status)
select clinic_id, patient_id, practitioner_id, location_id, 'bpjs', 'Lagi', 'home', 'finished' from public.visits where id = $1

-- name: hire
with person as (insert into auth.users (id) values (gen_random_uuid()) returning id),
hired as (
    insert into public.staff (clinic_id, user_id, full_name)
    select k.clinic_id, person.id, 'Orang Uji' from public.claims k, person where k.id = $1 returning clinic_id, id, user_id),
granted as (
    insert into public.staff_roles (clinic_id, staff_id, role)
    select hired.clinic_id, hired.id, $2::text::public.staff_role from hired)
select user_id from hired
