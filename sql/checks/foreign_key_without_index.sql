-- A reference whose target cannot be changed without reading the whole table.
-- Listed: references to rows that are never deleted and whose key never changes.
with needless (name, reason) as (values
    ('differences_target_fkey', 'targets are a list of two or three, kept by migrations'),
    ('differences_clinic_id_fkey', 'a clinic is never deleted; the findings are few'))
select c.conrelid::regclass::text as object, c.conname as finding
  from pg_catalog.pg_constraint c
 where c.contype = 'f'
   and c.connamespace in ('public'::regnamespace, 'integration'::regnamespace)
   and c.conname not in (select n.name from needless n)
   and not exists (
        select from pg_catalog.pg_index i
         where i.indrelid = c.conrelid and i.indpred is null
           and (i.indkey::smallint[])[0:array_length(c.conkey, 1) - 1] @> c.conkey)
