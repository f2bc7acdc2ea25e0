-- The kind "visit": which clinic writes ask for a delivery, and all a worker may know of a visit.
-- A clinic with other tables writes its own version of this file and of nothing else.

create function private.visit_changed(p_visit uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v record;
begin
    -- Locked, so that a part written while somebody else finishes the visit is a wish, whoever commits last.
    select x.id, x.clinic_id, x.finished_at, (x.arrived_at at time zone c.time_zone)::date as service_date
      into v from public.visits x join public.clinics c on c.id = x.clinic_id where x.id = p_visit
       for no key update of x;
    if not found then return; end if;
    perform private.want_delivery(l.target, 'visit', v.id, v.clinic_id, v.service_date,
                                  v.finished_at is not null and v.service_date >= l.since)
       from integration.lanes l where l.clinic_id = v.clinic_id and l.target = 'satusehat';
end $$;
comment on function private.visit_changed(uuid) is 'A finished visit, or one already under way to a target, is to be delivered (again).';

create function private.on_visit() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.visit_changed(new.id);
    end if;
    return null;
end $$;
create function private.on_visit_part() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.visit_changed(new.visit_id);
    end if;
    return null;
end $$;
create function private.on_prescription_item() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.visit_changed(p.visit_id) from public.prescriptions p where p.id = new.prescription_id;
    end if;
    return null;
end $$;
create function private.on_dispense() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.visit_changed(p.visit_id)
           from public.prescription_items i join public.prescriptions p on p.id = i.prescription_id
          where i.id = new.prescription_item_id;
    end if;
    return null;
end $$;

-- The history trigger runs first (alphabetical order), so the snapshot always sees whole periods.
create trigger visits_zz_deliver after insert or update on public.visits
    for each row execute function private.on_visit();
create trigger diagnoses_zz_deliver after insert or update on public.diagnoses
    for each row execute function private.on_visit_part();
create trigger vital_signs_zz_deliver after insert or update on public.vital_signs
    for each row execute function private.on_visit_part();
create trigger procedures_zz_deliver after insert or update on public.procedures
    for each row execute function private.on_visit_part();
create trigger allergies_zz_deliver after insert or update on public.allergies
    for each row execute function private.on_visit_part();
create trigger prescriptions_zz_deliver after insert or update on public.prescriptions
    for each row execute function private.on_visit_part();
create trigger prescription_items_zz_deliver after insert or update on public.prescription_items
    for each row execute function private.on_prescription_item();
create trigger dispenses_zz_deliver after insert or update on public.dispenses
    for each row execute function private.on_dispense();

-- Master data: a corrected identity is asked for anew; whatever waited for it goes on by itself.
create function private.on_identity() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    v_key text := tg_argv[0] || '/' || new.id;
begin
    if tg_op = 'UPDATE' and to_jsonb(new) - 'updated_at' is not distinct from to_jsonb(old) - 'updated_at' then
        return null;
    end if;
    if tg_op = 'UPDATE' and tg_argv[0] <> 'location'
       and to_jsonb(new) ->> 'nik' is distinct from to_jsonb(old) ->> 'nik' then
        delete from integration.remote_resources r
         where r.clinic_id = new.clinic_id and r.local_key = v_key;
        if tg_argv[0] = 'patient' and to_jsonb(old) ->> 'nik' <> to_jsonb(new) ->> 'nik' then  -- what went out under the old number belongs to somebody else
            perform private.visit_changed(v.id) from public.visits v
              where v.clinic_id = new.clinic_id and v.patient_id = new.id order by v.id;
        end if;
    end if;
    perform private.resolve(array[v_key]);
    return null;
end $$;
create trigger patients_zz_resolve after update on public.patients
    for each row execute function private.on_identity('patient');
create trigger practitioners_zz_resolve after update on public.practitioners
    for each row execute function private.on_identity('practitioner');
create trigger locations_zz_resolve after update on public.locations
    for each row execute function private.on_identity('location');

create function private.on_clinic() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' then
        insert into integration.lanes (target, clinic_id)
        select t.target, new.id from integration.targets t where t.target = 'satusehat';
    else
        if new.time_zone <> old.time_zone then  -- every visit moves to the day it now belongs to
            update integration.deliveries d set service_date = (v.arrived_at at time zone new.time_zone)::date
              from public.visits v
             where v.id = d.subject_id and d.kind = 'visit' and d.clinic_id = new.id
               and d.service_date <> (v.arrived_at at time zone new.time_zone)::date;
        end if;
        perform private.resolve(array['clinic/' || new.id]);
    end if;
    return null;
end $$;
create trigger clinics_zz_lane after insert or update on public.clinics
    for each row execute function private.on_clinic();

create function private.on_mapping() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['mapping/' || new.kind || '/' || new.local_id]);
    return null;
