-- What operators call through the workers' CLI: status, story, replay, backfill, KPI, self-check.

-- Every subject a target is to hold, kind by kind, counted from the clinic's own tables.
create function integration.eligible(p_target text, p_since date, p_clinic uuid default null)
returns table (kind text, subject_id uuid, clinic_id uuid, service_date date)
language plpgsql stable set search_path = '' as $$
declare
    v_kind text;
begin
    for v_kind in select k.kind from integration.kinds k where k.target = p_target order by k.kind loop
        return query execute
            format('select $1, s.subject_id, s.clinic_id, s.service_date from integration.%I($2, $3) s', v_kind || '_subjects')
            using v_kind, p_since, p_clinic;
    end loop;
end $$;
comment on function integration.eligible(text, date, uuid) is
    'What a target is to hold since a day: the independent count the conservation law is checked against.';

-- The conservation law, per target, clinic and service day. eligible is counted from the clinic's own
-- visits, the states from deliveries: a difference other than 0 is a visit without a row, or the reverse.
create function integration.status(p_since date default null, p_target text default null)
returns table (target text, clinic_id uuid, clinic text, service_date date, eligible bigint,
               ready bigint, leased bigint, uncertain bigint, delivered bigint, blocked bigint,
               rejected bigint, exempt bigint, difference bigint, oldest_due timestamptz)
language sql stable set search_path = '' as $$
    with wanted as (
        select l.target, s.clinic_id, s.service_date, count(*) as eligible
          from integration.lanes l
          join lateral integration.eligible(l.target, greatest(l.since, coalesce(p_since, l.since)), l.clinic_id) s on true
         where p_target is null or l.target = p_target
         group by 1, 2, 3),
    held as (
        select d.target, d.clinic_id, d.service_date,
               count(*) filter (where d.state = 'ready') as ready,
               count(*) filter (where d.state = 'leased') as leased,
               count(*) filter (where d.state = 'uncertain') as uncertain,
               count(*) filter (where d.state = 'delivered') as delivered,
               count(*) filter (where d.state = 'blocked') as blocked,
               count(*) filter (where d.state = 'rejected') as rejected,
               count(*) filter (where d.state = 'exempt') as exempt,
               count(*) as total,
               min(d.due_at) filter (where d.state in ('ready', 'uncertain')) as oldest_due
          from integration.deliveries d
          join integration.lanes l on l.target = d.target and l.clinic_id = d.clinic_id
         where d.service_date >= greatest(l.since, coalesce(p_since, l.since))
           and (p_target is null or d.target = p_target)
         group by 1, 2, 3)
    select coalesce(w.target, h.target), coalesce(w.clinic_id, h.clinic_id), c.name,
           coalesce(w.service_date, h.service_date), coalesce(w.eligible, 0),
           coalesce(h.ready, 0), coalesce(h.leased, 0), coalesce(h.uncertain, 0), coalesce(h.delivered, 0),
           coalesce(h.blocked, 0), coalesce(h.rejected, 0), coalesce(h.exempt, 0),
           coalesce(w.eligible, 0) - coalesce(h.total, 0), h.oldest_due
      from wanted w
      full join held h on (h.target, h.clinic_id, h.service_date) = (w.target, w.clinic_id, w.service_date)
      join public.clinics c on c.id = coalesce(w.clinic_id, h.clinic_id)
     order by 1, 3, 4
$$;
comment on function integration.status(date, text) is 'eligible = ready + leased + uncertain + delivered + blocked + rejected + exempt, per target, clinic and day.';

-- The whole story of one delivery, without patient data.
create function integration.story(p_id bigint) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'delivery', to_jsonb(d) - 'lease_snapshot',
        'attempts', (select coalesce(jsonb_agg(to_jsonb(a) order by a.id), '[]')
                       from integration.attempts a where a.delivery_id = d.id),
        'holds', (select coalesce(jsonb_agg(jsonb_build_object('key', r.local_key, 'type', r.resource_type,
                         'remote_id', r.remote_id, 'version', r.version, 'updated_at', r.updated_at)
                         order by r.local_key), '[]')
                    from integration.remote_resources r where r.delivery_id = d.id),
        'differences', (select coalesce(jsonb_agg(to_jsonb(f) order by f.id), '[]')
                          from integration.differences f where f.delivery_id = d.id and f.closed_at is null))
      from integration.deliveries d where d.id = p_id
$$;
comment on function integration.story(bigint) is 'One delivery with its attempts, what the target holds, and open differences.';

create function integration.find_delivery(p_subject uuid, p_target text default 'satusehat') returns bigint
language sql stable set search_path = '' as $$
    select d.id from integration.deliveries d where d.subject_id = p_subject and d.target = p_target limit 1
$$;
comment on function integration.find_delivery(uuid, text) is 'The delivery of a subject, if there is one.';

