-- A primary key that tells how many there are, or lets the next one be guessed, where people can read it.
-- A key may be a random uuid, or be made of references and words beside one (staff_id + role).
select c.conrelid::regclass::text || '.' || a.attname as object, 'key is no random uuid' as finding
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where c.contype = 'p'
   and pg_catalog.has_any_column_privilege('authenticated', c.conrelid, 'select')
   and c.connamespace in ('public'::regnamespace, 'integration'::regnamespace)
   and not (t.typname = 'uuid'
            and (pg_catalog.pg_get_expr(d.adbin, d.adrelid) = 'gen_random_uuid()'
                 or exists (select from pg_catalog.pg_constraint f
                             where f.contype = 'f' and f.conrelid = c.conrelid and a.attnum = any (f.conkey))))
   and not (t.typtype = 'e' and array_length(c.conkey, 1) > 1)
