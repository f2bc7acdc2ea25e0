-- What a table or function of tomorrow would give away at its birth, when a migration makes it.
select d.defaclnamespace::regnamespace::text as object,
       a.grantee::regrole::text || ' gets ' || a.privilege_type || ' on every new ' || d.defaclobjtype::text as finding
  from pg_catalog.pg_default_acl d
 cross join lateral pg_catalog.aclexplode(d.defaclacl) a
 where d.defaclrole = 'postgres'::regrole
   and d.defaclnamespace in (0, 'public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and a.grantee::regrole::text in ('-', 'anon', 'authenticated', 'service_role')
