-- What Mobile JKN asks of a clinic (Antrean, hosted side): numbers, how many are left, cancelling, new patients.
-- Each answers {code, message, response} in BPJS's own terms: 200 done, 201 refused, 202 a patient the clinic does
-- not know. The sentences are those BPJS tests for. Whoever hosts the web service hands the bodies on as they came.

create function private.jkn_says(p_code integer, p_message text, p_response jsonb default null) returns jsonb
language sql immutable set search_path = '' as $$
    select jsonb_build_object('code', p_code, 'message', p_message, 'response', p_response)
$$;
comment on function private.jkn_says(integer, text, jsonb) is 'An answer to Mobile JKN.';

create function private.jkn_day(p_text text) returns date
language plpgsql immutable set search_path = '' as $$
begin
    return case when p_text ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then make_date(
        left(p_text, 4)::integer, substr(p_text, 6, 2)::integer, right(p_text, 2)::integer) end;
exception when datetime_field_overflow then
    return null;
end $$;
comment on function private.jkn_day(text) is 'A day written yyyy-mm-dd; null for anything else.';

create function private.jkn_poli(p_clinic uuid, p_code text) returns uuid
language sql stable set search_path = '' as $$
    select l.id from integration.mappings m join public.locations l on l.clinic_id = m.clinic_id and l.id::text = m.local_id
     where m.clinic_id = p_clinic and m.kind = 'bpjs_poli' and m.code = p_code and l.active
       and private.has_queue(p_clinic, l.id)
     order by l.created_at, l.id limit 1
$$;
comment on function private.jkn_poli(uuid, text) is 'The clinic''s poli with BPJS''s code that has a queue.';

create index bpjs_memberships_card on public.bpjs_memberships (clinic_id, card_number);
create function private.jkn_patient(p_clinic uuid, p_card text, p_nik text) returns uuid
language sql stable set search_path = '' as $$
    select coalesce(
        (select p.id from public.patients p where p.clinic_id = p_clinic and p.nik = p_nik),
        (select m.patient_id from public.bpjs_memberships m
          where m.clinic_id = p_clinic and m.card_number = p_card order by m.as_of desc nulls last limit 1))
$$;
comment on function private.jkn_patient(uuid, text, text) is 'The patient with a NIK, or else with a card; null when the clinic knows neither.';

create function private.jkn_today(p_clinic uuid) returns date
language sql stable set search_path = '' as $$
    select (now() at time zone c.time_zone)::date from public.clinics c where c.id = p_clinic
$$;
comment on function private.jkn_today(uuid) is 'The day by the clinic''s own calendar.';

-- What is wrong with a request before anything is looked up; null: nothing.
create function private.jkn_malformed(p_request jsonb) returns text
language sql stable set search_path = '' as $$
    select case
        when coalesce(btrim(p_request ->> 'nomorkartu'), '') = '' then 'Nomor Kartu Belum Diisi'
        when p_request ->> 'nomorkartu' !~ '^[0-9]+$' then 'Format Nomor Kartu Tidak Sesuai'
        when length(p_request ->> 'nomorkartu') <> 13 then 'Nomor Kartu harus 13 digit'
        when p_request ? 'nik' and coalesce(p_request ->> 'nik', '') !~ '^[0-9]{16}$' then 'Format NIK Tidak Sesuai, NIK harus 16 digit angka'
        when p_request ? 'tanggalperiksa' and private.jkn_day(p_request ->> 'tanggalperiksa') is null
            then 'Format Tanggal Tidak Sesuai, format yang benar adalah yyyy-mm-dd' end
$$;
comment on function private.jkn_malformed(jsonb) is 'What is wrong with a request of Mobile JKN, in the words it shows.';

-- The practice hours a number would be taken in: of the doctor that was asked for, still open today.
create function private.jkn_hours(p_clinic uuid, p_location uuid, p_day date, p_doctor text, p_hours text)
returns setof public.practitioner_schedules
language sql stable set search_path = '' as $$
    select s.* from public.practitioner_schedules s
      join public.clinics c on c.id = s.clinic_id
      left join integration.mappings m on m.clinic_id = s.clinic_id and m.kind = 'bpjs_doctor'
                                      and m.local_id = s.practitioner_id::text
     where s.clinic_id = p_clinic and s.location_id = p_location and s.active
       and s.weekday = extract(isodow from p_day)
       and (coalesce(p_doctor, '') = '' or m.code = p_doctor)
       and (p_day > (now() at time zone c.time_zone)::date or s.closes > (now() at time zone c.time_zone)::time)
     order by to_char(s.opens, 'HH24:MI') || '-' || to_char(s.closes, 'HH24:MI') = p_hours desc nulls last, s.opens, s.id
     limit 1
$$;
comment on function private.jkn_hours(uuid, uuid, date, text, text) is 'The hours at a poli and day for which a number can still be taken.';

