-- A small clinic for journeys, and a diary of every move a delivery makes. Only in throw-away databases.
create schema journey;

create table journey.moves (
    id bigint generated always as identity primary key,
    delivery_id bigint not null,
    was text,
    became text not null,
    generation bigint not null
);

create function journey.write_move() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' then
        insert into journey.moves (delivery_id, became, generation) values (new.id, new.state, new.generation);
    elsif new.state <> old.state then
        insert into journey.moves (delivery_id, was, became, generation)
        values (new.id, old.state, new.state, new.generation);
    end if;
    return null;
end $$;
create trigger deliveries_zzz_diary after insert or update on integration.deliveries
    for each row execute function journey.write_move();

-- Who the ministry can find by NIK; given by the test from the identities it publishes.
create table journey.citizens (n integer primary key, nik text, ihs text, full_name text, birth_date date, gender text);

create function journey.clear(p_clinic uuid) returns void language plpgsql as $$
begin
    truncate public.bpjs_memberships, public.work_items, integration.differences, integration.attempts, integration.remote_resources,
             integration.deliveries, integration.corrections, integration.resolved_keys, integration.mappings, integration.kpi_snapshots,
             public.stock_movements, public.dispenses, public.prescription_items, public.prescriptions,
             public.allergies, public.procedures, public.vital_signs, public.diagnoses, public.payments,
             public.visit_status_history, public.visits, public.stock_batches, public.drugs, public.patients,
             journey.moves cascade;
    delete from public.practitioners where staff_id is null;
    update integration.lanes set since = '2014-06-03', paused_until = null, paused_reason = null;
    update public.clinics set satusehat_organization_id = '10000004' where id = p_clinic;
    insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
    select p_clinic, 'J' || c.n, c.nik, c.full_name, c.birth_date, c.gender from journey.citizens c order by c.n;
    insert into public.drugs (clinic_id, code, name, form_code, form_name)
    values (p_clinic, 'PCT', 'Paracetamol 500 mg', 'BS066', 'Tablet');
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    select p_clinic, 'drug', d.id::text, '93001019', 'Paracetamol 500 mg Tablet' from public.drugs d;
end $$;

-- Tell the workers everybody's number, so that a fault test is about faults and not about looking up.
create function journey.know_everybody(p_clinic uuid) returns void language sql as $$
    insert into integration.remote_resources (target, clinic_id, local_key, resource_type, remote_id)
    select 'satusehat', p_clinic, 'patient/' || p.id, 'Patient', c.ihs
      from public.patients p join journey.citizens c using (nik)
    union all
    select 'satusehat', p_clinic, 'practitioner/' || p.id, 'Practitioner', '10009880728'
      from public.practitioners p
    on conflict do nothing
$$;

-- One whole visit: complaint, diagnosis, vital signs, and a dispensed drug for those who want it.
create function journey.visit(p_clinic uuid, p_patient uuid, p_finished boolean default true, p_drug uuid default null)
returns uuid language plpgsql as $$
declare
    v_doctor uuid := (select id from public.practitioners
                       where clinic_id = p_clinic and profession = 'doctor' and staff_id is not null);
    v_visit uuid; v_sheet uuid; v_item uuid;
begin
    insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, status, chief_complaint,
                               chief_complaint_snomed, disposition, arrived_at, started_at)
    select p_clinic, p_patient, v_doctor, l.id, 'in_progress', 'demam', '386661006', 'home',
           now() - interval '50 minutes', now() - interval '40 minutes'
      from public.locations l where l.clinic_id = p_clinic and l.code = 'POLI-UMUM'
    returning id into v_visit;
    insert into public.diagnoses (clinic_id, visit_id, practitioner_id, icd10_code, name, role, recorded_at)
    values (p_clinic, v_visit, v_doctor, 'A91', 'Dengue haemorrhagic fever', 'primary', now() - interval '30 minutes'),
           (p_clinic, v_visit, v_doctor, 'I10', 'Essential hypertension', 'secondary', now() - interval '30 minutes');
    insert into public.vital_signs (clinic_id, visit_id, practitioner_id, systolic_mmhg, diastolic_mmhg, taken_at)
    values (p_clinic, v_visit, v_doctor, 120, 80, now() - interval '35 minutes');
    if p_drug is not null then
        insert into public.prescriptions (clinic_id, visit_id, practitioner_id, number, prescribed_at)
        values (p_clinic, v_visit, v_doctor, v_visit::text, now() - interval '15 minutes') returning id into v_sheet;
        insert into public.prescription_items (clinic_id, prescription_id, drug_id, quantity, dose_quantity, dose_unit,
                                               frequency, period, period_unit, route, instruction, days_supply)
        values (p_clinic, v_sheet, p_drug, 10, 1, 'TAB', 3, 1, 'd', 'O', '3 x 1', 3) returning id into v_item;
        insert into public.dispenses (clinic_id, prescription_item_id, practitioner_id, quantity, prepared_at, handed_over_at)
        values (p_clinic, v_item, v_doctor, 10, now() - interval '10 minutes', now() - interval '8 minutes');
    end if;
    if p_finished then
        update public.visits set status = 'finished', finished_at = now() - interval '5 minutes' where id = v_visit;
    end if;
    return v_visit;
end $$;

create function journey.visits(p_clinic uuid, p_count integer) returns setof uuid language plpgsql as $$
declare
    v_patients uuid[] := array(select id from public.patients where clinic_id = p_clinic order by medical_record_number);
begin
    for n in 1 .. p_count loop
        return next journey.visit(p_clinic, v_patients[1 + n % array_length(v_patients, 1)]);
    end loop;
end $$;

-- Visits whose snapshot cannot be made; the real function stays behind the one that refuses them.
create table journey.unreadable (subject_id uuid primary key);
grant usage on schema journey to service_role;
grant select on journey.unreadable to service_role;
