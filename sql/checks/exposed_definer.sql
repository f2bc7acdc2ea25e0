-- A function with its owner's rights where the API can call it.
select p.oid::regprocedure::text as object, 'security definer in an exposed schema' as finding
  from pg_catalog.pg_proc p
 where p.prosecdef and p.pronamespace in ('public'::regnamespace, 'integration'::regnamespace)
