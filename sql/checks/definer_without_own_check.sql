-- A function with its owner's rights that people may call and that does not look who they are.
select p.oid::regprocedure::text as object, 'does not ask which clinics are the caller''s' as finding
  from pg_catalog.pg_proc p
 where p.prosecdef and p.pronamespace = 'private'::regnamespace
   and pg_catalog.has_function_privilege('authenticated', p.oid, 'execute')
   and p.prosrc !~ '(private\.(clinics_as|my_clinics|my_patients|my_staff_ids|order_for|file_for)|auth\.uid)\('
