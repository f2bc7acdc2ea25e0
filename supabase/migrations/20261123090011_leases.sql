-- What workers call: lease, heartbeat, record, release, sweep. All run with the service role's own
-- rights, all judge time by this database's clock, and every write is fenced by the lease.

create function private.snapshot_or_null(p_kind text, p_subject uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
    v jsonb;
begin
    execute format('select integration.%I($1)', p_kind || '_snapshot') into v using p_subject;
    return v;
exception when others then
    return null;  -- one unreadable subject must not stop the others of its batch
end $$;
comment on function private.snapshot_or_null(text, uuid) is 'The snapshot of a subject; null when it cannot be made.';
grant execute on function private.snapshot_or_null(text, uuid) to service_role;

-- Two look-ups by key, never a scan: what hangs on the delivery, and the master data its snapshot names.
create function private.known(p_target text, p_clinic uuid, p_delivery bigint, p_snapshot jsonb) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select coalesce(jsonb_agg(jsonb_build_object('key', r.local_key, 'type', r.resource_type,
               'remote_id', r.remote_id, 'version', r.version, 'content_hash', r.content_hash)), '[]')
      from (select x.* from integration.remote_resources x where x.delivery_id = p_delivery
            union all
            select x.*
              from jsonb_array_elements_text(p_snapshot -> 'references') k
                   -- offset 0: one look-up by key for each, also before the table was ever analysed.
             cross join lateral (select y.* from integration.remote_resources y
                                  where y.target = p_target and y.clinic_id = p_clinic
                                    and y.local_key = k.value
                                    and (y.delivery_id is null or k.value like 'encounter/%') offset 0) x) r);
end $$;
comment on function private.known(text, uuid, bigint, jsonb) is 'What a target is known to hold that concerns a delivery.';
grant execute on function private.known(text, uuid, bigint, jsonb) to service_role;

-- p_busy: {clinic id: rows this worker already has in flight}; p_idle: nothing in flight at all.
create function integration.lease(p_target text, p_worker text, p_limit integer, p_seconds integer,
                                  p_busy jsonb default '{}', p_idle boolean default true)
returns table (id bigint, kind text, subject_id uuid, clinic_id uuid, generation bigint,
               lease_number bigint, attempt integer, ask_first boolean, suspect boolean,
               snapshot jsonb, known jsonb, unfound smallint)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
    v_seen pg_snapshot := pg_current_snapshot();
    v_hours text;
    v_ids bigint[];
begin
    -- In hours of maintenance nothing is leased, so no attempt is burned; where the hours are only guessed,
    -- one delivery alone may prove the guess wrong.
    v_hours := private.maintenance(p_target);
    if v_hours = 'announced' or (v_hours = 'learned' and not p_idle) then return; end if;
    if v_hours = 'learned' then p_limit := least(p_limit, 1); end if;

    -- A few rows of every open lane, and of these each clinic's first before anybody's second: one
    -- clinic's backlog never hides another clinic's visit, and the cost does not grow with history.
    select array_agg(x.id order by x.priority, x.turn, x.due_at, x.id) into v_ids
      from (select due.*, row_number() over (partition by l.clinic_id order by due.priority, due.due_at, due.id) as turn
              from integration.lanes l
             cross join lateral (
                    select d.id, d.priority, d.due_at, d.strikes
                      from integration.deliveries d
                     where d.target = l.target and d.clinic_id = l.clinic_id
                       and d.state in ('ready', 'uncertain') and d.due_at <= now()
                       and (d.strikes < 2 or p_idle)
                     order by d.priority, d.due_at, d.id
                     limit greatest(0, least(p_limit, case when l.probing then 1 else l.most_leases end
                                             - coalesce((p_busy ->> l.clinic_id::text)::integer, 0)))
                       for update skip locked) due
             where l.target = p_target and (l.paused_until is null or l.paused_until <= now())
             order by due.priority, turn, due.due_at, due.id
             limit p_limit) x;

    -- A row that has outlived two workers runs alone, so that its neighbours are not charged.
    if exists (select from integration.deliveries d where d.id = any (v_ids) and d.strikes >= 2) then
        select array[d.id] into v_ids from integration.deliveries d
         where d.id = any (v_ids) and d.strikes >= 2 order by d.due_at, d.id limit 1;
    end if;

    return query
    with taken as (
        update integration.deliveries d
           set ask_first = (d.ask_first or d.state = 'uncertain' or d.unfound > 0), state = 'leased', leased_by = p_worker,
               leased_until = now() + make_interval(secs => p_seconds),
               leased_generation = d.generation, lease_number = d.lease_number + 1,
               lease_snapshot = v_seen, attempt = d.attempt + 1
         where d.id = any (v_ids)
        returning d.*),
    -- Materialized: a function mentioned twice would be run twice.
    seen as materialized (
        select t.id, private.snapshot_or_null(t.kind, t.subject_id) as snapshot from taken t)
    select t.id, t.kind, t.subject_id, t.clinic_id, t.generation, t.lease_number, t.attempt,
           t.ask_first, t.strikes >= 2, s.snapshot,
           private.known(t.target, t.clinic_id, t.id, s.snapshot), t.unfound
      from taken t
      join seen s on s.id = t.id
     order by t.priority, t.due_at, t.id;
