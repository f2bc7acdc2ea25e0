-- Deliveries: per target and clinic fact, one row that says how far the target is behind.

create table integration.targets (
    target text primary key,
    title text not null,
    constraint target_name_is_plain check (target ~ '^[a-z_]{1,30}$')
);
comment on table integration.targets is 'Where facts are delivered to.';
insert into integration.targets (target, title) values ('satusehat', 'SATUSEHAT');

create table integration.kinds (
    target text not null references integration.targets (target),
    kind text not null,
    of_bpjs_visit boolean not null default false,
    primary key (target, kind),
    constraint kind_is_plain check (kind ~ '^[a-z_]{1,30}$')
);
comment on table integration.kinds is
    'Which kinds of fact go to which target. Each has <kind>_snapshot(subject), <kind>_subjects(since, clinic), and where answers come back <kind>_learned(subject, facts).';
comment on column integration.kinds.of_bpjs_visit is 'The subject is a visit that BPJS pays; every change of the visit is one of it.';
insert into integration.kinds (target, kind) values ('satusehat', 'visit');

create table integration.lanes (
    target text not null references integration.targets (target),
    clinic_id uuid not null references public.clinics (id),
    since date not null default date '2014-06-03',
    most_leases smallint not null default 200,
    paused_until timestamptz,
    paused_reason text,
    probing boolean not null default false,
    primary key (target, clinic_id),
    constraint lane_leases_are_positive check (most_leases > 0),
    constraint lane_pause_has_a_reason check ((paused_until is null) = (paused_reason is null))
);
comment on table integration.lanes is 'One clinic at one target: from which day it delivers, how much at once, whether it rests.';
comment on column integration.lanes.most_leases is 'How many of this clinic''s deliveries one worker may hold at once.';
comment on column integration.lanes.probing is 'Opened again after a pause: one delivery alone, until the target answers it.';
comment on column integration.lanes.since is 'First service day (clinic''s own calendar) that counts; earlier visits are not eligible.';
create index lanes_clinic on integration.lanes (clinic_id);

create type integration.delivery_state as enum (
    'ready',      -- the target is behind; lease me when due_at comes
    'leased',     -- a worker holds it until leased_until
    'uncertain',  -- the last attempt may have been accepted; ask before sending
    'delivered',  -- the target holds this generation
    'blocked',    -- a fact is missing; see waits_for and problems
    'rejected',   -- the target refused this content; see problems
    'exempt'      -- not to be sent, with a reason
);

create table integration.deliveries (
    id bigint generated always as identity primary key,
    target text not null references integration.targets (target),
    kind text not null,
    subject_id uuid not null,
    clinic_id uuid not null references public.clinics (id),
    service_date date not null,
    state integration.delivery_state not null default 'ready',
    generation bigint not null default 1,
    delivered_generation bigint not null default 0,
    priority smallint not null default 0,
    due_at timestamptz not null default now(),
    leased_by text,
    leased_until timestamptz,
    leased_generation bigint,
    lease_number bigint not null default 0,
    lease_snapshot pg_snapshot,
    ask_first boolean not null default false,
    attempt integer not null default 0,
    strikes smallint not null default 0,
    unfound smallint not null default 0,
    failure text,
    waits_for text[] not null default '{}',
    problems jsonb not null default '[]',
    exempt_reason text,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    delivered_at timestamptz,
    constraint delivery_is_one_per_fact unique (target, kind, subject_id),
    constraint delivery_kind_is_plain check (kind ~ '^[a-z_]{1,30}$'),
    constraint lease_is_whole check (
        (state = 'leased') = (leased_by is not null)
        and (leased_by is null) = (leased_until is null)
        and (leased_by is null) = (leased_generation is null)),
    constraint delivered_is_this_generation
        check ((state = 'delivered') <= (delivered_generation = generation)),
    constraint refusals_have_problems
        check ((state in ('blocked', 'rejected')) <= (jsonb_array_length(problems) > 0)),
    constraint exempt_has_a_reason check ((state = 'exempt') = (exempt_reason is not null))
);
comment on table integration.deliveries is 'One row per target, kind and subject: how far the target is behind the clinic.';
comment on column integration.deliveries.generation is 'Counts the wishes: every change of the subject adds one.';
comment on column integration.deliveries.lease_number is 'Fencing token: a record of an older lease changes nothing.';
comment on column integration.deliveries.lease_snapshot is 'What the lease could see; a key resolved after it makes the row ready again.';
comment on column integration.deliveries.ask_first is 'The held lease began uncertain: only an answer, not a failure, may end the doubt.';
comment on column integration.deliveries.attempt is 'Leases since the last delivery; an outage does not use them up.';
comment on column integration.deliveries.strikes is 'Leases in a row that ended without any record: a row that kills workers is parked.';
comment on column integration.deliveries.unfound is 'Times in a row the target said it holds this already and no search found it: not asked for ever.';
comment on column integration.deliveries.waits_for is 'Local keys (patient/…, changed/patient/…, mapping/drug/…) whose resolution makes the row ready.';
comment on column integration.deliveries.priority is '0 live, 10 backfill: old visits never delay new ones.';

-- The partial index keeps a lease flat however much history lies behind.
create index deliveries_leasable on integration.deliveries (target, clinic_id, priority, due_at, id)
    where state in ('ready', 'uncertain');
