-- What policies on private channels need, and the publication that Postgres Changes reads.
set role supabase_realtime_admin;

create table realtime.messages (
    id          uuid not null default gen_random_uuid(),
    topic       text not null,
    extension   text not null,
    payload     jsonb,
    event       text,
    private     boolean default false,
    inserted_at timestamp not null default now(),
    updated_at  timestamp not null default now(),
    primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
grant select, insert on realtime.messages to anon, authenticated, service_role;
grant all on realtime.messages to postgres;

create function realtime.topic() returns text language sql stable
as $$
    select nullif(current_setting('realtime.topic', true), '')
$$;

reset role;

create publication supabase_realtime;
alter publication supabase_realtime owner to postgres;