create function integration.preview(p_kind text, p_subject uuid, p_target text) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('snapshot', s.snapshot, 'known',
           private.known(p_target, (s.snapshot -> 'clinic' ->> 'id')::uuid,
                         integration.find_delivery(p_subject, p_target), s.snapshot))
      from (select private.snapshot_or_null(p_kind, p_subject) as snapshot) s
     where s.snapshot is not null
$$;
comment on function integration.preview(text, uuid, text) is 'Snapshot and known resources of a subject, for a simulation that leases nothing.';

-- Replay is another wish for the same fact, so it cannot duplicate: unchanged content is not sent.
-- With p_ask the target is asked first what it holds, which also mends what was lost over there.
create function integration.replay(p_filter jsonb, p_ask boolean default false, p_apply boolean default false)
returns table (id bigint, target text, state integration.delivery_state, service_date date,
               failure text, rules text[])
language plpgsql set search_path = '' as $$
#variable_conflict use_column
declare
    v_ids bigint[];
begin
    select array_agg(d.id) into v_ids
      from integration.deliveries d
     where d.state not in ('leased', 'uncertain')
       and (p_filter ->> 'ids' is null
            or d.id in (select x::bigint from jsonb_array_elements_text(p_filter -> 'ids') x))
       and (p_filter ->> 'target' is null or d.target = p_filter ->> 'target')
       and (p_filter ->> 'state' is null or d.state::text = p_filter ->> 'state')
       and (p_filter ->> 'rule' is null or exists (
                select from jsonb_array_elements(d.problems) p where p ->> 'rule' = p_filter ->> 'rule'))
       and (p_filter ->> 'since' is null or d.changed_at >= (p_filter ->> 'since')::timestamptz)
       and (p_filter ->> 'until' is null or d.changed_at < (p_filter ->> 'until')::timestamptz);
    return query
    select d.id, d.target, d.state, d.service_date, d.failure,
           array(select p ->> 'rule' from jsonb_array_elements(d.problems) p where p ->> 'rule' is not null)
      from integration.deliveries d where d.id = any (v_ids) order by d.id;
    if p_apply then
        update integration.deliveries d
           set state = case when p_ask then 'uncertain' else 'ready' end::integration.delivery_state,
               generation = d.generation + 1, due_at = now(), attempt = 0, strikes = 0
         where d.id = any (v_ids) and d.state not in ('leased', 'uncertain')  -- it may have been leased meanwhile
           and (not p_ask or d.state <> 'ready');
    end if;
end $$;
comment on function integration.replay(jsonb, boolean, boolean) is
    'Preview, or with p_apply make ready again, the deliveries a filter names; never those in flight.';

create function integration.exempt(p_id bigint, p_reason text) returns boolean
language sql set search_path = '' as $$
    with done as (
        update integration.deliveries d set state = 'exempt', exempt_reason = p_reason
         where d.id = p_id and d.state in ('ready', 'blocked', 'rejected') and btrim(p_reason) <> ''
        returning 1)
    select exists (select from done)
$$;
comment on function integration.exempt(bigint, text) is 'Take a delivery out, with the reason on record; false when its state forbids it.';

-- Backfill: rows for old visits, behind the live ones. Lowers the lane's first day.
create function integration.backfill(p_target text, p_since date, p_limit integer default 500, p_clinic uuid default null)
returns table (inserted bigint, remaining bigint)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
    update integration.lanes l set since = p_since
     where l.target = p_target and l.since > p_since and (p_clinic is null or l.clinic_id = p_clinic);
    create temporary table if not exists pg_temp.missing (kind text, subject_id uuid, clinic_id uuid, service_date date)
        on commit drop;
    truncate pg_temp.missing;
    insert into pg_temp.missing
    select s.kind, s.subject_id, s.clinic_id, s.service_date
      from integration.lanes l
      join lateral integration.eligible(p_target, p_since, l.clinic_id) s on true
     where l.target = p_target and (p_clinic is null or l.clinic_id = p_clinic)
       and not exists (select from integration.deliveries d
                        where d.target = p_target and d.kind = s.kind and d.subject_id = s.subject_id);
    with chosen as (
        select * from pg_temp.missing m order by m.service_date, m.subject_id limit p_limit),
    done as (
        insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date, priority)
        select p_target, c.kind, c.subject_id, c.clinic_id, c.service_date, 10 from chosen c
        on conflict on constraint delivery_is_one_per_fact do nothing
        returning 1)
    select count(*) into inserted from done;
    select greatest(0, (select count(*) from pg_temp.missing) - inserted) into remaining;
    return next;
end $$;
comment on function integration.backfill(text, date, integer, uuid) is 'Add deliveries for finished visits that have none; call until remaining is 0.';

