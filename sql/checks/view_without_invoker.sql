-- A view that shows what its owner may see, and anything that cannot have row level security at all.
select c.oid::regclass::text as object,
       case c.relkind when 'v' then 'security_invoker is off' when 'm' then 'materialized view'
                      else 'foreign table' end as finding
  from pg_catalog.pg_class c
 where c.relnamespace in ('public'::regnamespace, 'integration'::regnamespace)
   and (c.relkind in ('m', 'f')
        or c.relkind = 'v' and not coalesce(c.reloptions, '{}')
                                   && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'])
