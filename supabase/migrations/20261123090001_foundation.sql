-- The ground everything stands on: who may do nothing until told otherwise, and the shared words.
--
-- public       the clinic's own tables, spoken to by the front end through the API, RLS in force
-- integration  deliveries and what belongs to them; exposed to the API for the service role alone
-- private      functions that act with their owner's rights; never exposed to the API

create schema integration;
create schema private;
comment on schema integration is 'Deliveries to the government targets; readable by the service role alone.';
comment on schema private is 'Functions that run with their owner''s rights; not exposed to the API.';

-- Supabase grants everything on new objects in public by default; we start from nothing.
alter default privileges for role postgres revoke execute on functions from public;
alter default privileges for role postgres in schema public
    revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke all on functions from anon, authenticated, service_role;

grant usage on schema integration to service_role;
grant usage on schema private to authenticated, service_role;

-- Functions of the schema integration are the workers'. A file that adds some ends with a call of this.
create procedure private.hand_to_workers()
language plpgsql set search_path = '' as $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_catalog.pg_proc p
              where p.pronamespace = 'integration'::regnamespace loop
        execute format('revoke all on function %s from public, anon, authenticated', f);
        execute format('grant execute on function %s to service_role', f);
    end loop;
end $$;
comment on procedure private.hand_to_workers() is 'Lets the service role, and nobody else, call what the schema integration offers.';

-- Functions that signed-in people call by these names, the public ones and what they lead to; each asks who is calling.
create procedure private.hand_to_people(variadic p_names text[])
language plpgsql set search_path = '' as $$
declare
    f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_catalog.pg_proc p
              where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and p.proname = any (p_names) loop
        execute format('revoke all on function %s from public, anon', f);
        execute format('grant execute on function %s to authenticated', f);
    end loop;
end $$;
comment on procedure private.hand_to_people(text[]) is 'Lets signed-in people, and no visitor, call functions of these names.';

create type public.staff_role as enum (
    'owner',       -- of the clinic; manages staff
    'admin',       -- keeps master data and watches the deliveries
    'doctor',      -- also dentists and midwives who examine
    'nurse',
    'lab',
    'pharmacist',
    'cashier',
    'front_desk'   -- registration
);
comment on type public.staff_role is 'What a member of staff may do; a person may hold several.';

create type public.visit_status as enum (
    'arrived',      -- registered, waiting
    'in_progress',  -- with the doctor
    'finished',     -- sent home, referred or otherwise closed
    'cancelled'     -- did not take place, or was entered by mistake
);

-- A date of birth or an expiry is a date; everything that happened is a moment with a zone.
create function private.touch_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
    new.updated_at := now();
    return new;
end $$;
comment on function private.touch_updated_at() is 'Keeps updated_at true.';
