-- A table, view or callable function that does not say what it is.
select c.oid::regclass::text as object, 'has no comment' as finding
  from pg_catalog.pg_class c
 where c.relkind in ('r', 'p', 'v', 'm', 'f')
   and c.relnamespace in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and pg_catalog.obj_description(c.oid, 'pg_class') is null
union all
select p.oid::regprocedure::text, 'has no comment'
  from pg_catalog.pg_proc p
 where p.pronamespace in ('public'::regnamespace, 'integration'::regnamespace)
   and pg_catalog.obj_description(p.oid, 'pg_proc') is null