end $$;
comment on function integration.lease(text, text, integer, integer, jsonb, boolean) is
    'Take due rows for one worker, each with its snapshot and what the target is known to hold.';

create function integration.suspects_wait(p_target text) returns boolean
language sql stable set search_path = '' as $$
    select exists (select from integration.deliveries d
                     join integration.lanes l on l.target = d.target and l.clinic_id = d.clinic_id
                    where d.target = p_target and d.state in ('ready', 'uncertain') and d.strikes >= 2
                      and d.due_at <= now() and (l.paused_until is null or l.paused_until <= now()))
$$;
comment on function integration.suspects_wait(text) is 'Whether a row is due that must run alone: a worker that is never idle has to make way for it.';

create function private.held(p_worker text, p_leases jsonb) returns setof integration.deliveries
language sql rows 50 set search_path = '' as $$
    select held.*
      from jsonb_to_recordset(p_leases) as x (id bigint, lease_number bigint)
           -- offset 0: one look-up by key for each, also before the table was ever analysed.
     cross join lateral (select h.* from integration.deliveries h
                          where h.id = x.id and h.state = 'leased' and h.leased_by = p_worker
                            and h.lease_number = x.lease_number offset 0 for update skip locked) held
$$;
comment on function private.held(text, jsonb) is 'The rows that a worker still holds by these very leases, locked; a row that somebody writes right now is left out.';
grant execute on function private.held(text, jsonb) to service_role;

-- p_leases: [{id, lease_number}], here and in release: an older lease of the same worker is as void as anybody's.
create function integration.heartbeat(p_worker text, p_leases jsonb, p_seconds integer)
returns setof bigint
language sql set search_path = '' as $$
    update integration.deliveries d
       set leased_until = now() + make_interval(secs => p_seconds)
      from (select h.id from private.held(p_worker, p_leases) h) held
     where d.id = held.id
    returning d.id
$$;
comment on function integration.heartbeat(text, jsonb, integer) is
    'Extend the leases a worker still holds; returns them. One that a clinic write holds right now is extended by the next beat.';

-- Where an ending leads. A newer wish, or a key resolved after the lease looked, makes a closed
-- ending ready again; a doubt is kept until the target was asked.
create function private.next_state(d integration.deliveries, p_outcome text, p_keys text[], p_asked boolean)
returns integration.delivery_state
language sql stable set search_path = '' as $$
    select (case
        when p_outcome = 'uncertain' then 'uncertain'
        when p_outcome = 'postponed' then case when d.ask_first and not p_asked then 'uncertain' else 'ready' end
        when d.generation <> d.leased_generation then 'ready'
        when p_outcome in ('blocked', 'rejected') and exists (
                select from integration.resolved_keys k
                 where k.key = any (p_keys)
                   and not pg_visible_in_snapshot(k.resolved_by, d.lease_snapshot)) then 'ready'
        else p_outcome end)::integration.delivery_state
