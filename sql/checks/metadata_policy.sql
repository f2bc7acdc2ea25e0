-- A policy that believes what people write about themselves.
select p.schemaname || '.' || p.tablename as object, p.policyname as finding
  from pg_catalog.pg_policies p
 where p.schemaname in ('public', 'integration')
   and coalesce(p.qual, '') || coalesce(p.with_check, '') ~ '(user_metadata|app_metadata|auth\.jwt)'