create function private.jkn_place(p_entry uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('nomorantrean', q.queue_number, 'angkaantrean', q.number::text, 'kodebooking', q.booking_code,
               'namapoli', l.name,
               'sisaantrean', (select count(*) from public.queue_entries o
                       where o.clinic_id = q.clinic_id and o.location_id = q.location_id and o.day = q.day
                         and o.status = 'waiting' and o.number < q.number)::text,
               'antreanpanggil', coalesce((select o.queue_number from public.queue_entries o
                       where o.clinic_id = q.clinic_id and o.location_id = q.location_id and o.day = q.day
                         and o.called_at is not null order by o.called_at desc, o.number desc limit 1), '-'),
               'keterangan', '')
      from public.queue_entries q join public.locations l on l.id = q.location_id
     where q.id = p_entry
$$;
comment on function private.jkn_place(uuid) is 'Where somebody stands, as Mobile JKN shows it.';

create function integration.queue_status(p_clinic uuid, p_poli text, p_day text) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
    v_poli uuid := private.jkn_poli(p_clinic, p_poli);
    v_day date := private.jkn_day(p_day);
begin
    if v_day is null then
        return private.jkn_says(201, 'Format Tanggal Tidak Sesuai, format yang benar adalah yyyy-mm-dd'); end if;
    if v_day < private.jkn_today(p_clinic) then return private.jkn_says(201, 'Tanggal Periksa Tidak Berlaku Mundur'); end if;
    if v_poli is null then return private.jkn_says(201, 'Poli Tidak Ditemukan'); end if;
    return private.jkn_says(200, 'Ok', (
        select jsonb_build_object('namapoli', min(l.name),
                   'totalantrean', count(q.id) filter (where q.status <> 'cancelled'),
                   'sisaantrean', count(q.id) filter (where q.status = 'waiting'),
                   'antreanpanggil', coalesce((array_agg(q.queue_number order by q.called_at desc, q.number desc)
                                               filter (where q.called_at is not null))[1], '-'),
                   'keterangan', '')
          from public.locations l
          left join public.queue_entries q on q.clinic_id = l.clinic_id and q.location_id = l.id and q.day = v_day
         where l.id = v_poli));
end $$;
comment on function integration.queue_status(uuid, text, text) is 'Mobile JKN: how long is the queue of a poli on a day?';

create function integration.take_number(p_clinic uuid, p_request jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
    v_day date := private.jkn_day(p_request ->> 'tanggalperiksa');
    v_poli uuid := private.jkn_poli(p_clinic, p_request ->> 'kodepoli');
    v_patient uuid;
    v_malformed text := private.jkn_malformed('{"nik": "", "tanggalperiksa": ""}' || p_request);
    h public.practitioner_schedules;
begin
    if v_malformed is not null then return private.jkn_says(201, v_malformed); end if;
    if v_day < private.jkn_today(p_clinic) then return private.jkn_says(201, 'Tanggal Periksa Tidak Berlaku Mundur'); end if;
    if v_poli is null then return private.jkn_says(201, 'Poli Tidak Ditemukan'); end if;
    if coalesce(p_request ->> 'kodedokter', '') <> '' and not exists (
            select from integration.mappings m where m.clinic_id = p_clinic and m.kind = 'bpjs_doctor'
               and m.code = p_request ->> 'kodedokter') then
        return private.jkn_says(201, 'Dokter Tidak Ditemukan'); end if;
    select * into h from private.jkn_hours(p_clinic, v_poli, v_day, p_request ->> 'kodedokter', p_request ->> 'jampraktek');
    if h.id is null then return private.jkn_says(201, 'Pendaftaran ke Poli Ini Sedang Tutup'); end if;
    v_patient := private.jkn_patient(p_clinic, p_request ->> 'nomorkartu', p_request ->> 'nik');
    if v_patient is null then return private.jkn_says(202, 'Pasien tidak ditemukan/belum terdaftar'); end if;

    -- From here on nobody else takes a number at this poli and day.
    perform private.lock_queue(p_clinic, v_poli, v_day);
    if exists (select from public.queue_entries q where q.clinic_id = p_clinic and q.location_id = v_poli and q.day = v_day
                  and (q.patient_id = v_patient or q.card_number = p_request ->> 'nomorkartu') and q.status <> 'cancelled') then
        return private.jkn_says(201, 'Nomor Antrean Hanya Dapat Diambil 1 Kali Pada Tanggal dan Poli Yang Sama'); end if;
    if h.quota <= (select count(*) from public.queue_entries q
                    where q.clinic_id = p_clinic and q.location_id = v_poli and q.day = v_day and q.member
                      and q.practitioner_id = h.practitioner_id and q.status <> 'cancelled') then
        return private.jkn_says(201, 'Kuota Antrean Pada Poli dan Dokter Ini Sudah Penuh'); end if;
    return private.jkn_says(200, 'Ok', private.jkn_place(private.enqueue(jsonb_build_object(
        'clinic_id', p_clinic, 'location_id', v_poli, 'practitioner_id', h.practitioner_id, 'patient_id', v_patient,
        'day', v_day, 'source', 'mobile_jkn', 'member', true, 'card_number', p_request ->> 'nomorkartu',
        'complaint', p_request ->> 'keluhan'))));
end $$;
comment on function integration.take_number(uuid, jsonb) is 'Mobile JKN: give the next number; one per patient, poli and day, and never beyond the quota.';

create function private.jkn_entry(p_clinic uuid, p_card text, p_poli text, p_day date) returns public.queue_entries
language sql stable set search_path = '' as $$
    select q.* from public.queue_entries q
     where q.clinic_id = p_clinic and q.location_id = (select private.jkn_poli(p_clinic, p_poli)) and q.day = p_day
       and q.status <> 'cancelled'
       and (q.card_number = p_card or q.patient_id = (select private.jkn_patient(p_clinic, p_card, null)))
     order by q.number desc limit 1
$$;
comment on function private.jkn_entry(uuid, text, text, date) is 'The place of a card in the queue of a poli and day.';

create function integration.numbers_left(p_clinic uuid, p_card text, p_poli text, p_day text) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
    v_malformed text := private.jkn_malformed(jsonb_build_object('nomorkartu', p_card, 'tanggalperiksa', coalesce(p_day, '')));
    q public.queue_entries;
begin
    if v_malformed is not null then return private.jkn_says(201, v_malformed); end if;
    q := private.jkn_entry(p_clinic, p_card, p_poli, private.jkn_day(p_day));
    if q.id is null then return private.jkn_says(201, 'Antrean tidak ditemukan'); end if;
    return private.jkn_says(200, 'Ok', private.jkn_place(q.id));
end $$;
comment on function integration.numbers_left(uuid, text, text, text) is 'Mobile JKN: how many stand before a card?';

create function integration.cancel_number(p_clinic uuid, p_request jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
    v_day date := private.jkn_day(p_request ->> 'tanggalperiksa');
    v_malformed text := private.jkn_malformed('{"tanggalperiksa": ""}' || p_request);
    q public.queue_entries;
begin
    if v_malformed is not null then return private.jkn_says(201, v_malformed); end if;
    q := private.jkn_entry(p_clinic, p_request ->> 'nomorkartu', p_request ->> 'kodepoli', v_day);
    if q.id is null then return private.jkn_says(201, 'Antrean tidak ditemukan'); end if;
    select * into q from public.queue_entries o where o.id = q.id for no key update;
    if q.status = 'cancelled' then return private.jkn_says(201, 'Antrean tidak ditemukan atau sudah dibatalkan'); end if;
    -- Whoever is at the counter already has a visit: that one is cancelled by the clinic.
    if q.status in ('called', 'served') or q.visit_id is not null then
        return private.jkn_says(201, 'Pasien sudah dilayani, antrean tidak dapat dibatalkan!'); end if;
    update public.queue_entries o
       set status = 'cancelled', cancel_reason = coalesce(nullif(btrim(p_request ->> 'keterangan'), ''), 'Dibatalkan peserta')
     where o.id = q.id;
    return private.jkn_says(200, 'Ok');
end $$;
comment on function integration.cancel_number(uuid, jsonb) is 'Mobile JKN: give a number back.';

create function integration.register_new_patient(p_clinic uuid, p_request jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
    v_malformed text := private.jkn_malformed('{"nik": ""}' || p_request);
    v_born date := private.jkn_day(p_request ->> 'tanggallahir');
begin
    if v_malformed is not null then return private.jkn_says(201, v_malformed); end if;
    if coalesce(btrim(p_request ->> 'nama'), '') = '' then return private.jkn_says(201, 'Nama Belum Diisi'); end if;
    if coalesce(p_request ->> 'jeniskelamin', '') not in ('L', 'P') then
        return private.jkn_says(201, 'Jenis Kelamin Belum Dipilih'); end if;
    if v_born is null or v_born > private.jkn_today(p_clinic) or v_born <= date '1870-01-01' then
        return private.jkn_says(201, 'Format Tanggal Lahir Tidak Sesuai, format yang benar adalah yyyy-mm-dd'); end if;
    if private.jkn_patient(p_clinic, p_request ->> 'nomorkartu', p_request ->> 'nik') is not null then
        return private.jkn_says(201, 'Data pasien ini sudah terdaftar'); end if;
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender, phone, address)
    values (p_clinic, 'JKN-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 12)), p_request ->> 'nik',
            btrim(p_request ->> 'nama'), v_born, case p_request ->> 'jeniskelamin' when 'L' then 'male' else 'female' end,
            nullif(btrim(p_request ->> 'nohp'), ''), nullif(btrim(p_request ->> 'alamat'), ''));
    return private.jkn_says(200, 'Harap datang ke pendaftaran untuk melengkapi data rekam medis');
exception when unique_violation then  -- somebody registered the same person at this very moment
    return private.jkn_says(201, 'Data pasien ini sudah terdaftar');
end $$;
comment on function integration.register_new_patient(uuid, jsonb) is 'Mobile JKN: register somebody the clinic does not know yet.';

grant execute on function private.jkn_day(text), private.jkn_entry(uuid, text, text, date),
    private.jkn_hours(uuid, uuid, date, text, text), private.jkn_malformed(jsonb), private.jkn_patient(uuid, text, text),
    private.jkn_place(uuid), private.jkn_poli(uuid, text), private.jkn_says(integer, text, jsonb), private.jkn_today(uuid)
    to service_role;
call private.hand_to_workers();
