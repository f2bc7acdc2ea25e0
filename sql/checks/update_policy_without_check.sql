-- An update policy that does not say what the row may become.
select p.schemaname || '.' || p.tablename as object, p.policyname as finding
  from pg_catalog.pg_policies p
 where p.schemaname in ('public', 'integration')
   and p.cmd in ('UPDATE', 'ALL') and p.with_check is null
