-- name: relations
-- Every table and view that the API exposes.
select n.nspname || '.' || c.relname as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where n.nspname in ('public', 'integration') and c.relkind in ('r', 'p', 'v', 'm', 'f')
 order by 1

-- name: functions
-- Every function that the API exposes; a trigger's function cannot be called.
select n.nspname || '.' || p.proname || '('
       || coalesce((select string_agg(pg_catalog.format_type(t, null), ',' order by i)
                      from unnest(p.proargtypes::oid[]) with ordinality a (t, i)), '') || ')' as name
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where n.nspname in ('public', 'integration') and p.prorettype <> 'pg_catalog.trigger'::regtype
 order by 1

-- name: keys
-- The primary key of every table, in the order of its columns.
select c.conrelid::regclass::text as name, n.nspname || '.' || r.relname as full_name,
       array(select a.attname from unnest(c.conkey) with ordinality k (number, i)
               join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
              order by k.i)::text[] as columns
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class r on r.oid = c.conrelid
  join pg_catalog.pg_namespace n on n.oid = r.relnamespace
 where c.contype = 'p' and n.nspname in ('public', 'integration')

-- name: clinic_references
-- Every foreign key that says "of the same clinic": its table, and the column beside clinic_id.
select c.conname as name, n.nspname || '.' || r.relname as table_name, a.attname as column_name,
       fn.nspname || '.' || f.relname as referred
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class r on r.oid = c.conrelid
  join pg_catalog.pg_namespace n on n.oid = r.relnamespace
  join pg_catalog.pg_class f on f.oid = c.confrelid
  join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey) and a.attname <> 'clinic_id'
 where c.contype = 'f' and n.nspname in ('public', 'integration')
   and exists (select from pg_catalog.pg_attribute k
                where k.attrelid = c.conrelid and k.attnum = any (c.conkey) and k.attname = 'clinic_id')
 order by 1

-- name: lone_references
-- Foreign keys inside a clinic that do not carry the clinic with them.
select c.conname as name
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class r on r.oid = c.conrelid
  join pg_catalog.pg_class f on f.oid = c.confrelid
 where c.contype = 'f' and r.relnamespace = 'public'::regnamespace and f.relnamespace = 'public'::regnamespace
   and f.relname <> 'clinics' and array_length(c.conkey, 1) = 1
 order by 1

-- name: columns
-- The columns of a table.
select a.attname as name from pg_catalog.pg_attribute a
 where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped
