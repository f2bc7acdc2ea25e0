-- A table that relies on grants alone.
select c.oid::regclass::text as object, 'row level security is off' as finding
  from pg_catalog.pg_class c
 where c.relkind in ('r', 'p') and not c.relrowsecurity
   and c.relnamespace in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
