-- A policy for people that does not ask who is calling, or that is content when nobody is.
select p.schemaname || '.' || p.tablename as object, p.policyname as finding
  from pg_catalog.pg_policies p
 cross join lateral (select coalesce(p.qual, '') || ' ' || coalesce(p.with_check, '') as said) x
 where p.schemaname in ('public', 'integration')
   and (p.roles && array['anon', 'public']::name[]
        or x.said !~ '(private\.(clinics_as|my_clinics|my_patients|my_staff_ids)|auth\.uid)\('
        or x.said ~* 'auth\.(uid|jwt|role)\(\)[^)]*\)* is null')
