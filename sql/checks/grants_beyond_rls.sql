-- Rights that row level security does not hold back: TRUNCATE, REFERENCES, TRIGGER, MAINTAIN.
select a.grantee::regrole::text || ' on ' || c.oid::regclass::text as object, a.privilege_type as finding
  from pg_catalog.pg_class c
 cross join lateral pg_catalog.aclexplode(c.relacl) a
 where c.relnamespace in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
   and a.grantee::regrole::text in ('-', 'anon', 'authenticated', 'service_role')
