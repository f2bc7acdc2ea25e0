-- The kind "queue": which writes ask for a delivery to Antrean, and what a worker may know of a place in the queue.

insert into integration.kinds (target, kind) values ('antrean', 'queue');

create function private.queue_changed(e public.queue_entries) returns void
language sql security definer set search_path = '' as $$
    select private.want_delivery(l.target, 'queue', e.id, e.clinic_id, e.day, e.day >= l.since)
      from integration.lanes l where l.clinic_id = e.clinic_id and l.target = 'antrean'
$$;
comment on function private.queue_changed(public.queue_entries) is 'Antrean is behind on a place in the queue.';

create function private.on_queue_entry() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    ours text[] := '{updated_at,told_card_number,told_poli_code}';
begin
    if tg_op = 'INSERT' or to_jsonb(new) - ours is distinct from to_jsonb(old) - ours then
        perform private.queue_changed(new);
    end if;
    return null;
end $$;
create trigger queue_entries_zz_deliver after insert or update on public.queue_entries
    for each row execute function private.on_queue_entry();

-- Hospitals tell how long the pharmacy took (tasks 6 and 7).
create function private.on_dispense_queue() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.queue_changed(q)
       from public.queue_entries q join public.clinics c on c.id = q.clinic_id
      where q.clinic_id = new.clinic_id and c.capability = 'fkrtl' and q.status = 'served'
        and q.visit_id = private.visit_of('dispenses', to_jsonb(new));
    return null;
end $$;
create trigger dispenses_zz_queue after insert or update of prepared_at, handed_over_at, voided_at on public.dispenses
    for each row execute function private.on_dispense_queue();

create function private.on_sep_queue() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.queue_changed(q) from public.queue_entries q
      where q.clinic_id = new.clinic_id and q.visit_id = new.visit_id and q.status <> 'cancelled'
        and nullif(q.reference_number, '') is null;
    return null;
end $$;
create trigger bpjs_seps_zz_queue after insert or update of letter_number, found_number, referral_number on public.bpjs_seps
    for each row execute function private.on_sep_queue();

create function private.on_schedule() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['schedule/' || new.location_id]);
    return null;
end $$;
create trigger practitioner_schedules_zz_resolve after insert or update on public.practitioner_schedules
    for each row execute function private.on_schedule();

create function integration.queue_snapshot(p_entry uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select jsonb_build_object(
        'kind', 'queue', 'as_of', now(), 'subject_id', q.id,
        'references', jsonb_build_array('clinic/' || q.clinic_id, 'patient/' || q.patient_id),
        'clinic', jsonb_build_object('id', c.id, 'facility_code', c.bpjs_facility_code,
                'capability', c.capability, 'time_zone', c.time_zone),
        -- The letter that was typed in for the SEP, or found at VClaim, is good enough for the queue.
        'entry', to_jsonb(q) - '{clinic_id,visit_id,created_at,updated_at,complaint}'::text[] || jsonb_build_object(
                'reference_number', coalesce(nullif(q.reference_number, ''), nullif(b.letter_number, ''),
                        nullif(b.found_number, ''), nullif(b.referral_number, '')),
                'visit_type', case when nullif(q.reference_number, '') is null and nullif(b.letter_number, '') is not null
                        then 3 else q.visit_type end),
        'patient', jsonb_build_object('id', p.id, 'nik', p.nik, 'phone', p.phone,
                'medical_record_number', p.medical_record_number, 'registered_at', p.created_at,
                -- pasienbaru: registered that very day, and never here before.
                'is_new', (p.created_at at time zone c.time_zone)::date = (q.taken_at at time zone c.time_zone)::date
                    and not exists (select from public.visits o
                             where o.clinic_id = q.clinic_id and o.patient_id = q.patient_id
                               and o.id is distinct from q.visit_id and o.arrived_at < coalesce(v.arrived_at, q.taken_at))),
        'membership', (select jsonb_build_object('status', m.status, 'card_number', m.card_number)
                from public.bpjs_memberships m where m.clinic_id = q.clinic_id and m.patient_id = q.patient_id),
        'visit', case when v.id is not null then jsonb_build_object('status', v.status, 'arrived_at', v.arrived_at,
                'started_at', v.started_at, 'finished_at', v.finished_at) end,
        'poli', private.bpjs_thing(q.clinic_id, 'bpjs_poli', q.location_id::text),
        'doctor', private.bpjs_thing(q.clinic_id, 'bpjs_doctor', q.practitioner_id::text),
        'hours', (select jsonb_build_object('opens', s.opens, 'closes', s.closes, 'quota', s.quota,
                    'quota_other', s.quota_other,
                    'taken', (select count(*) from public.queue_entries o
                            where o.clinic_id = q.clinic_id and o.location_id = q.location_id and o.day = q.day
                              and o.practitioner_id = q.practitioner_id and o.member and o.status <> 'cancelled'),
                    'taken_other', (select count(*) from public.queue_entries o
                            where o.clinic_id = q.clinic_id and o.location_id = q.location_id and o.day = q.day
                              and o.practitioner_id = q.practitioner_id and not o.member and o.status <> 'cancelled'))
                from public.practitioner_schedules s
               where s.clinic_id = q.clinic_id and s.location_id = q.location_id and s.active
                 and s.practitioner_id = q.practitioner_id and s.weekday = extract(isodow from q.day)
               order by (coalesce(v.arrived_at, q.taken_at) at time zone c.time_zone)::time between s.opens and s.closes desc,
                        s.opens limit 1),
        'pharmacy', (select jsonb_build_object('prepared_at', min(x.prepared_at),
                    'handed_over_at', case when bool_and(x.handed_over_at is not null) then max(x.handed_over_at) end)
                from public.prescriptions r
                join public.prescription_items i on i.clinic_id = r.clinic_id and i.prescription_id = r.id
                left join public.dispenses x on x.clinic_id = i.clinic_id and x.prescription_item_id = i.id
                                            and x.voided_at is null
               where r.clinic_id = q.clinic_id and r.visit_id = q.visit_id and r.voided_at is null and i.voided_at is null),
        -- A first-level facility has one place per patient, poli and day at BPJS.
        'earlier_same_day', (select count(*)::integer from public.queue_entries o
               where o.clinic_id = q.clinic_id and o.patient_id = q.patient_id and o.location_id = q.location_id
                 and o.day = q.day and o.number < q.number and o.status <> 'cancelled'))
      from public.queue_entries q
      join public.clinics c on c.id = q.clinic_id
      join public.patients p on p.id = q.patient_id
      left join public.visits v on v.id = q.visit_id
      left join public.bpjs_seps b on b.visit_id = q.visit_id
     where q.id = p_entry);