$$;
comment on function private.next_state(integration.deliveries, text, text[], boolean) is 'The state an outcome leads to.';
grant execute on function private.next_state(integration.deliveries, text, text[], boolean) to service_role;

-- What a target said about a subject goes to the clinic's own tables, in the record's transaction. An
-- answer that the clinic's function cannot take must neither stop the others of its batch nor be lost:
-- its delivery stays open and the target is asked again.
create function private.learn(p_kind text, p_subject uuid, p_facts jsonb) returns boolean
language plpgsql set search_path = '' as $$
begin
    execute format('select integration.%I($1, $2)', p_kind || '_learned') using p_subject, p_facts;
    return true;
exception when others then
    raise warning '%_learned refused an answer about % (%)', p_kind, p_subject, sqlstate;
    return false;
end $$;
comment on function private.learn(text, uuid, jsonb) is 'Hand what a target said about a subject to <kind>_learned; false when that failed.';
grant execute on function private.learn(text, uuid, jsonb) to service_role;

create function private.lane_answered(p_target text, p_clinic uuid) returns void
language sql set search_path = '' as $$
    update integration.lanes l set probing = false, paused_until = null, paused_reason = null
     where l.target = p_target and l.clinic_id = p_clinic and l.probing
$$;
comment on function private.lane_answered(text, uuid) is 'The probe of a lane came through: the lane is wide again.';
grant execute on function private.lane_answered(text, uuid) to service_role;

-- p_reports: [{id, lease_number, outcome, failure, wait_seconds, problems, exempt_reason, accepted,
--              requests, asked, http_status, steps, started_at, learned}]
-- Answers [{id, result}]: recorded · lost (no longer our lease, nothing changed) · busy (a clinic
-- write holds the row this instant: record it again).
create function integration.record(p_worker text, p_reports jsonb)
returns table (id bigint, result text, state integration.delivery_state)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
    r record;
    d integration.deliveries;
    v_next integration.delivery_state;
    v_keys text[];
    v_probing boolean := exists (select from integration.lanes l where l.probing);
