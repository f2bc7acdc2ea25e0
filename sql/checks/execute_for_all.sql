-- A function that everybody may run because nobody said otherwise.
select p.oid::regprocedure::text as object, 'execute is granted to public' as finding
  from pg_catalog.pg_proc p
 cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
 where p.pronamespace in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and a.grantee = 0 and a.privilege_type = 'EXECUTE'
