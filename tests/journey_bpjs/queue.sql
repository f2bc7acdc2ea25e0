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

-- The hospital's poli and specialist, as BPJS knows them.
create function counter.specialists(p_clinic uuid) returns void language sql as $$
    update public.clinics set bpjs_facility_code = '0114R001' where id = p_clinic;
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select p_clinic, 'bpjs_poli', l.id::text, 'INT', 'PENYAKIT DALAM' from public.locations l
     where l.clinic_id = p_clinic and l.code = 'POLI-INT'
    union all
    select p_clinic, 'bpjs_doctor', d.id::text, '140101', 'dr. Syarifuddin, Sp.PD' from public.practitioners d
     where d.clinic_id = p_clinic and d.profession = 'doctor'
    on conflict (clinic_id, kind, local_id) do nothing;
    select counter.open_hours(p_clinic, 'POLI-INT');
$$;

-- Somebody who has never been here comes with a referral.
create function counter.referred(p_clinic uuid, p_nik text) returns uuid language plpgsql as $$
declare
    v_patient uuid;
    v_visit uuid;
begin
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
    values (p_clinic, 'RM-' || gen_random_uuid(), p_nik, 'Pasien Rujukan', '1980-01-05', 'female') returning id into v_patient;
    insert into public.visits (clinic_id, patient_id, location_id, payer)
    select p_clinic, v_patient, l.id, 'bpjs' from public.locations l where l.clinic_id = p_clinic and l.code = 'POLI-INT'
    returning id into v_visit;
    update public.queue_entries set reference_number = '0114A0011126P000001' where visit_id = v_visit;
    return v_visit;
end $$;
