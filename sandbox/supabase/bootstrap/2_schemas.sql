-- Schemas, extensions, default privileges and the API's schema reload.
create schema extensions;
create schema graphql_public;
create schema realtime authorization supabase_realtime_admin;
create schema auth authorization supabase_auth_admin;
create schema storage authorization supabase_storage_admin;

create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;
create extension pg_stat_statements with schema extensions;

grant usage on schema public, extensions, graphql_public, auth, storage, realtime
   to postgres, anon, authenticated, service_role;
grant usage, create on schema extensions, graphql_public to postgres;
grant usage on schema extensions to supabase_auth_admin, supabase_storage_admin;

do $$
declare
    maker name;
begin
    foreach maker in array array['postgres', 'supabase_admin'] loop
        execute format('alter default privileges for role %I in schema public grant all on tables
                        to postgres, anon, authenticated, service_role', maker);
        execute format('alter default privileges for role %I in schema public grant all on sequences
                        to postgres, anon, authenticated, service_role', maker);
        execute format('alter default privileges for role %I in schema public grant all on functions
                        to postgres, anon, authenticated, service_role', maker);
    end loop;
end
$$;

-- A hosted project grants the same on functions that the extensions bring along.
grant execute on all functions in schema extensions to postgres, anon, authenticated, service_role;

-- PostgREST learns of a changed schema by this notification. Temporary tables are nobody's API.
create function extensions.pgrst_ddl_watch() returns event_trigger
    language plpgsql set search_path = ''
as $$
begin
    if exists (select from pg_catalog.pg_event_trigger_ddl_commands()
                where schema_name is distinct from 'pg_temp') then
        notify pgrst, 'reload schema';
    end if;
end
$$;

create function extensions.pgrst_drop_watch() returns event_trigger
    language plpgsql set search_path = ''
as $$
begin
    if exists (select from pg_catalog.pg_event_trigger_dropped_objects() where not is_temporary) then
        notify pgrst, 'reload schema';
    end if;
end
$$;

create event trigger pgrst_ddl_watch on ddl_command_end
    execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch on sql_drop
    execute function extensions.pgrst_drop_watch();
