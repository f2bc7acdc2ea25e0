-- name: clinic
-- A clinic to fill with history.
insert into public.clinics (name) values ('Klinik Besar') returning id

-- name: visits
-- Years of finished visits of a thousand patients, each with a diagnosis and vital signs. Triggers rest:
-- session_replication_role is 'replica' meanwhile.
with p as (
    insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender)
    select $1, n::text, 'Pasien', '1990-01-01', 'female' from generate_series(1, 1000) n returning id),
ranked as (select id, row_number() over () as n from p),
v as (
    insert into public.visits (clinic_id, patient_id, registration_number, status, arrived_at, started_at, finished_at)
    select $1, r.id, 'H-' || i, 'finished', at.t, at.t, at.t
      from generate_series(1, $2::int) i
      join ranked r on r.n = 1 + i % 1000
     cross join lateral (select now() - make_interval(mins => i * 20) as t) at
    returning id, arrived_at),
d as (
    insert into public.diagnoses (clinic_id, visit_id, icd10_code, name) select $1, v.id, 'A91', 'Dengue' from v),
s as (
    insert into public.vital_signs (clinic_id, visit_id, heart_rate_per_min) select $1, v.id, 80 from v),
h as (
    insert into public.visit_status_history (clinic_id, visit_id, status, started_at)
    select $1, v.id, 'finished', v.arrived_at from v)
insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date, state, delivered_generation)
select 'satusehat', 'visit', v.id, $1, v.arrived_at::date, 'delivered', 1 from v

-- name: pharmacy
-- One doctor who signed them all, one drug that was always prescribed, of one batch.
with d as (insert into public.practitioners (clinic_id, full_name, nik) values ($1, 'dr. Satu', '7209061211900001') returning id),
g as (insert into public.drugs (clinic_id, code, name) values ($1, 'PCT', 'Paracetamol') returning id),
m as (
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select $1, 'drug', g.id::text, '93001019', 'Paracetamol' from g),
b as (insert into public.stock_batches (clinic_id, drug_id, batch_number) select $1, g.id, 'B-1' from g returning id),
r as (
    insert into public.prescriptions (clinic_id, visit_id, number, practitioner_id)
    select $1, v.id, v.registration_number, d.id from public.visits v, d returning id),
i as (
    insert into public.prescription_items (clinic_id, prescription_id, drug_id, quantity)
    select $1, r.id, g.id, 10 from r, g returning id)
insert into public.dispenses (clinic_id, prescription_item_id, batch_id, quantity) select $1, i.id, b.id, 10 from i, b

-- name: resources
-- What the target holds for them.
insert into integration.remote_resources (target, clinic_id, local_key, resource_type, remote_id, content_hash, delivery_id)
select 'satusehat', d.clinic_id, 'encounter/' || d.subject_id, 'Encounter', 'E' || d.id, 'h', d.id
  from integration.deliveries d

-- name: backlog
-- Some of them are behind again.
update integration.deliveries d set state = 'ready', due_at = now() - interval '1 hour'
 where d.id in (select x.id from integration.deliveries x order by x.id limit 300)

-- name: subject
-- One of the visits.
select subject_id from integration.deliveries order by id desc limit 1

-- name: keys
-- What was found in a busy day.
insert into integration.resolved_keys (key) select 'patient/' || n from generate_series(1, 20000) n
