-- A function whose names mean what its caller wants them to mean.
select p.oid::regprocedure::text as object, 'search_path is not pinned to nothing' as finding
  from pg_catalog.pg_proc p
 where p.pronamespace in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and not coalesce(p.proconfig, '{}') && array['search_path=""', 'search_path=']
