-- Queues for journeys to Antrean. Only in throw-away databases.

-- Every day, all day: a journey may be played at any hour.
create function counter.open_hours(p_clinic uuid, p_poli text, p_quota integer default 30) returns void
language sql as $$
    insert into public.practitioner_schedules (clinic_id, location_id, practitioner_id, weekday, opens, closes, quota, quota_other)
    select p_clinic, l.id, d.id, day, '00:00', '23:59:59', p_quota, 5
      from generate_series(1, 7) day, public.locations l,
           (select id from public.practitioners where clinic_id = p_clinic and profession = 'doctor' limit 1) d
     where l.clinic_id = p_clinic and l.code = p_poli
$$;

create function counter.close_queues() returns void language sql as $$
    delete from public.queue_entries;
    delete from private.queue_counters;
    delete from public.practitioner_schedules;
$$;

-- The hospital of the sandbox, with a poli and a specialist whom BPJS knows.
create function counter.hospital() returns uuid language plpgsql as $$
declare
    v_clinic uuid;
    v_poli uuid;
    v_doctor uuid;
begin
    select c.id into v_clinic from public.clinics c where c.bpjs_facility_code = '0114R001';
    if not found then
        insert into public.clinics (name, capability, bpjs_facility_code)
        values ('Klinik Utama Kenanga', 'fkrtl', '0114R001') returning id into v_clinic;
    end if;
    delete from integration.lanes where target = 'satusehat';
    update integration.lanes set since = '2014-06-03' where clinic_id = v_clinic;
    insert into public.locations (clinic_id, code, name) values (v_clinic, 'DALAM', 'Penyakit Dalam')
    on conflict (clinic_id, code) do update set name = excluded.name returning id into v_poli;
    select d.id into v_doctor from public.practitioners d where d.clinic_id = v_clinic and d.profession = 'doctor' limit 1;
    if not found then
        insert into public.practitioners (clinic_id, full_name) values (v_clinic, 'dr. Syarifuddin, Sp.PD') returning id into v_doctor;
    end if;
    insert into integration.mappings (clinic_id, kind, local_id, code, display) values
        (v_clinic, 'bpjs_poli', v_poli::text, 'INT', 'PENYAKIT DALAM'),
        (v_clinic, 'bpjs_doctor', v_doctor::text, '140101', 'dr. Syarifuddin, Sp.PD')
    on conflict (clinic_id, kind, local_id) do update set code = excluded.code;
    perform counter.open_hours(v_clinic, 'DALAM');
    return v_clinic;
end $$;

-- Somebody who has never been here comes with a referral.
create function counter.referred(p_clinic uuid, p_nik text) returns uuid language plpgsql as $$
declare
    v_patient uuid;
    v_visit uuid;
begin
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
    values (p_clinic, 'RM-' || gen_random_uuid(), p_nik, 'Pasien Rujukan', '1980-01-05', 'female') returning id into v_patient;
    insert into public.visits (clinic_id, patient_id, location_id, payer)
    select p_clinic, v_patient, l.id, 'bpjs' from public.locations l where l.clinic_id = p_clinic and l.code = 'DALAM'
    returning id into v_visit;
    update public.queue_entries set reference_number = '0114A0011126P000001' where visit_id = v_visit;
    return v_visit;
end $$;
