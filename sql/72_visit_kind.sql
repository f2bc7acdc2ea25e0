-- The kind "visit": which clinic writes ask for a delivery, and all a worker may know of a visit.
-- A clinic with other tables writes its own version of this file and of nothing else.

create function private.visit_changed(p_visit uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v record;
begin
    -- Locked, so that a part written while somebody else finishes the visit is a wish, whoever commits last.
    select x.id, x.clinic_id, x.finished_at, x.bpjs_since, (x.arrived_at at time zone c.time_zone)::date as service_date
      into v from public.visits x join public.clinics c on c.id = x.clinic_id where x.id = p_visit
       for no key update of x;
    if not found then return; end if;
    perform private.want_delivery(l.target, 'visit', v.id, v.clinic_id, v.service_date,
                                  v.finished_at is not null and v.service_date >= l.since)
       from integration.lanes l where l.clinic_id = v.clinic_id and l.target = 'satusehat';
    if v.bpjs_since is not null then
        perform private.want_delivery(l.target, k.kind, v.id, v.clinic_id, v.service_date, v.service_date >= l.since)
           from integration.lanes l join integration.kinds k on k.target = l.target
          where l.clinic_id = v.clinic_id and k.of_bpjs_visit;
    end if;
end $$;
comment on function private.visit_changed(uuid) is 'A finished visit, or one already under way to a target, is to be delivered (again).';

create function private.visit_of(p_table text, p_row jsonb) returns uuid
language sql stable set search_path = '' as $$
    select case p_table
        when 'visits' then (p_row ->> 'id')::uuid
        when 'prescription_items' then (
            select p.visit_id from public.prescriptions p where p.id = (p_row ->> 'prescription_id')::uuid)
        when 'dispenses' then (
            select p.visit_id
              from public.prescription_items i join public.prescriptions p on p.id = i.prescription_id
             where i.id = (p_row ->> 'prescription_item_id')::uuid)
        else (p_row ->> 'visit_id')::uuid end
$$;
comment on function private.visit_of(text, jsonb) is 'The visit that a row of one of the clinic''s tables is a part of.';

create function private.on_visit_fact() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.visit_changed(private.visit_of(tg_table_name, to_jsonb(new)));
    end if;
    return null;
end $$;

-- The history trigger runs first (alphabetical order), so the snapshot always sees whole periods.
create trigger visits_zz_deliver after insert or update on public.visits
    for each row execute function private.on_visit_fact();
create trigger diagnoses_zz_deliver after insert or update on public.diagnoses
    for each row execute function private.on_visit_fact();
create trigger vital_signs_zz_deliver after insert or update on public.vital_signs
    for each row execute function private.on_visit_fact();
create trigger procedures_zz_deliver after insert or update on public.procedures
    for each row execute function private.on_visit_fact();
create trigger allergies_zz_deliver after insert or update on public.allergies
    for each row execute function private.on_visit_fact();
create trigger prescriptions_zz_deliver after insert or update on public.prescriptions
    for each row execute function private.on_visit_fact();
create trigger prescription_items_zz_deliver after insert or update on public.prescription_items
    for each row execute function private.on_visit_fact();
create trigger dispenses_zz_deliver after insert or update on public.dispenses
    for each row execute function private.on_visit_fact();

-- Facts that many visits share. Each trigger says itself which columns a target is told of, or finds people by.
create function private.visits_with(p_kind text, p_clinic uuid, p_id uuid) returns setof uuid
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    case p_kind
    when 'patient' then
        return query select v.id from public.visits v where v.clinic_id = p_clinic and v.patient_id = p_id;
    when 'practitioner' then
        return query
        select v.id from public.visits v where v.clinic_id = p_clinic and v.practitioner_id = p_id
        union select d.visit_id from public.diagnoses d where d.clinic_id = p_clinic and d.practitioner_id = p_id
        union select s.visit_id from public.vital_signs s where s.clinic_id = p_clinic and s.practitioner_id = p_id
        union select o.visit_id from public.procedures o where o.clinic_id = p_clinic and o.practitioner_id = p_id
        union select a.visit_id from public.allergies a where a.clinic_id = p_clinic and a.practitioner_id = p_id
        union select r.visit_id from public.prescriptions r where r.clinic_id = p_clinic and r.practitioner_id = p_id
        union select r.visit_id
                from public.dispenses x
                join public.prescription_items i on i.clinic_id = x.clinic_id and i.id = x.prescription_item_id
                join public.prescriptions r on r.clinic_id = i.clinic_id and r.id = i.prescription_id
               where x.clinic_id = p_clinic and x.practitioner_id = p_id;
    when 'drug' then
        return query
        select distinct r.visit_id
          from public.prescription_items i
          join public.prescriptions r on r.clinic_id = i.clinic_id and r.id = i.prescription_id
         where i.clinic_id = p_clinic and i.drug_id = p_id;
    when 'batch' then
        return query
        select distinct r.visit_id
          from public.dispenses x
          join public.prescription_items i on i.clinic_id = x.clinic_id and i.id = x.prescription_item_id
          join public.prescriptions r on r.clinic_id = i.clinic_id and r.id = i.prescription_id
         where x.clinic_id = p_clinic and x.batch_id = p_id;
    else
        return;  -- no visit is told of it
    end case;
end $$;
comment on function private.visits_with(text, uuid, uuid) is 'The visits that name a patient, practitioner, drug or batch.';

create function private.correct(p_kind text, p_clinic uuid, p_id uuid) returns void
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    insert into integration.corrections (delivery_id)
    select d.id from (select 'visit' as kind, v as subject_id from private.visits_with(p_kind, p_clinic, p_id) v
                      union all
                      select 'diagnostic_order', o from private.diagnostic_orders_with(p_kind, p_clinic, p_id) o) named
      join integration.deliveries d on d.subject_id = named.subject_id and d.kind = named.kind;
    perform private.want_corrected();
end $$;
comment on function private.correct(text, uuid, uuid) is 'A target may have been told of this row as it was before: its visits are wanted again.';

-- A number found under another NIK is somebody else's. An erased NIK takes nothing back; the one that is
-- typed in after it does, for whatever was told before was told under another number.
create function private.on_nik() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    delete from integration.remote_resources r
     where r.target = any (array(select t.target from integration.targets t))  -- the key begins with it
       and r.clinic_id = new.clinic_id and r.local_key = tg_argv[0] || '/' || new.id;
    if new.nik is not null then perform private.correct(tg_argv[0], new.clinic_id, new.id); end if;
    return null;
end $$;
create trigger patients_zy_nik after update on public.patients
    for each row when (old.nik is distinct from new.nik) execute function private.on_nik('patient');
create trigger practitioners_zy_nik after update on public.practitioners
    for each row when (old.nik is distinct from new.nik) execute function private.on_nik('practitioner');

-- What waits for the row goes on; changed/… is what a refusal waits for, so that a number merely found does
-- not send a refused visit again.
create function private.on_master_data() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array[tg_argv[0] || '/' || new.id, 'changed/' || tg_argv[0] || '/' || new.id]);
    return null;
