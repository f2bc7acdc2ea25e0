-- Members with a visit each, for what is measured at BPJS.
create schema if not exists bench;

create or replace function bench.connect(p_clinic uuid) returns void language plpgsql as $$
begin
    update public.clinics set bpjs_facility_code = '0114A001' where id = p_clinic;
    delete from integration.lanes where target not in ('satusehat', 'pcare');
    update integration.lanes set most_leases = 200 where target = 'pcare';
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select p_clinic, 'bpjs_poli', l.id::text, '001', 'POLI UMUM' from public.locations l where l.code = 'POLI-UMUM'
    union all select p_clinic, 'bpjs_doctor', d.id::text, '140001', 'dr. Alexander' from public.practitioners d
    union all select p_clinic, 'bpjs_disposition', 'home', '3', 'Berobat Jalan'
    union all select p_clinic, 'bpjs_drug', d.id::text, '-', d.name from public.drugs d
    on conflict do nothing;
end $$;

create or replace function bench.disconnect(p_clinic uuid) returns void language plpgsql as $$
begin
    delete from integration.attempts a using integration.deliveries d where d.id = a.delivery_id and d.target <> 'satusehat';
    delete from integration.remote_resources where target <> 'satusehat';
    delete from public.work_items where target <> 'satusehat';
    delete from integration.deliveries where target <> 'satusehat';
    delete from integration.lanes where target <> 'satusehat';
    update public.clinics set bpjs_facility_code = null where id = p_clinic;
end $$;

-- Patients whom BPJS knows, memberships answered a moment ago.
create or replace function bench.members(p_clinic uuid, p_count integer) returns void language sql as $$
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
    select p_clinic, 'M' || n, '88020101' || lpad(n::text, 8, '0'), 'Peserta Uji ' || n, date '1990-01-01', 'male'
      from generate_series(1, p_count) n on conflict do nothing;
    update public.bpjs_memberships m
       set status = 'active', as_of = now(), card_number = '80002' || right(p.nik, 8), facility_code = '0114A001'
      from public.patients p where p.id = m.patient_id and p.nik like '88020101%';
    update integration.deliveries set state = 'leased', leased_by = 'bench', leased_until = now(), leased_generation = generation
     where kind = 'membership' and state = 'ready';
    update integration.deliveries set state = 'delivered', delivered_generation = generation
     where kind = 'membership' and state = 'leased';
$$;

create or replace function bench.insured_visits(p_clinic uuid) returns void language plpgsql as $$
declare
    v_doctor uuid := (select id from public.practitioners where clinic_id = p_clinic and profession = 'doctor' limit 1);
    v_room uuid := (select id from public.locations where clinic_id = p_clinic and code = 'POLI-UMUM');
    v_drug uuid := (select id from public.drugs where clinic_id = p_clinic and code = 'BENCH');
    v_patient uuid; v_visit uuid; v_sheet uuid;
begin
    for v_patient in select id from public.patients where clinic_id = p_clinic and medical_record_number like 'M%' loop
        insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, status, payer, chief_complaint)
        values (p_clinic, v_patient, v_doctor, v_room, 'in_progress', 'bpjs', 'batuk') returning id into v_visit;
        insert into public.diagnoses (clinic_id, visit_id, practitioner_id, icd10_code, name)
        values (p_clinic, v_visit, v_doctor, 'J06.9', 'ISPA');
        insert into public.bpjs_visit_details (clinic_id, visit_id, prognosis_code) values (p_clinic, v_visit, '01');
        insert into public.prescriptions (clinic_id, visit_id, practitioner_id, number)
        values (p_clinic, v_visit, v_doctor, 'B-' || v_visit) returning id into v_sheet;
        insert into public.prescription_items (clinic_id, prescription_id, drug_id, quantity, dose_quantity, frequency, period, period_unit)
        values (p_clinic, v_sheet, v_drug, 10, 1, 3, 1, 'd');
        update public.visits set status = 'finished', disposition = 'home' where id = v_visit;
    end loop;
end $$;