create function integration.backfill_preview(p_target text, p_since date, p_clinic uuid default null) returns bigint
language sql stable set search_path = '' as $$
    select count(*)
      from integration.lanes l
      join lateral integration.eligible(p_target, p_since, l.clinic_id) s on true
     where l.target = p_target and (p_clinic is null or l.clinic_id = p_clinic)
       and not exists (select from integration.deliveries d
                        where d.target = p_target and d.kind = s.kind and d.subject_id = s.subject_id)
$$;
comment on function integration.backfill_preview(text, date, uuid) is 'How many visits a backfill would add.';

create function integration.pause(p_target text, p_clinic uuid, p_seconds numeric, p_reason text) returns void
language sql set search_path = '' as $$
    update integration.lanes l
       set paused_until = case when p_seconds > 0 then now() + make_interval(secs => p_seconds) end,
           paused_reason = case when p_seconds > 0 then p_reason end,
           probing = true  -- whoever opens it again, one delivery goes first
     where l.target = p_target and l.clinic_id = p_clinic
$$;
comment on function integration.pause(text, uuid, numeric, text) is 'Let one clinic''s lane rest; 0 seconds opens it again.';

create function integration.kpi(p_on date default null)
returns table (clinic_id uuid, clinic text, period text, numerator bigint, denominator bigint)
language sql stable set search_path = '' as $$
    with today as (
        select c.id, c.name, coalesce(p_on, (now() at time zone c.time_zone)::date) as day from public.clinics c),
    periods as (
        select t.*, p.period, p.first from today t
         cross join lateral (values ('day', t.day), ('week', t.day - 6), ('four_weeks', t.day - 27)) p (period, first)),
    subjects as (
        select t.id as clinic_id, s.subject_id, s.service_date, d.state
          from today t
          join lateral integration.visit_subjects(t.day - 27, t.id) s on true
          left join integration.deliveries d
            on d.target = 'satusehat' and d.kind = 'visit' and d.subject_id = s.subject_id)
    select p.id, p.name, p.period,
           count(*) filter (where s.state = 'delivered'),
           count(s.subject_id) filter (where s.state is distinct from 'exempt')
      from periods p
      left join subjects s on s.clinic_id = p.id and s.service_date between p.first and p.day
     group by p.id, p.name, p.period, p.first
     order by p.name, p.first desc
$$;
comment on function integration.kpi(date) is 'Share of finished visits that SatuSehat holds: the day, the week, four rolling weeks.';

-- What keeps the share from 100 %: ids, states and reasons; no names.
create function integration.undelivered(p_since date, p_limit integer default 200)
returns table (id bigint, clinic text, service_date date, registration_number text, state text,
               failure text, due_at timestamptz, problems jsonb)
language sql stable set search_path = '' as $$
    select d.id, c.name, s.service_date, v.registration_number, coalesce(d.state::text, 'missing'),
           d.failure, d.due_at, coalesce(d.problems, '[]')
      from integration.visit_subjects(p_since) s
      join public.visits v on v.id = s.subject_id
      join public.clinics c on c.id = s.clinic_id
      left join integration.deliveries d
        on d.target = 'satusehat' and d.kind = 'visit' and d.subject_id = s.subject_id
     where d.state is distinct from 'delivered' and d.state is distinct from 'exempt'
     order by s.service_date, v.registration_number
     limit p_limit
$$;
comment on function integration.undelivered(date, integer) is 'The finished visits the target does not hold yet, and why.';

create function integration.take_kpi_snapshot() returns integer
language sql set search_path = '' as $$
    with taken as (
        insert into integration.kpi_snapshots (taken_on, clinic_id, name, numerator, denominator)
        select (now() at time zone c.time_zone)::date, k.clinic_id, 'visits_in_satusehat.' || k.period,
               k.numerator, k.denominator
          from integration.kpi() k join public.clinics c on c.id = k.clinic_id
        on conflict (clinic_id, name, taken_on) do update
           set numerator = excluded.numerator, denominator = excluded.denominator
        returning 1)
    select count(*)::integer from taken
$$;
comment on function integration.take_kpi_snapshot() is 'Keep today''s KPI figures.';

create function integration.reconcilable(p_target text, p_clinic uuid, p_since date, p_after bigint default 0, p_limit integer default 50)
returns table (delivery_id bigint, kind text, subject_id uuid, service_date date, known jsonb)
language sql stable set search_path = '' as $$
    select d.id, d.kind, d.subject_id, d.service_date,
           (select coalesce(jsonb_agg(jsonb_build_object('key', r.local_key, 'type', r.resource_type,
                        'remote_id', r.remote_id, 'version', r.version, 'content_hash', r.content_hash)
                        order by r.local_key), '[]')
              from integration.remote_resources r where r.delivery_id = d.id)
      from integration.deliveries d
     where d.target = p_target and d.clinic_id = p_clinic and d.kind in ('visit', 'diagnostic_order') and d.state = 'delivered'
       and d.service_date >= p_since and d.id > p_after
     order by d.id limit p_limit