create index deliveries_suspect on integration.deliveries (target, due_at)
    where strikes >= 2 and state in ('ready', 'uncertain');
create index deliveries_expiring on integration.deliveries (leased_until) where state = 'leased';
create index deliveries_waiting on integration.deliveries using gin (waits_for)
    where state in ('blocked', 'rejected');
create index deliveries_by_day on integration.deliveries (clinic_id, target, service_date, state);
create index deliveries_unfinished on integration.deliveries (target, state)
    where state not in ('delivered', 'exempt');
create index deliveries_subject on integration.deliveries (subject_id);

create table integration.corrections (
    id bigint generated always as identity primary key,
    delivery_id bigint not null references integration.deliveries (id),
    corrected_at timestamptz not null default now()
);
comment on table integration.corrections is 'Deliveries told of a fact that was corrected since, such as a doctor''s NIK; wanted again some at a time.';
create index corrections_delivery on integration.corrections (delivery_id);

create table integration.attempts (
    id bigint generated always as identity primary key,
    delivery_id bigint not null references integration.deliveries (id),
    generation bigint not null,
    lease_number bigint not null,
    worker text not null,
    started_at timestamptz not null,
    ended_at timestamptz not null default now(),
    outcome text not null,
    failure text,
    rules text[] not null default '{}',
    requests smallint not null default 0,
    http_status smallint,
    steps text[] not null default '{}',
    constraint attempt_outcome_is_known check (outcome in
        ('delivered', 'postponed', 'uncertain', 'blocked', 'rejected', 'exempt', 'lost', 'returned', 'expired'))
);
comment on table integration.attempts is 'Append-only audit of every lease; holds no patient data.';
create index attempts_delivery on integration.attempts (delivery_id, id);
create index attempts_rules on integration.attempts using gin (rules);

create table integration.remote_resources (
    target text not null,
    clinic_id uuid not null,
    local_key text not null,
    resource_type text not null,
    remote_id text not null,
    version text,
    content_hash text not null default '',
    delivery_id bigint references integration.deliveries (id),
    updated_at timestamptz not null default now(),
    primary key (target, clinic_id, local_key),
    constraint remote_resource_is_in_a_lane
        foreign key (target, clinic_id) references integration.lanes (target, clinic_id),
    constraint remote_key_is_a_path check (local_key ~ '^[a-z-]+/[0-9A-Za-z./_-]+$')
);
comment on table integration.remote_resources is 'What a target holds for us, under the key we gave it.';
comment on column integration.remote_resources.content_hash is 'Of the content as last accepted, references by local key; empty for master data.';
create index remote_resources_delivery on integration.remote_resources (delivery_id);

create table integration.mappings (
    clinic_id uuid not null references public.clinics (id),
    kind text not null,
    local_id text not null,
    code text not null,
    display text not null,
    updated_at timestamptz not null default now(),
    primary key (clinic_id, kind, local_id),
    constraint mapping_kind_is_plain check (kind ~ '^[a-z_]{1,30}$'),
    constraint mapping_code_is_trimmed check (code = btrim(code) and code <> '')
);
comment on table integration.mappings is 'The clinic''s things in the target''s words: drug → KFA, lab test → LOINC.';

create table integration.resolved_keys (
    id bigint generated always as identity primary key,
    key text not null,
    resolved_by xid8 not null default pg_current_xact_id(),
    resolved_at timestamptz not null default now()
);
comment on table integration.resolved_keys is 'Keys whose facts changed lately; a block recorded from an older view is undone by them.';
create index resolved_keys_key on integration.resolved_keys (key, id);
create index resolved_keys_age on integration.resolved_keys (resolved_at);

create table integration.kpi_snapshots (
    taken_on date not null,
    clinic_id uuid not null references public.clinics (id),
    name text not null,
    numerator bigint not null,
    denominator bigint not null,
    primary key (clinic_id, name, taken_on)
);
comment on table integration.kpi_snapshots is 'One figure per clinic and day, so that a trend outlives its data.';

create table integration.differences (
    id bigint generated always as identity primary key,
    target text not null references integration.targets (target),
    clinic_id uuid not null references public.clinics (id),
    delivery_id bigint references integration.deliveries (id),
    difference text not null,
    resource_type text not null,
    local_key text not null,
    remote_id text,
    cure text not null,
    found_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint difference_is_known
        check (difference in ('missing_there', 'different', 'twice_there', 'unknown_here'))
);
comment on table integration.differences is 'What the nightly comparison found between us and a target, with the command that cures it.';
create index differences_delivery on integration.differences (delivery_id);
create unique index difference_is_open_once on integration.differences (target, clinic_id, local_key, difference)
    where closed_at is null;

do $$
declare
    t text;
begin
    foreach t in array array['targets', 'kinds', 'lanes', 'deliveries', 'corrections', 'attempts', 'remote_resources',
                             'mappings', 'resolved_keys', 'kpi_snapshots', 'differences'] loop
        execute format('alter table integration.%I enable row level security', t);
        execute format('revoke all on integration.%I from public, anon, authenticated', t);
    end loop;
end $$;
grant select on integration.targets, integration.kinds, integration.corrections to service_role;
grant select, insert on integration.attempts to service_role;
grant select, insert, update on integration.deliveries, integration.lanes, integration.kpi_snapshots,
    integration.differences to service_role;
grant select, insert, update, delete on integration.remote_resources, integration.mappings,
    integration.resolved_keys to service_role;
