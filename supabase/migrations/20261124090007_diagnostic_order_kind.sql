-- The kind "diagnostic_order": when SatuSehat is behind on an order, and all a worker may know of it. Nothing is told
-- before it is final, and the visit goes first.

insert into integration.kinds (target, kind) values ('satusehat', 'diagnostic_order');

create function private.order_changed(p_order uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
    -- Whoever cancels the visit now looks for its final orders: one of the two waits, and neither overlooks the other.
    perform from public.visits v where v.id = (select o.visit_id from public.diagnostic_orders o where o.id = p_order) for share;
    perform private.want_delivery(l.target, 'diagnostic_order', o.id, o.clinic_id, (o.ordered_at at time zone c.time_zone)::date,
                                 o.final_at is not null and (o.ordered_at at time zone c.time_zone)::date >= l.since)
      from public.diagnostic_orders o join public.clinics c on c.id = o.clinic_id
      join integration.lanes l on l.clinic_id = o.clinic_id and l.target = 'satusehat'
     where o.id = p_order;
end $$;
comment on function private.order_changed(uuid) is 'A final order, or one a target knows already, is to be delivered (again).';

create function private.on_order_fact() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.order_changed(case tg_table_name when 'diagnostic_orders' then new.id else (to_jsonb(new) ->> 'order_id')::uuid end);
    return null;
end $$;
-- Every ending passes through the order's own row, after its results and items are written.
create trigger diagnostic_orders_zz_deliver after update on public.diagnostic_orders
    for each row when (old.final_at is not null or new.final_at is not null
                       and (old.state, old.final_at) is distinct from (new.state, new.final_at))
    execute function private.on_order_fact();
create trigger results_zz_deliver after insert on public.results
    for each row when (new.status = 'corrected') execute function private.on_order_fact();
create trigger diagnostic_order_items_zz_deliver after update on public.diagnostic_order_items
    for each row when ((old.conclusion, old.conclusion_code, old.conclusion_display, old.study_uid, old.cancelled_at)
                       is distinct from (new.conclusion, new.conclusion_code, new.conclusion_display, new.study_uid, new.cancelled_at))
    execute function private.on_order_fact();

-- What is said about a visit is said about its orders: one that did not take place takes them back.
create function private.on_visit_orders() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.order_changed(o.id) from public.diagnostic_orders o where o.visit_id = new.id and o.final_at is not null;
    return null;
end $$;
create trigger visits_zz_orders after update of status on public.visits
    for each row when (old.status is distinct from new.status and new.status = 'cancelled') execute function private.on_visit_orders();

-- The visit has arrived there: what waited for it goes on. Only visits with orders are said, which are few.
create function private.on_visit_delivered() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if exists (select from public.diagnostic_orders o where o.visit_id = new.subject_id) then
        perform private.resolve(array['encounter/' || new.subject_id]);
    end if;
    return null;
end $$;
create trigger deliveries_zz_orders after update of state on integration.deliveries
    for each row when (new.state = 'delivered' and old.state <> 'delivered' and new.kind = 'visit' and new.target = 'satusehat')
    execute function private.on_visit_delivered();

-- Corrected codes of the catalogue: what is refused for them goes on, and what was told is told anew.
create function private.diagnostic_orders_with(p_kind text, p_clinic uuid, p_id uuid) returns setof uuid
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    case p_kind
    when 'patient' then
        return query select o.id from public.diagnostic_orders o where o.clinic_id = p_clinic and o.patient_id = p_id;
    when 'practitioner' then
        return query
        select o.id from public.diagnostic_orders o where o.clinic_id = p_clinic and o.practitioner_id = p_id
        union select o.id from public.diagnostic_orders o where o.clinic_id = p_clinic and o.performer_id = p_id
        union select s.order_id from public.specimens s where s.clinic_id = p_clinic and s.collector_id = p_id
        union select r.order_id from public.results r where r.clinic_id = p_clinic and r.verifier_id = p_id;
    when 'examination' then
        return query
        select i.order_id from public.diagnostic_order_items i where i.clinic_id = p_clinic and i.examination_id = p_id
        union select r.order_id from public.results r where r.clinic_id = p_clinic and r.examination_id = p_id;
    else
        return;
    end case;
end $$;
comment on function private.diagnostic_orders_with(text, uuid, uuid) is 'The orders that name a patient, practitioner or examination.';

create function private.on_examination() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.correct('examination', new.clinic_id, new.id);
    perform private.resolve(array['examination/' || new.id, 'changed/examination/' || new.id]);
    return null;
end $$;
create trigger examinations_zz_correct after update on public.examinations
    for each row when ((old.loinc_code, old.loinc_display, old.kptl_code, old.kptl_display, old.specimen_code, old.specimen_display,
                        old.section_code, old.section_display, old.body_site_code, old.body_site_display)
                       is distinct from (new.loinc_code, new.loinc_display, new.kptl_code, new.kptl_display, new.specimen_code, new.specimen_display,
                        new.section_code, new.section_display, new.body_site_code, new.body_site_display))
    execute function private.on_examination();

create function integration.diagnostic_order_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select o.id, o.clinic_id, (o.ordered_at at time zone c.time_zone)::date
      from public.diagnostic_orders o join public.clinics c on c.id = o.clinic_id
     where o.ordered_at >= (p_since - 1)::timestamptz and (o.ordered_at at time zone c.time_zone)::date >= p_since
       and (p_clinic is null or o.clinic_id = p_clinic) and o.final_at is not null
$$;
comment on function integration.diagnostic_order_subjects(date, uuid) is 'Every order that was ever final since a day.';

create function integration.diagnostic_order_snapshot(p_order uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select jsonb_build_object('kind', 'diagnostic_order', 'as_of', now(), 'subject_id', o.id,
        'references', to_jsonb(array['clinic/' || o.clinic_id, 'patient/' || o.patient_id, 'encounter/' || o.visit_id] || people.keys),
        'clinic', jsonb_build_object('id', c.id, 'name', c.name, 'organization_id', c.satusehat_organization_id,
                'time_zone', c.time_zone, 'capability', c.capability),
        'patient', jsonb_build_object('id', pt.id, 'medical_record_number', pt.medical_record_number,
                'nik', pt.nik, 'full_name', pt.full_name, 'birth_date', pt.birth_date, 'gender', pt.gender),
        'visit', jsonb_build_object('id', v.id, 'status', v.status, 'practitioner_id', v.practitioner_id),
        'order', to_jsonb(o) - '{clinic_id,patient_id,visit_id,staff_id,created_at,updated_at}'::text[],
        'practitioners', people.list,
        'specimens', (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'accession_number', s.accession_number,
                    'type_code', s.type_code, 'type_display', s.type_display, 'collected_at', s.collected_at,
                    'received_at', s.received_at, 'collector_id', s.collector_id, 'method_code', null, 'method_display', null,
                    'body_site_code', null, 'body_site_display', null, 'fasting', o.fasting, 'note', s.note)
                    order by s.accession_number), '[]')
                from public.specimens s where s.clinic_id = o.clinic_id and s.order_id = o.id and s.rejected_at is null),
        'items', (select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'accession_number', i.accession_number,
                    'specimen_id', i.specimen_id, 'state', case when i.cancelled_at is null then 'final' else 'cancelled' end,
                    'examination', jsonb_build_object('id', e.id, 'code', e.code, 'name', e.name, 'kind', e.kind,
                        'loinc_code', e.loinc_code, 'loinc_display', e.loinc_display, 'kptl_code', e.kptl_code, 'kptl_display', e.kptl_display,
                        'section_code', e.section_code, 'section_display', e.section_display, 'modality', e.modality,
                        'body_site_code', e.body_site_code, 'body_site_display', e.body_site_display),
                    'conclusion', i.conclusion, 'conclusion_code', i.conclusion_code, 'conclusion_display', i.conclusion_display,
                    'study_uid', i.study_uid, 'amended', i.amended_at is not null, 'performed_at', null,
                    'results', (select coalesce(jsonb_agg(jsonb_build_object('id', r.first_id, 'examination_id', r.examination_id, 'code', r.code, 'name', r.name,
                            'loinc_code', a.loinc_code, 'loinc_display', a.loinc_display, 'value_type', r.value_type,
                            'value_numeric', r.value_numeric, 'comparator', r.comparator, 'unit', r.unit,
                            'value_code', coalesce(ch.concept, r.value_code), 'value_display', r.value_display, 'value_system', ch.system,
                            'value_text', r.value_text, 'flag', r.flag, 'range_low', r.range_low, 'range_high', r.range_high,
                            'range_text', r.range_text, 'corrected', r.status = 'corrected', 'observed_at', r.observed_at,
                            'issued_at', r.verified_at, 'practitioner_id', r.verifier_id, 'position', r.position, 'comment', r.comment)
                            order by r.position, r.code), '[]')
                        from public.results r
                        join public.examinations a on a.id = r.examination_id
                        left join lateral (select x.value ->> 'concept' as concept, x.value ->> 'system' as system
                                             from jsonb_array_elements(a.choices) x where x.value ->> 'code' = r.value_code limit 1) ch on true
                       where r.clinic_id = i.clinic_id and r.item_id = i.id and r.superseded_at is null and r.status <> 'void'))
                    order by i.position, i.id), '[]')
                from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
               where i.clinic_id = o.clinic_id and i.order_id = o.id),
        'voided', (select coalesce(jsonb_agg(x.id order by x.id), '[]') from (
                    select s.id from public.specimens s where s.clinic_id = o.clinic_id and s.order_id = o.id and s.rejected_at is not null
                    union all select i.id from public.diagnostic_order_items i
                     where i.clinic_id = o.clinic_id and i.order_id = o.id and i.cancelled_at is not null
                    union select r.first_id from public.results r
                     where r.clinic_id = o.clinic_id and r.patient_id = o.patient_id and r.order_id = o.id and r.status = 'void'
                       and not exists (select from public.results n where n.first_id = r.first_id and n.superseded_at is null)) x))
      from public.diagnostic_orders o
      join public.clinics c on c.id = o.clinic_id
      join public.patients pt on pt.id = o.patient_id
      join public.visits v on v.id = o.visit_id
     cross join lateral (
            select coalesce(array_agg('practitioner/' || p.id order by p.id), '{}') as keys,
                   coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'full_name', p.full_name,
                        'nik', p.nik, 'profession', p.profession) order by p.id), '[]') as list
              from public.practitioners p
             where p.id in (
                    select o.practitioner_id union select o.performer_id union select v.practitioner_id
                    union select s.collector_id from public.specimens s
                           where s.clinic_id = o.clinic_id and s.order_id = o.id and s.rejected_at is null
                    union select r.verifier_id from public.results r
                           where r.clinic_id = o.clinic_id and r.patient_id = o.patient_id and r.order_id = o.id and r.superseded_at is null)) people
     where o.id = p_order);
end $$;
comment on function integration.diagnostic_order_snapshot(uuid) is 'An order with all that was found, as docs/snapshot.md describes it.';

-- A corrected time zone moves them to the day they now belong to, as it does the visits.
create function private.on_time_zone() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update integration.deliveries d set service_date = (s.at at time zone new.time_zone)::date
      from (select 'diagnostic_order' as kind, o.id, o.ordered_at as at from public.diagnostic_orders o where o.clinic_id = new.id
            union all select 'result_file', f.id, f.arrived_at from public.result_files f where f.clinic_id = new.id
            union all select m.channel, m.id, m.created_at from public.messages m where m.clinic_id = new.id) s
     where d.clinic_id = new.id and d.kind = s.kind and d.subject_id = s.id
       and d.service_date <> (s.at at time zone new.time_zone)::date;
    return null;
end $$;
create trigger clinics_zz_laboratory_days after update on public.clinics
    for each row when (old.time_zone <> new.time_zone) execute function private.on_time_zone();

-- The clinics there are get lanes for what came with the laboratory.
insert into integration.lanes (target, clinic_id)
select t.target, c.id from public.clinics c cross join integration.targets t where t.target in ('files', 'email', 'whatsapp') on conflict do nothing;
call private.hand_to_workers();