begin
    for r in select * from jsonb_to_recordset(p_reports) as x (
                id bigint, lease_number bigint, outcome text, failure text, wait_seconds numeric,
                problems jsonb, exempt_reason text, accepted jsonb, requests smallint, asked boolean,
                http_status smallint, steps text[], started_at timestamptz, learned jsonb)
              order by x.id loop
        select * into d from integration.deliveries h where h.id = r.id for update skip locked;
        if not found then
            id := r.id; state := null;
            result := case when exists (select from integration.deliveries h where h.id = r.id) then 'busy' else 'lost' end;
            return next; continue;
        end if;
        if d.state <> 'leased' or d.leased_by <> p_worker or d.lease_number <> r.lease_number then
            insert into integration.attempts (delivery_id, generation, lease_number, worker, started_at,
                                              outcome, failure, requests, http_status, steps)
            values (r.id, d.generation, r.lease_number, p_worker, coalesce(r.started_at, now()),
                    'lost', r.failure, coalesce(r.requests, 0), r.http_status, coalesce(r.steps, '{}'));
            id := r.id; result := 'lost'; state := d.state; return next; continue;
        end if;
        if r.learned is not null and not private.learn(d.kind, d.subject_id, r.learned) then
            r.outcome := 'uncertain'; r.failure := 'crashed'; r.wait_seconds := 60;
        end if;
        if v_probing and r.outcome in ('delivered', 'rejected') and r.requests > 0 then
            perform private.lane_answered(d.target, d.clinic_id);
        end if;
        v_keys := array(select distinct p ->> 'waits_for' from jsonb_array_elements(coalesce(r.problems, '[]')) p
                         where p ->> 'waits_for' is not null);
        v_next := private.next_state(d, r.outcome, v_keys, coalesce(r.asked, false));
        -- A number found for a person who was corrected since the lease looked may be somebody else's.
        perform private.remember(d.target, d.clinic_id, d.id, coalesce((
            select jsonb_agg(a.value) from jsonb_array_elements(r.accepted) a
             where coalesce(a.value ->> 'content_hash', '') <> '' or (
                    -- limit: one look-up by key for each, never a join that reads the table.
                    select k.id from integration.resolved_keys k
                     where k.key = a.value ->> 'key'
                       and not pg_visible_in_snapshot(k.resolved_by, d.lease_snapshot) limit 1) is null), '[]'));
        insert into integration.attempts (delivery_id, generation, lease_number, worker, started_at, outcome,
                                          failure, rules, requests, http_status, steps)
        values (d.id, d.leased_generation, d.lease_number, p_worker, coalesce(r.started_at, now()), r.outcome,
                r.failure, array(select p ->> 'rule' from jsonb_array_elements(coalesce(r.problems, '[]')) p
                                  where p ->> 'rule' is not null),
                coalesce(r.requests, 0), r.http_status, coalesce(r.steps, '{}'));
        update integration.deliveries t
           set state = v_next,
               failure = r.failure,
               strikes = 0,
               unfound = t.unfound + case when r.failure = 'duplicate' then 1 else 0 end,
               ask_first = r.outcome in ('blocked', 'exempt') and d.ask_first and not coalesce(r.asked, false),
               problems = case when v_next in ('blocked', 'rejected') then r.problems else '[]' end,
               waits_for = case when v_next in ('blocked', 'rejected') then v_keys else '{}' end,
               exempt_reason = case when v_next = 'exempt' then r.exempt_reason end,
               due_at = case when r.outcome in ('postponed', 'uncertain')
                             then now() + make_interval(secs => coalesce(r.wait_seconds, 0)) else now() end,
               attempt = case when v_next = 'delivered' then 0 else t.attempt end,
               delivered_generation = case when r.outcome = 'delivered' then d.leased_generation
                                           else t.delivered_generation end,
               delivered_at = case when r.outcome = 'delivered' then now() else t.delivered_at end
         where t.id = d.id;
        id := d.id; result := 'recorded'; state := v_next; return next;
    end loop;
end $$;
comment on function integration.record(text, jsonb) is 'Write down how leased deliveries ended; fenced by the lease.';

create function private.remember(p_target text, p_clinic uuid, p_delivery bigint, p_accepted jsonb)
returns void
language plpgsql set search_path = '' as $$
declare
    v_identities text[];
begin
    if p_accepted = '[]' then return; end if;
    if jsonb_path_exists(p_accepted, '$[*] ? (@.remote_id == null)') then
        delete from integration.remote_resources r
         where r.target = p_target and r.clinic_id = p_clinic
           and r.local_key = any (array(select a.value ->> 'key' from jsonb_array_elements(p_accepted) a
                                         where a.value ->> 'remote_id' is null));
    end if;
    insert into integration.remote_resources as r
           (target, clinic_id, local_key, resource_type, remote_id, version, content_hash, delivery_id)
    select p_target, p_clinic, a.key, a.type, a.remote_id, a.version, coalesce(a.content_hash, ''),
           case when a.content_hash <> '' then p_delivery end
      from jsonb_to_recordset(p_accepted) as a (key text, type text, remote_id text, version text, content_hash text)
     where a.remote_id is not null
    on conflict (target, clinic_id, local_key) do update
       set remote_id = excluded.remote_id, version = excluded.version,
           content_hash = excluded.content_hash, updated_at = now(),
           delivery_id = coalesce(excluded.delivery_id, r.delivery_id);
    v_identities := array(select a.value ->> 'key' from jsonb_array_elements(p_accepted) a
                           where coalesce(a.value ->> 'content_hash', '') = '' and a.value ->> 'remote_id' is not null);
    if v_identities <> '{}' then perform private.resolve(v_identities); end if;
end $$;
comment on function private.remember(text, uuid, bigint, jsonb) is
    'Keep what a target is known to hold; an entry without remote_id is forgotten; a found identity resolves its key.';
grant execute on function private.remember(text, uuid, bigint, jsonb) to service_role;

