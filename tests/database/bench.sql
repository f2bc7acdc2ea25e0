-- name: clinic
-- A clinic with its standard catalogue.
insert into public.clinics (name, satusehat_organization_id) values ($1, $2) returning id

-- name: catalogue
-- The standard tests.
select private.install_examinations($1)

-- name: user
-- A login.
insert into auth.users (id, aud, role, email, created_at, updated_at)
values (gen_random_uuid(), 'authenticated', 'authenticated', $1, now(), now()) returning id

-- name: staff
-- Somebody who works there, in one role, and the health worker that is.
with s as (insert into public.staff (clinic_id, user_id, full_name) values ($1, $2, 'Staf') returning clinic_id, id),
     r as (insert into public.staff_roles (clinic_id, staff_id, role) select clinic_id, id, $3::text::public.staff_role from s),
     p as (insert into public.practitioners (clinic_id, staff_id, full_name, profession) select clinic_id, id, 'Petugas', 'other' from s)
select id from s

-- name: visit
-- A patient of that sex and age in days, with the doctor.
with p as (insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender)
           values ($1, gen_random_uuid()::text, 'Pasien', (now() at time zone 'Asia/Jakarta')::date - $3::integer, $2) returning clinic_id, id),
     v as (insert into public.visits (clinic_id, patient_id) select clinic_id, id from p returning id)
select v.id from v

-- name: state
-- How far an order is.
select state::text from public.diagnostic_orders where id = $1

-- name: history
-- The states it went through.
select array_agg(state::text order by at, ctid) from public.diagnostic_order_history where order_id = $1

-- name: results
-- What counts now, by code.
select code, value_numeric, comparator, value_code, value_text, unit, flag, status, source, released_at, range_low, range_high, first_id, id
  from public.results where order_id = $1 and superseded_at is null order by code

-- name: notifications
-- Who is told what of an order, the oldest first.
select staff_id, kind, title, changes::text, alert_id, step from public.notifications where order_id = $1 order by created_at, kind

-- name: worklist
-- What could not be filed.
select id, reason, detail, analyser_code, accession_number from public.unmatched_results where clinic_id = $1 and resolved_at is null order by received_at, id

-- name: analyser
-- An instrument.
insert into public.analysers (clinic_id, name, sending_application, sending_facility) values ($1, 'Alat', $2, '') returning id

-- name: receive
-- What a message is answered.
select integration.receive_results($1, $2)::text

-- name: overdue
-- The time of every critical result has come.
update public.critical_alerts set escalates_at = now() - interval '1 second' where clinic_id = $1 and acknowledged_at is null and escalates_at is not null

-- name: delivery
-- The delivery of a subject.
select state::text, generation, target, kind from integration.deliveries where subject_id = $1

-- name: hurry
-- As if a minute had passed since what was announced.
update public.result_files set registered_at = registered_at - interval '1 minute' where id = $1

-- name: difference
-- 0 when the clinic's books balance.
select coalesce(sum(abs(difference)), 0)::integer from integration.status() where clinic_id = $1
