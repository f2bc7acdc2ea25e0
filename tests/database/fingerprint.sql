-- name: fingerprint
-- Everything a migration can make, one row per thing: what kind, its name, its definition in words.
with places (oid) as (values ('public'::regnamespace), ('integration'::regnamespace), ('private'::regnamespace)),
tables as (
    select c.* from pg_catalog.pg_class c
     where c.relnamespace in (select p.oid from places p) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S'))
select 'schema' as kind, n.nspname::text as name,
       concat_ws(' ', n.nspowner::regrole, n.nspacl::text, obj_description(n.oid, 'pg_namespace')) as definition
  from pg_catalog.pg_namespace n where n.oid in (select p.oid from places p)
union all
select 'relation', t.oid::regclass::text,
       concat_ws(' ', t.relkind, t.relowner::regrole, 'rls', t.relrowsecurity, t.relforcerowsecurity, t.reloptions::text,
                 obj_description(t.oid, 'pg_class'),
                 case when t.relkind in ('v', 'm') then pg_get_viewdef(t.oid) end)
  from tables t
union all
select 'column', t.oid::regclass || '.' || a.attname,
       concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
                 a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl::text,
                 col_description(t.oid, a.attnum))
  from tables t
  join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select 'grant', t.oid::regclass || ' to ' || a.grantee::regrole,
       string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ' ' order by a.privilege_type)
  from tables t cross join lateral pg_catalog.aclexplode(t.relacl) a
 group by t.oid, a.grantee
union all
select 'constraint', c.conrelid::regclass || '.' || c.conname, pg_get_constraintdef(c.oid)
  from pg_catalog.pg_constraint c where c.connamespace in (select p.oid from places p)
union all
select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
  from pg_catalog.pg_index i join tables t on t.oid = i.indrelid
union all
select 'function', f.oid::regprocedure::text,
       concat_ws(E'\n', f.proowner::regrole, f.proacl::text, obj_description(f.oid, 'pg_proc'), pg_get_functiondef(f.oid))
  from pg_catalog.pg_proc f where f.pronamespace in (select p.oid from places p)
union all
select 'trigger', g.tgrelid::regclass || '.' || g.tgname, concat_ws(' ', g.tgenabled, pg_get_triggerdef(g.oid))
  from pg_catalog.pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal
union all
select 'policy', p.schemaname || '.' || p.tablename || ': ' || p.policyname,
       concat_ws(' ', p.permissive, p.cmd, p.roles::text, 'using', p.qual, 'with check', p.with_check)
  from pg_catalog.pg_policies p
union all
select 'type', t.oid::regtype::text,
       concat_ws(' ', obj_description(t.oid, 'pg_type'), t.typacl::text,
                 (select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
                    from pg_catalog.pg_enum e where e.enumtypid = t.oid))
  from pg_catalog.pg_type t
 where t.typnamespace in (select p.oid from places p) and t.typtype in ('e', 'd', 'r')
union all
select 'publication', p.pubname || ': ' || p.schemaname || '.' || p.tablename,
       concat_ws(' ', p.attnames::text, p.rowfilter)
  from pg_catalog.pg_publication_tables p
union all
select 'default privileges', d.defaclrole::regrole || ' in ' || d.defaclnamespace::regnamespace || ' on ' || d.defaclobjtype::text,
       d.defaclacl::text
  from pg_catalog.pg_default_acl d
union all
select 'row', 'integration.targets ' || t.target, t.title from integration.targets t
 order by 1, 2
