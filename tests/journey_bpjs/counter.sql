-- A clinic's counter for journeys to BPJS. Only in throw-away databases.
create schema counter;

create function counter.clear() returns void language plpgsql as $$
begin
    truncate public.work_items, public.target_alerts, integration.differences, integration.attempts,
             integration.remote_resources, integration.deliveries, integration.corrections,
             integration.resolved_keys, integration.mappings, public.bpjs_memberships,
             public.stock_movements, public.dispenses, public.prescription_items, public.prescriptions,
             public.allergies, public.procedures, public.vital_signs, public.diagnoses, public.payments,
             public.visit_status_history, public.visits, public.stock_batches, public.drugs, public.patients,
             public.bpjs_references cascade;
    delete from integration.lanes where target = 'satusehat';  -- these journeys end at BPJS
    update public.clinics set bpjs_facility_code = null where capability = 'fkrtl';  -- connected by those who play there
    update integration.lanes set since = '2014-06-03', paused_until = null, paused_reason = null, probing = false;
end $$;

-- A BPJS visit at the general poli, with everything P-Care asks; finished unless told otherwise.
create function counter.visit(p_patient uuid, p_finished boolean default true, p_with_drug boolean default true)
returns uuid language plpgsql as $$
declare
    v_visit uuid;
    v_clinic uuid;
    v_doctor uuid;
    v_sheet uuid;
    v_drug uuid;
begin
    select p.clinic_id into v_clinic from public.patients p where p.id = p_patient;
    select d.id into v_doctor from public.practitioners d where d.clinic_id = v_clinic and d.profession = 'doctor' limit 1;
    insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer, chief_complaint, arrived_at)
    select v_clinic, p_patient, v_doctor, l.id, 'bpjs', 'Batuk dua hari', now()
      from public.locations l where l.clinic_id = v_clinic and l.code = 'POLI-UMUM'
    returning id into v_visit;
    insert into public.vital_signs (clinic_id, visit_id, systolic_mmhg, diastolic_mmhg, heart_rate_per_min,
                                    respiratory_rate_per_min, temperature_celsius, height_cm, weight_kg, consciousness)
    values (v_clinic, v_visit, 120, 80, 82, 18, 36.7, 160, 55, 'alert');
    insert into public.bpjs_visit_details (clinic_id, visit_id, waist_cm, prognosis_code)
    values (v_clinic, v_visit, 74, '01');
    insert into public.diagnoses (clinic_id, visit_id, practitioner_id, icd10_code, name)
    values (v_clinic, v_visit, v_doctor, 'J06.9', 'ISPA');
    if p_with_drug then
        select d.id into v_drug from public.drugs d where d.clinic_id = v_clinic limit 1;
        insert into public.prescriptions (clinic_id, visit_id, practitioner_id, number)
        values (v_clinic, v_visit, v_doctor, 'R-' || v_visit) returning id into v_sheet;
        insert into public.prescription_items (clinic_id, prescription_id, drug_id, line, quantity, unit, dose_quantity,
                                               dose_unit, frequency, period, period_unit)
        values (v_clinic, v_sheet, v_drug, 1, 10, 'TAB', 1, 'TAB', 3, 1, 'd');
    end if;
    if p_finished then
        update public.visits set status = 'finished', disposition = 'home' where id = v_visit;
    end if;
    return v_visit;
end $$;

-- The lists and mappings a clinic has after its first day.
create function counter.settled(p_clinic uuid) returns void language plpgsql as $$
declare
    v_drug uuid;
begin
    insert into public.drugs (clinic_id, code, name, form_code, form_name)
    values (p_clinic, 'PCT', 'Paracetamol 500 mg', 'BS066', 'Tablet') returning id into v_drug;
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    values (p_clinic, 'bpjs_drug', v_drug::text, '-', 'Paracetamol');
end $$;