end $$;
create trigger patients_zz_resolve after update on public.patients
    for each row when ((old.nik, old.full_name, old.birth_date, old.gender, old.address)
                       is distinct from (new.nik, new.full_name, new.birth_date, new.gender, new.address))
    execute function private.on_master_data('patient');
create trigger practitioners_zz_resolve after update on public.practitioners
    for each row when ((old.nik, old.full_name, old.profession) is distinct from (new.nik, new.full_name, new.profession))
    execute function private.on_master_data('practitioner');
create trigger locations_zz_resolve after update on public.locations
    for each row when ((old.code, old.name, old.active) is distinct from (new.code, new.name, new.active))
    execute function private.on_master_data('location');

create function private.on_drug() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.correct('drug', new.clinic_id, new.id);
    perform private.resolve(array['mapping/drug/' || new.id, 'changed/mapping/drug/' || new.id]);
    return null;
end $$;
create trigger drugs_zz_correct after update on public.drugs
    for each row when ((old.name, old.form_code, old.form_name) is distinct from (new.name, new.form_code, new.form_name))
    execute function private.on_drug();

create function private.on_batch() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.correct('batch', new.clinic_id, new.id);
    perform private.resolve(array['changed/mapping/drug/' || new.drug_id]);
    return null;
end $$;
create trigger stock_batches_zz_correct after update on public.stock_batches
    for each row when ((old.batch_number, old.expires_on) is distinct from (new.batch_number, new.expires_on))
    execute function private.on_batch();

create function private.on_mapping() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    v_key text := 'mapping/' || new.kind || '/' || new.local_id;
begin
    perform private.resolve(array[v_key, 'changed/' || v_key]);
    perform private.correct('drug', d.clinic_id, d.id)
       from public.drugs d
      where new.kind = 'drug' and d.clinic_id = new.clinic_id and d.id::text = new.local_id;
    return null;
end $$;
create trigger mappings_zz_insert after insert on integration.mappings
    for each row execute function private.on_mapping();
create trigger mappings_zz_update after update on integration.mappings
    for each row when ((old.code, old.display) is distinct from (new.code, new.display))
    execute function private.on_mapping();

create function private.on_clinic() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' then
        insert into integration.lanes (target, clinic_id)
        select t.target, new.id from integration.targets t where t.target in ('satusehat', 'files', 'email', 'whatsapp');
    else
        if new.time_zone <> old.time_zone then  -- every visit moves to the day it now belongs to
            update integration.deliveries d set service_date = (v.arrived_at at time zone new.time_zone)::date
              from public.visits v
             where v.id = d.subject_id and d.kind = 'visit' and d.clinic_id = new.id
               and d.service_date <> (v.arrived_at at time zone new.time_zone)::date;
        end if;
        perform private.resolve(array['clinic/' || new.id]);
        if new.satusehat_organization_id is distinct from old.satusehat_organization_id then
            perform private.resolve(array['changed/clinic/' || new.id]);
        end if;
    end if;
    return null;
end $$;
create trigger clinics_zz_lane after insert or update on public.clinics
    for each row execute function private.on_clinic();

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
