-- name: clinic
-- A clinic that BPJS knows, with one poli, one doctor and practice hours around the clock.
with c as (insert into public.clinics (name, bpjs_facility_code) values ('Klinik', '0114A001') returning id),
     d as (insert into public.practitioners (clinic_id, full_name) select id, 'dr. Satu' from c returning clinic_id, id),
     l as (insert into public.locations (clinic_id, code, name, queue_prefix) select id, 'POLI', 'Poli Umum', 'U' from c returning id),
     s as (insert into public.practitioner_schedules (clinic_id, location_id, practitioner_id, weekday, opens, closes, quota)
           select c.id, l.id, d.id, day, '00:00', '23:59:59.999', $1::smallint from c, d, l, generate_series(1, 7) day),
     m as (insert into integration.mappings (clinic_id, kind, local_id, code, display)
           select c.id, 'bpjs_poli', l.id::text, '001', 'UMUM' from c, l
           union all select c.id, 'bpjs_doctor', d.id::text, '140001', 'dr. Satu' from c, d)
select c.id as clinic, d.id as doctor, l.id as poli from c, d, l

-- name: patients
-- People the clinic knows; the first has the NIK 3200000000000001.
insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender, nik)
select $1, n::text, 'Pasien', '1990-01-01', 'female', '32000000000' || lpad(n::text, 5, '0') from generate_series(1, $2) n

-- name: take
-- Somebody takes a number on the telephone: the n-th person, some days from now.
select integration.take_number($1, jsonb_build_object('nomorkartu', '80000000' || lpad($2::integer::text, 5, '0'),
    'nik', '32000000000' || lpad($2::integer::text, 5, '0'), 'kodepoli', '001', 'kodedokter', 140001, 'jampraktek', '00:00-23:59',
    'tanggalperiksa', (now() at time zone 'Asia/Jakarta')::date + $3::integer) || $4)::text

-- name: arrive
-- The n-th person comes to the counter.
insert into public.visits (clinic_id, patient_id, location_id, payer)
select $1, p.id, l.id, 'bpjs' from public.patients p, public.locations l
 where p.clinic_id = $1 and p.medical_record_number = $2::integer::text and l.clinic_id = $1 returning id

-- name: numbers
-- All numbers, in their order.
select number from public.queue_entries order by number

-- name: entries
-- All places, in their order.
select * from public.queue_entries order by day, number

-- name: move
-- A visit changes its status.
update public.visits set status = $2::text::public.visit_status, disposition = case when $2::text = 'finished' then 'home' end where id = $1

-- name: today
-- The clinic's day.
select (now() at time zone 'Asia/Jakarta')::date::text

-- name: status
-- How long is the queue today?
select integration.queue_status($1, $2, (now() at time zone 'Asia/Jakarta')::date::text)::text

-- name: left
-- How many stand before a card today?
select integration.numbers_left($1, '80000000' || lpad($2::integer::text, 5, '0'), '001', (now() at time zone 'Asia/Jakarta')::date::text)::text

-- name: give_back
-- The n-th person cancels on the telephone.
select integration.cancel_number($1, jsonb_build_object('nomorkartu', '80000000' || lpad($2::integer::text, 5, '0'), 'kodepoli', '001',
    'tanggalperiksa', (now() at time zone 'Asia/Jakarta')::date, 'keterangan', 'Tidak jadi'))::text

-- name: register
-- Somebody new registers on the telephone.
select integration.register_new_patient($1, $2)::text

-- name: wishes
-- Deliveries to Antrean with the number of their place.
select q.number, d.state::text, d.generation from integration.deliveries d join public.queue_entries q on q.id = d.subject_id
 where d.target = 'antrean' and d.kind = 'queue' order by 1

-- name: yesterday
-- The first numbers were for yesterday.
update public.queue_entries set day = day - 1 where number <= $1

-- name: late
-- What was to be told was to be told yesterday.
update integration.deliveries set service_date = service_date - 1 where target = 'antrean'
