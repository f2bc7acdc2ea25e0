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

-- name: laboratory
-- Every second visit had blood taken: one order, tube, item, final result and notification each, and a file of every tenth.
with e as (
    insert into public.examinations (clinic_id, code, name, unit, specimen_code, ranges)
    select $1, 'HB', 'Hemoglobin', 'g/dL', '119297000', '[{"low": 12, "high": 16, "critical_low": 7}]' returning id),
n as (insert into public.analysers (clinic_id, name, sending_application) select $1, 'Alat', 'ALAT' returning id),
m as (
    insert into public.analyser_messages (clinic_id, analyser_id, control_id, sha256)
    select $1, n.id, g::text, g::text from n, generate_series(1, 20000) g returning id),
o as (
    insert into public.diagnostic_orders (clinic_id, patient_id, visit_id, accession_number, category, state, ordered_at, final_at, staff_id)
    select $1, v.patient_id, v.id, v.registration_number, 'laboratory', 'final', v.arrived_at, v.arrived_at, $2::uuid
      from public.visits v where right(v.registration_number, 1) in ('0', '2', '4', '6', '8')
    returning id, patient_id, accession_number, ordered_at),
s as (
    insert into public.specimens (clinic_id, order_id, accession_number, type_code, type_display, collected_at)
    select $1, o.id, o.accession_number || 'A', '119297000', 'Darah', o.ordered_at from o returning id, order_id),
i as (
    insert into public.diagnostic_order_items (clinic_id, order_id, examination_id, specimen_id, released_at)
    select $1, s.order_id, e.id, s.id, now() from s, e returning id, order_id),
r as (
    insert into public.results (clinic_id, patient_id, order_id, item_id, examination_id, first_id, code, name, value_type,
                                value_numeric, unit, status, verified_at, released_at)
    select $1, o.patient_id, o.id, i.id, e.id, gen_random_uuid(), 'HB', 'Hemoglobin', 'numeric', 13, 'g/dL', 'final', o.ordered_at, now()
      from o join i on i.order_id = o.id, e),
h as (
    insert into public.diagnostic_order_history (clinic_id, order_id, state) select $1, o.id, 'final' from o),
t as (
    insert into public.notifications (clinic_id, staff_id, order_id, kind, title) select $1, $2::uuid, o.id, 'result_final', 'Final' from o),
a as (
    insert into public.critical_alerts (clinic_id, order_id, results, acknowledged_at, acknowledged_by, note)
    select $1, o.id, '[]', now(), $2::uuid, 'Dirujuk' from o where right(o.accession_number, 1) = '0'),
f as (
    insert into public.result_files (clinic_id, patient_id, order_id, file_name, intake_path, state, stored_path, sha256, arrived_at, released_at,
                                     content_hash, uploaded_by)
    select $1, o.patient_id, o.id, 'x.pdf', o.accession_number, 'available', 'x', 'x', o.ordered_at, now(), o.accession_number, $2::uuid
      from o where right(o.accession_number, 1) = '0')
insert into public.unmatched_results (clinic_id, analyser_id, message_id, analyser_code, value, reason, detail, resolved_at, resolution)
select $1, n.id, m.id, 'X', '{}', 'unknown_code', 'x', now(), 'discarded'
  from n, m

-- name: people
-- A member of staff in every role that laboratories know, and a patient's login.
with u as (insert into auth.users (id, email) values (gen_random_uuid(), gen_random_uuid() || '@plan.test') returning id),
s as (insert into public.staff (clinic_id, user_id, full_name) select $1, u.id, 'Staf' from u returning id, user_id),
r as (insert into public.staff_roles (clinic_id, staff_id, role) select $1, s.id, x.role::public.staff_role
        from s, unnest(array['doctor', 'lab', 'nurse']) x (role))
select id as staff, user_id as "user" from s

-- name: patient
-- The login of one of the patients.
with u as (insert into auth.users (id, email) values (gen_random_uuid(), gen_random_uuid() || '@plan.test') returning id)
insert into public.patient_accounts (clinic_id, patient_id, user_id)
select p.clinic_id, p.id, u.id from u, (select * from public.patients limit 1) p returning user_id