create function integration.remember(p_target text, p_clinic uuid, p_accepted jsonb) returns void
language sql set search_path = '' as $$
    select private.remember(p_target, p_clinic, null, p_accepted)
$$;
comment on function integration.remember(text, uuid, jsonb) is 'Keep identities found outside a delivery, such as locations created by setup.';

create function integration.release(p_worker text, p_leases jsonb) returns setof bigint
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
    return query
    with held as materialized (select h.id, h.ask_first from private.held(p_worker, p_leases) h),
    told as (
        insert into integration.attempts (delivery_id, generation, lease_number, worker, started_at, outcome)
        select d.id, d.leased_generation, d.lease_number, p_worker, now(), 'returned'
          from integration.deliveries d join held on held.id = d.id)
    update integration.deliveries d
       set state = case when held.ask_first then 'uncertain' else 'ready' end::integration.delivery_state,
           attempt = greatest(0, d.attempt - 1), due_at = now()
      from held where d.id = held.id
    returning d.id;
end $$;
comment on function integration.release(text, jsonb) is 'Give leases back unsent, as at shutdown.';

-- Expired leases become uncertain (a dead worker may have sent) and rest; blocks and refusals that were
-- recorded from an older view than a resolved key are undone; corrected facts are told again some at a time; a row that killed five workers is parked.
create function integration.sweep(p_target text, p_rest_seconds numeric) returns jsonb
language plpgsql set search_path = '' as $$
declare
    v_expired integer;
    v_parked integer;
    v_undone integer;
begin
    with late as (
        select h.id from integration.deliveries h
         where h.state = 'leased' and h.leased_until < now() and h.target = p_target
           for update skip locked),
    told as (
        insert into integration.attempts (delivery_id, generation, lease_number, worker, started_at, outcome, failure)
        select d.id, d.leased_generation, d.lease_number, d.leased_by, d.leased_until, 'expired', 'lease_expired'
          from integration.deliveries d join late on late.id = d.id)
    update integration.deliveries d
       set state = 'uncertain', failure = 'lease_expired', strikes = d.strikes + 1,
           due_at = now() + make_interval(secs => p_rest_seconds)
      from late where d.id = late.id;
    get diagnostics v_expired = row_count;

    -- uncertain → leased → blocked: the state machine has no shortcut for a row that never answers.
    with deadly as (
        select h.id from integration.deliveries h
         where h.state = 'uncertain' and h.strikes >= 5 and h.target = p_target
           for update skip locked)
    update integration.deliveries d
       set state = 'leased', leased_by = 'sweep', leased_until = now(), leased_generation = d.generation,
           lease_number = d.lease_number + 1
      from deadly where d.id = deadly.id;
    update integration.deliveries d
       set state = 'blocked', strikes = 0, failure = 'crashed', problems = jsonb_build_array(jsonb_build_object(
               'rule', null, 'role', 'admin', 'field', 'deliveries.id', 'waits_for', null,
               'reason', 'Pengiriman ini lima kali menghentikan proses pengirim. Hubungi pengelola sistem, lalu kirim ulang.'))
     where d.state = 'leased' and d.leased_by = 'sweep' and d.target = p_target;
    get diagnostics v_parked = row_count;

    update integration.deliveries d
       set state = 'ready', due_at = now()
     where d.id in (
            select b.id from integration.deliveries b
             where b.state in ('blocked', 'rejected') and b.target = p_target and b.waits_for <> '{}'
               and exists (select from integration.resolved_keys k
                            where k.key = any (b.waits_for)
                              and not pg_visible_in_snapshot(k.resolved_by, b.lease_snapshot))
               for update skip locked);
    get diagnostics v_undone = row_count;

    perform private.want_corrected(1000);
    delete from integration.resolved_keys k where k.resolved_at < now() - interval '1 day';
    return jsonb_build_object('expired', v_expired, 'parked', v_parked, 'released', v_undone);
end $$;
comment on function integration.sweep(text, numeric) is 'The database''s own housekeeping of leases; any worker may call it at any time.';
