-- Invented visits by the thousand, written by the database itself: what is measured begins after them.
create schema if not exists bench;

create or replace function bench.know_everybody(p_clinic uuid) returns void language sql as $$
    insert into integration.remote_resources (target, clinic_id, local_key, resource_type, remote_id)
    select 'satusehat', p_clinic, 'patient/' || p.id, 'Patient', 'P02478375538' from public.patients p
    union all
    select 'satusehat', p_clinic, 'practitioner/' || p.id, 'Practitioner', '10009880728' from public.practitioners p
    on conflict do nothing;
$$;

create or replace function bench.people(p_clinic uuid) returns void language sql as $$
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
    select p_clinic, 'B' || n, lpad((3171000000000000 + n)::text, 16, '0'), 'Pasien Uji ' || n, date '1980-01-01' + n, 'female'
      from generate_series(1, 50) n;
    insert into public.drugs (clinic_id, code, name) values (p_clinic, 'BENCH', 'Obat Uji');
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select p_clinic, 'drug', d.id::text, '93001019', 'Paracetamol 500 mg Tablet' from public.drugs d where d.code = 'BENCH';
$$;

-- The plain visit is the one well-known senders are measured by: Encounter, three Conditions, five Observations,
-- and the résumé (Composition) on top. The rich one adds four Observations, Procedure, prescription and dispense.
create or replace function bench.visits(p_clinic uuid, p_count integer, p_finished boolean, p_rich boolean) returns void
language plpgsql as $$
declare
    v_patients uuid[] := array(select id from public.patients where clinic_id = p_clinic order by medical_record_number);
    v_doctor uuid := (select id from public.practitioners where clinic_id = p_clinic and profession = 'doctor' limit 1);
    v_room uuid := (select id from public.locations where clinic_id = p_clinic and code = 'POLI-UMUM');
    v_drug uuid := (select id from public.drugs where clinic_id = p_clinic and code = 'BENCH');
    v_visit uuid; v_sheet uuid; v_item uuid; v_tag text := gen_random_uuid()::text;
begin
    for n in 1 .. p_count loop
        insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, status, chief_complaint,
                                   chief_complaint_snomed, disposition, arrived_at, started_at)
        values (p_clinic, v_patients[1 + n % array_length(v_patients, 1)], v_doctor, v_room, 'in_progress', 'demam', '386661006',
                'home', now() - interval '50 minutes', now() - interval '40 minutes')
        returning id into v_visit;
        insert into public.diagnoses (clinic_id, visit_id, practitioner_id, icd10_code, name, role, recorded_at)
        values (p_clinic, v_visit, v_doctor, 'A91', 'Dengue haemorrhagic fever', 'primary', now() - interval '30 minutes'),
               (p_clinic, v_visit, v_doctor, 'I10', 'Essential hypertension', 'secondary', now() - interval '30 minutes');
        insert into public.vital_signs (clinic_id, visit_id, practitioner_id, systolic_mmhg, diastolic_mmhg, heart_rate_per_min,
                                        respiratory_rate_per_min, temperature_celsius, oxygen_saturation_percent, height_cm,
                                        weight_kg, consciousness, taken_at)
        values (p_clinic, v_visit, v_doctor, 120, 80, 80, 18, 38.5,
                case when p_rich then 98 end, case when p_rich then 160 end, case when p_rich then 60 end,
                case when p_rich then 'alert' end, now() - interval '35 minutes');
        if p_rich then
        insert into public.procedures (clinic_id, visit_id, practitioner_id, icd9cm_code, name, category, performed_at)
        values (p_clinic, v_visit, v_doctor, '89.52', 'Electrocardiogram', 'diagnostic', now() - interval '20 minutes');
        insert into public.prescriptions (clinic_id, visit_id, practitioner_id, number, prescribed_at)
        values (p_clinic, v_visit, v_doctor, v_tag || n, now() - interval '15 minutes') returning id into v_sheet;
        insert into public.prescription_items (clinic_id, prescription_id, drug_id, quantity, dose_quantity, dose_unit,
                                               frequency, period, period_unit, route, instruction, days_supply)
        values (p_clinic, v_sheet, v_drug, 10, 1, 'TAB', 3, 1, 'd', 'O', '3 x 1', 3) returning id into v_item;
        insert into public.dispenses (clinic_id, prescription_item_id, practitioner_id, quantity, prepared_at, handed_over_at)
        values (p_clinic, v_item, v_doctor, 10, now() - interval '10 minutes', now() - interval '8 minutes');
        end if;
        if p_finished then
            update public.visits set status = 'finished', finished_at = now() - interval '5 minutes' where id = v_visit;
        end if;
    end loop;
end $$;

create or replace function bench.clear() returns void language sql as $$
    truncate public.work_items, integration.differences, integration.attempts, integration.remote_resources,
             integration.deliveries, public.stock_movements, public.dispenses, public.prescription_items,
             public.prescriptions, public.allergies, public.procedures, public.vital_signs, public.diagnoses,
             public.payments, public.visit_status_history, public.visits cascade;
$$;

-- Rows of history behind the live ones: delivered long ago, with nothing else to their name.
create or replace function bench.history(p_clinic uuid, p_count integer, p_state text) returns void language sql as $$
    insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date, state, delivered_generation, problems, due_at)
    select 'satusehat', 'visit', gen_random_uuid(), p_clinic, current_date - (n % 900), p_state::integration.delivery_state,
           case when p_state = 'delivered' then 1 else 0 end,
           case when p_state = 'blocked' then '[{"role":"admin","field":"x","reason":"x"}]'::jsonb else '[]' end,
           now() - interval '1 day'
      from generate_series(1, p_count) n;
    analyze integration.deliveries;
$$;