end $$;
create trigger mappings_zz_resolve after insert or update on integration.mappings
    for each row execute function private.on_mapping();

-- A drug whose form was wrong may be what a delivery waits for.
create function private.on_drug() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['mapping/drug/' || new.id]);
    return null;
end $$;
create trigger drugs_zz_resolve after update of name, form_code, form_name on public.drugs
    for each row execute function private.on_drug();

-- Clinics that were there before this migration get their lanes too.
insert into integration.lanes (target, clinic_id)
select 'satusehat', c.id from public.clinics c on conflict do nothing;

create function integration.visit_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select v.id, v.clinic_id, (v.arrived_at at time zone c.time_zone)::date
      from public.visits v
      join public.clinics c on c.id = v.clinic_id
     where v.arrived_at >= (p_since - 1)::timestamptz
       and (v.arrived_at at time zone c.time_zone)::date >= p_since
       and (p_clinic is null or v.clinic_id = p_clinic)
       and v.finished_at is not null
$$;
comment on function integration.visit_subjects(date, uuid) is
    'Every visit that was ever finished since a day: the independent count the conservation law is checked against.';

create function integration.visit_snapshot(p_visit uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    -- plpgsql, because it keeps its plan for the connection: planning costs ten times the reading. Every
    -- row is found by a key: a plan made while the tables were still empty must not read them whole.
    return (
    select jsonb_build_object(
        'kind', 'visit',
        'as_of', now(),
        'subject_id', v.id,
        'references', to_jsonb(array_remove(array[
                'clinic/' || v.clinic_id, 'patient/' || v.patient_id, 'location/' || v.location_id]
                || people.keys, null)),
        'clinic', jsonb_build_object('id', c.id, 'name', c.name,
                'organization_id', c.satusehat_organization_id,
                'time_zone', c.time_zone, 'capability', c.capability),
        'patient', jsonb_build_object('id', pt.id, 'medical_record_number', pt.medical_record_number,
                'nik', pt.nik, 'full_name', pt.full_name, 'birth_date', pt.birth_date, 'gender', pt.gender),
        'visit', jsonb_build_object('id', v.id, 'registration_number', v.registration_number,
                'visit_class', v.visit_class, 'status', v.status,
                'practitioner_id', v.practitioner_id, 'location_id', v.location_id,
                'chief_complaint', v.chief_complaint, 'chief_complaint_snomed', v.chief_complaint_snomed,
                'arrived_at', v.arrived_at, 'started_at', v.started_at, 'finished_at', v.finished_at,
                'cancelled_at', v.cancelled_at, 'disposition', v.disposition,
                'disposition_note', v.disposition_note),
        'status_history', (select coalesce(jsonb_agg(jsonb_build_object(
                    'status', h.status, 'started_at', h.started_at, 'ended_at', h.ended_at)
                    order by h.started_at, h.status), '[]')
                from public.visit_status_history h where h.visit_id = v.id),
        'practitioners', people.list,
        'location', (select jsonb_build_object('id', l.id, 'code', l.code, 'name', l.name)
                from public.locations l where l.id = v.location_id),
        'diagnoses', (select coalesce(jsonb_agg(jsonb_build_object(
                    'id', d.id, 'icd10_code', d.icd10_code, 'name', d.name, 'role', d.role,
                    'recorded_at', d.recorded_at, 'practitioner_id', d.practitioner_id)
                    order by d.role, d.recorded_at, d.id), '[]')
                from public.diagnoses d
               where d.clinic_id = v.clinic_id and d.visit_id = v.id and d.voided_at is null),
        'vital_signs', (select coalesce(jsonb_agg(to_jsonb(s) - '{clinic_id,visit_id,voided_at,created_at,updated_at}'::text[]
                    order by s.taken_at, s.id), '[]')
                from public.vital_signs s
               where s.clinic_id = v.clinic_id and s.visit_id = v.id and s.voided_at is null),
        'procedures', (select coalesce(jsonb_agg(to_jsonb(p) - '{clinic_id,visit_id,voided_at,created_at,updated_at}'::text[]
                    order by p.performed_at, p.id), '[]')
                from public.procedures p
               where p.clinic_id = v.clinic_id and p.visit_id = v.id and p.voided_at is null),
        'allergies', (select coalesce(jsonb_agg(to_jsonb(a) - '{clinic_id,patient_id,visit_id,voided_at,created_at,updated_at}'::text[]
                    order by a.recorded_at, a.id), '[]')
                from public.allergies a
               where a.clinic_id = v.clinic_id and a.visit_id = v.id and a.voided_at is null),
        'prescriptions', (select coalesce(jsonb_agg(jsonb_build_object(
                    'id', r.id, 'number', r.number, 'prescribed_at', r.prescribed_at,
                    'practitioner_id', r.practitioner_id,
                    'items', (select coalesce(jsonb_agg(
                            to_jsonb(i) - '{clinic_id,prescription_id,drug_id,voided_at,created_at,updated_at}'::text[]
                            || jsonb_build_object(
                                'drug', (select jsonb_build_object('id', g.id, 'name', g.name,
                                        'form_code', g.form_code, 'form_name', g.form_name,
                                        'kfa', (select jsonb_build_object('code', m.code, 'display', m.display)
                                                  from integration.mappings m
                                                 where m.clinic_id = g.clinic_id and m.kind = 'drug'
                                                   and m.local_id = g.id::text))
                                    from public.drugs g where g.id = i.drug_id),
                                'dispenses', (select coalesce(jsonb_agg(jsonb_build_object(
                                        'id', x.id, 'quantity', x.quantity, 'prepared_at', x.prepared_at,
                                        'handed_over_at', x.handed_over_at,
                                        'practitioner_id', x.practitioner_id,
                                        'batch_number', b.batch_number, 'expires_on', b.expires_on)
                                        order by x.prepared_at, x.id), '[]')
                                    from public.dispenses x
                                    left join public.stock_batches b on b.id = x.batch_id
                                   where x.clinic_id = i.clinic_id and x.prescription_item_id = i.id
                                     and x.voided_at is null))
                            order by i.line, i.id), '[]')
                        from public.prescription_items i
                       where i.clinic_id = r.clinic_id and i.prescription_id = r.id and i.voided_at is null))
                    order by r.prescribed_at, r.id), '[]')
                from public.prescriptions r
               where r.clinic_id = v.clinic_id and r.visit_id = v.id and r.voided_at is null),
        'voided', (select coalesce(jsonb_agg(x.id order by x.id), '[]') from (
                    select d.id from public.diagnoses d
                     where d.clinic_id = v.clinic_id and d.visit_id = v.id and d.voided_at is not null
                    union all select s.id from public.vital_signs s
                     where s.clinic_id = v.clinic_id and s.visit_id = v.id and s.voided_at is not null
                    union all select o.id from public.procedures o
                     where o.clinic_id = v.clinic_id and o.visit_id = v.id and o.voided_at is not null
                    union all select a.id from public.allergies a
                     where a.clinic_id = v.clinic_id and a.visit_id = v.id and a.voided_at is not null
                    union all select i.id from public.prescriptions r
                      join public.prescription_items i on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                     where r.clinic_id = v.clinic_id and r.visit_id = v.id
                       and (r.voided_at is not null or i.voided_at is not null)
                    union all select g.id from public.prescriptions r
                      join public.prescription_items i on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                      join public.dispenses g on g.clinic_id = i.clinic_id and g.prescription_item_id = i.id
                     where r.clinic_id = v.clinic_id and r.visit_id = v.id
                       and (r.voided_at is not null or i.voided_at is not null or g.voided_at is not null)) x))
      from public.visits v
      join public.clinics c on c.id = v.clinic_id
      join public.patients pt on pt.id = v.patient_id
     cross join lateral (
            select coalesce(array_agg('practitioner/' || p.id order by p.id), '{}') as keys,
                   coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'full_name', p.full_name,
                        'nik', p.nik, 'profession', p.profession) order by p.id), '[]') as list
              from public.practitioners p
             where p.id in (
                    select v.practitioner_id
                    union select d.practitioner_id from public.diagnoses d
                           where d.clinic_id = v.clinic_id and d.visit_id = v.id and d.voided_at is null
                    union select s.practitioner_id from public.vital_signs s
                           where s.clinic_id = v.clinic_id and s.visit_id = v.id and s.voided_at is null
                    union select o.practitioner_id from public.procedures o
                           where o.clinic_id = v.clinic_id and o.visit_id = v.id and o.voided_at is null
                    union select a.practitioner_id from public.allergies a
                           where a.clinic_id = v.clinic_id and a.visit_id = v.id and a.voided_at is null
                    union select r.practitioner_id from public.prescriptions r
                           where r.clinic_id = v.clinic_id and r.visit_id = v.id and r.voided_at is null
                    union select x.practitioner_id
                            from public.prescriptions r
                            join public.prescription_items i
                              on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                            join public.dispenses x
                              on x.clinic_id = i.clinic_id and x.prescription_item_id = i.id
                           where r.clinic_id = v.clinic_id and r.visit_id = v.id and r.voided_at is null
                             and i.voided_at is null and x.voided_at is null)) people
     where v.id = p_visit);
end $$;
comment on function integration.visit_snapshot(uuid) is
    'The visit as docs/snapshot.md describes it: one JSON with everything a target may be told.';
