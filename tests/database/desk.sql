-- name: clear
-- An empty project.
truncate public.clinics, integration.resolved_keys cascade

-- name: clinic
-- A clinic with a doctor, a room and a patient of the same number.
with c as (insert into public.clinics (name) values ('Klinik') returning id),
     d as (insert into public.practitioners (clinic_id, full_name, nik) select id, 'dr. Satu', '7209061211900001' from c
           returning clinic_id, id),
     l as (insert into public.locations (clinic_id, code, name) select id, 'POLI', 'Poli' from c returning id),
     p as (insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender, nik)
           select id, '1', 'Pasien', '1990-01-01', 'female', '9271060312000001' from c returning id),
     g as (insert into public.drugs (clinic_id, code, name) select id, 'PCT', 'Paracetamol' from c returning id)
select c.id as clinic, d.id as doctor, l.id as room, p.id as patient, g.id as drug from c, d, l, p, g

-- name: visit
-- A patient arrives.
insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, arrived_at)
values ($1, $2, $3, $4, now() - make_interval(hours => $5)) returning id

-- name: finish
-- The patient goes home.
update public.visits set status = 'finished', disposition = 'home' where id = $1

-- name: diagnose
-- The doctor writes a diagnosis.
insert into public.diagnoses (clinic_id, visit_id, practitioner_id, icd10_code, name, role)
select v.clinic_id, v.id, v.practitioner_id, 'A91', 'Dengue', 'secondary' from public.visits v where v.id = $1
returning id

-- name: edit
-- The complaint is written anew.
update public.visits set chief_complaint = gen_random_uuid()::text where id = $1

-- name: delivery
-- The delivery of a visit.
select * from integration.deliveries where target = 'satusehat' and kind = 'visit' and subject_id = $1

-- name: expire
-- The worker of a lease has been silent for too long.
update integration.deliveries set leased_until = now() - interval '1 second' where id = $1 and state = 'leased'

-- name: hurry
-- The rest that a delivery was given is over.
update integration.deliveries set due_at = now() - interval '1 second' where due_at > now() - interval '1 second'

-- name: broken
-- A delivery whose kind nobody can read.
insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date, due_at)
values ('satusehat', 'unreadable', gen_random_uuid(), $1, '2026-01-01', now() - interval '1 hour') returning id

-- name: difference
-- How far the conservation law is from holding.
select coalesce(sum(abs(difference)), 0)::int from integration.status()

-- name: waiters
-- How many transactions wait for another.
select count(*) from pg_catalog.pg_locks where not granted

-- name: resolve
-- Somebody supplies what a key stands for.
select private.resolve(array['patient/x'])

-- name: waits
-- Which keys a visit's delivery waits for.
select waits_for from integration.deliveries where subject_id = $1

-- name: complain
-- The complaint says this now.
update public.visits set chief_complaint = $2 where id = $1

-- name: rows
-- All deliveries, as far as the state machine goes.
select id, state::text, generation, delivered_generation, ask_first, strikes, lease_number, leased_by
  from integration.deliveries
