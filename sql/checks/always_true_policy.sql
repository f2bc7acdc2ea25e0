-- A policy that lets every signed-in person, or everybody, pass. Lookup tables may be listed here, with a reason.
select p.schemaname || '.' || p.tablename as object, p.policyname || ': ' || p.cmd as finding
  from pg_catalog.pg_policies p
 where p.schemaname in ('public', 'integration')
   and (btrim(coalesce(p.qual, ''), '() ') in ('true', '1 = 1')
        or btrim(coalesce(p.with_check, ''), '() ') in ('true', '1 = 1'))
