-- Anything at all for somebody who has not signed in, on a table, a column, a sequence or a function.
select r.object, r.finding
  from (select c.oid::regclass::text as object, a.privilege_type as finding, a.grantee, c.relnamespace as place
          from pg_catalog.pg_class c cross join lateral pg_catalog.aclexplode(c.relacl) a
        union all
        select t.attrelid::regclass || '.' || t.attname, a.privilege_type, a.grantee, c.relnamespace
          from pg_catalog.pg_attribute t
          join pg_catalog.pg_class c on c.oid = t.attrelid
         cross join lateral pg_catalog.aclexplode(t.attacl) a
        union all
        select p.oid::regprocedure::text, a.privilege_type, a.grantee, p.pronamespace
          from pg_catalog.pg_proc p cross join lateral pg_catalog.aclexplode(p.proacl) a) r
 where r.place in ('public'::regnamespace, 'integration'::regnamespace, 'private'::regnamespace)
   and r.grantee in (0, 'anon'::regrole)