end $$;
comment on function integration.queue_snapshot(uuid) is 'A place in the queue as Antrean needs to know it (docs/snapshot.md).';

create function private.bpjs_thing(p_clinic uuid, p_kind text, p_local text) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('id', p_local, 'code', m.code, 'name', m.display)
      from (select p_local) x
      left join integration.mappings m on m.clinic_id = p_clinic and m.kind = p_kind and m.local_id = p_local
     where p_local is not null
$$;
comment on function private.bpjs_thing(uuid, text, text) is 'One of the clinic''s things with BPJS''s code and name for it.';
grant execute on function private.bpjs_thing(uuid, text, text) to service_role;

create function integration.queue_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select q.id, q.clinic_id, q.day from public.queue_entries q
     where q.day >= p_since and (p_clinic is null or q.clinic_id = p_clinic)
$$;
comment on function integration.queue_subjects(date, uuid) is 'Every place in a queue since a day, members or not.';

-- A fact that is there overwrites; a fact that is null is taken back; what is not mentioned stays.
create function integration.queue_learned(p_entry uuid, p_facts jsonb) returns void
language sql set search_path = '' as $$
    update public.queue_entries q
       set told_card_number = case when p_facts ? 'told_card_number' then p_facts ->> 'told_card_number' else q.told_card_number end,
           told_poli_code = case when p_facts ? 'told_poli_code' then p_facts ->> 'told_poli_code' else q.told_poli_code end
     where q.id = p_entry
$$;
comment on function integration.queue_learned(uuid, jsonb) is 'Keep under which card and poli BPJS holds a place in the queue.';

-- Who took a number and never came was absent; what BPJS could not be told in time cannot be mended any more.
create function integration.close_queues() returns jsonb
language plpgsql set search_path = '' as $$
declare
    v_absent integer;
    v_late integer;
begin
    update public.queue_entries q set status = 'absent'
      from public.clinics c
     where c.id = q.clinic_id and q.status = 'waiting' and q.visit_id is null
       and q.day < (now() at time zone c.time_zone)::date;
    get diagnostics v_absent = row_count;
    update integration.deliveries d set state = 'exempt', exempt_reason = 'Hari antrean sudah lewat.'
      from public.clinics c
     where c.id = d.clinic_id and d.target = 'antrean' and d.kind = 'queue' and d.state = 'blocked'
       and d.service_date < (now() at time zone c.time_zone)::date;
    get diagnostics v_late = row_count;
    return jsonb_build_object('absent', v_absent, 'late', v_late);
end $$;
comment on function integration.close_queues() is 'Nightly: end the queues of days gone by.';

call private.hand_to_workers();