$$;
comment on function integration.reconcilable(text, uuid, date, bigint, integer) is 'A page of delivered visits and orders with what the target should hold.';

-- One comparison replaces the last one's findings for the deliveries it looked at.
create function integration.record_differences(p_target text, p_clinic uuid, p_checked bigint[], p_found jsonb)
returns integer
language plpgsql set search_path = '' as $$
declare
    v_new integer;
begin
    update integration.differences f set closed_at = now()
     where f.target = p_target and f.clinic_id = p_clinic and f.closed_at is null
       and (f.delivery_id = any (p_checked) or f.delivery_id is null)
       and not exists (select from jsonb_to_recordset(p_found) as x (local_key text, difference text)
                        where x.local_key = f.local_key and x.difference = f.difference);
    with told as (
        insert into integration.differences (target, clinic_id, delivery_id, difference, resource_type, local_key, remote_id, cure)
        select p_target, p_clinic, x.delivery_id, x.difference, x.resource_type, x.local_key, x.remote_id, x.cure
          from jsonb_to_recordset(p_found) as x (delivery_id bigint, difference text, resource_type text,
                                                 local_key text, remote_id text, cure text)
        on conflict do nothing
        returning 1)
    select count(*) into v_new from told;
    return v_new;
end $$;
comment on function integration.record_differences(text, uuid, bigint[], jsonb) is 'Keep what a comparison found; close what is gone.';

create function integration.open_differences()
returns table (id bigint, clinic text, delivery_id bigint, difference text, resource_type text,
               local_key text, remote_id text, cure text, found_at timestamptz)
language sql stable set search_path = '' as $$
    select f.id, c.name, f.delivery_id, f.difference, f.resource_type, f.local_key, f.remote_id, f.cure, f.found_at
      from integration.differences f join public.clinics c on c.id = f.clinic_id
     where f.closed_at is null order by f.id
$$;
comment on function integration.open_differences() is 'What the last comparisons found and nobody has cured yet.';

create function integration.clinics() returns table (clinic_id uuid, name text, organization_id text, facility_code text,
                                                      time_zone text, target text, since date, paused_until timestamptz, paused_reason text)
language sql stable set search_path = '' as $$
    select c.id, c.name, c.satusehat_organization_id, c.bpjs_facility_code, c.time_zone, l.target, l.since,
           case when l.paused_until > now() then l.paused_until end, l.paused_reason
      from public.clinics c left join integration.lanes l on l.clinic_id = c.id
     order by c.name, l.target
$$;
comment on function integration.clinics() is 'Clinics with their lanes, as the workers need to know them.';

create function integration.unregistered_locations(p_target text)
returns table (location_id uuid, clinic_id uuid, organization_id text, code text, name text)
language sql stable set search_path = '' as $$
    select l.id, l.clinic_id, c.satusehat_organization_id, l.code, l.name
      from public.locations l
      join public.clinics c on c.id = l.clinic_id
     where l.active and not exists (
            select from integration.remote_resources r
             where r.target = p_target and r.clinic_id = l.clinic_id and r.local_key = 'location/' || l.id)
     order by c.name, l.code
$$;
comment on function integration.unregistered_locations(text) is 'Locations the target does not know yet.';

create function integration.resolve(p_keys text[]) returns void
language sql set search_path = '' as $$
    select private.resolve(p_keys)
$$;
comment on function integration.resolve(text[]) is 'Say that what these keys stand for is there now, for instance a credential.';

-- The history of migrations belongs to the role that applies them; the workers' role cannot even see its schema.
create function private.latest_migration() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
    v text;
begin
    if to_regclass('supabase_migrations.schema_migrations') is not null then
        execute 'select max(version) from supabase_migrations.schema_migrations' into v;
    end if;
    return v;
end $$;
grant execute on function private.latest_migration() to service_role;

create function integration.self_check() returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'now', clock_timestamp(),
        'migration', private.latest_migration(),
        'published', exists (select from pg_catalog.pg_publication_tables p
                              where p.pubname = 'supabase_realtime'
                                and p.schemaname = 'integration' and p.tablename = 'deliveries'),
        'role', current_user,
        'oldest_transaction_seconds', (select extract(epoch from max(now() - a.xact_start))
                                         from pg_catalog.pg_stat_activity a))
$$;
comment on function integration.self_check() is 'What `workers doctor` asks the database about itself.';

call private.hand_to_workers();
grant usage on sequence integration.deliveries_id_seq, integration.attempts_id_seq,
    integration.resolved_keys_id_seq, integration.differences_id_seq to service_role;
