-- A referral-level clinic for journeys of SEPs and claims. Only in throw-away databases.
create schema hospital;

-- What VClaim's lists and the admin gave the clinic on its first day.
create function hospital.settled(p_clinic uuid) returns void language plpgsql as $$
begin
    update public.clinics set bpjs_facility_code = '0114R001' where id = p_clinic;
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select l.clinic_id, 'bpjs_poli', l.id::text, 'INT', 'PENYAKIT DALAM' from public.locations l
     where l.clinic_id = p_clinic and l.code in ('POLI-INT', 'RANAP')
    union all
    select p.clinic_id, 'bpjs_doctor', p.id::text, '140101', p.full_name from public.practitioners p
     where p.clinic_id = p_clinic and p.profession = 'doctor'
    on conflict do nothing;
end $$;

create function hospital.patient(p_clinic uuid, p_nik text, p_born date) returns uuid language sql as $$
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender, phone)
    values (p_clinic, 'RM-' || substr(gen_random_uuid()::text, 1, 8), p_nik, 'Pasien Uji', p_born, 'female', '081100000001')
    returning id
$$;

-- Somebody arrives on BPJS's account; finished by hospital.finish.
create function hospital.visit(p_patient uuid, p_class text default 'ambulatory') returns uuid language sql as $$
    insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer, visit_class, chief_complaint, arrived_at)
    select p.clinic_id, p.id, d.id, l.id, 'bpjs', p_class, 'Lemas dan sering haus', now()
      from public.patients p
      join public.practitioners d on d.clinic_id = p.clinic_id and d.profession = 'doctor'
      join public.locations l on l.clinic_id = p.clinic_id
                             and l.code = case p_class when 'inpatient' then 'RANAP' else 'POLI-INT' end
     where p.id = p_patient
    returning id
$$;

create function hospital.diagnose(p_visit uuid) returns void language sql as $$
    insert into public.diagnoses (clinic_id, visit_id, icd10_code, name)
    select v.clinic_id, v.id, 'E11.9', 'Diabetes melitus tipe 2' from public.visits v
     where v.id = p_visit and not exists (select from public.diagnoses d where d.visit_id = v.id)
$$;

create function hospital.finish(p_visit uuid) returns uuid language plpgsql as $$
declare
    v_claim uuid;
begin
    perform hospital.diagnose(p_visit);
    update public.visits set status = 'finished', disposition = 'home' where id = p_visit;
    update public.claims set specialism_code = '1', way_out_code = '1', condition_code = '2', ward_code = '1',
           room_class_code = '3', requested_rupiah = 350000, tariff_rupiah = 400000
     where visit_id = p_visit returning id into v_claim;
    return v_claim;
end $$;


create function hospital.clear() returns void language sql as $$
    truncate public.claim_pairings
$$;
