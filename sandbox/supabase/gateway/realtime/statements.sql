-- name: table_facts
-- What the stream does not say about a table: type names, its key, whether RLS is in force, and how
-- its changes are told.
select c.relrowsecurity as guarded,
       array(select a.attname::text from pg_catalog.pg_index i
               join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
              where i.indrelid = c.oid and i.indisprimary order by a.attnum) as key,
       (select jsonb_object_agg(a.attname, jsonb_build_object(
                   'name', t.typname, 'sql', pg_catalog.format_type(t.oid, null)))
          from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as types
  from pg_catalog.pg_class c
 where c.oid = $1;

-- name: readable_columns
select array(select a.attname::text from pg_catalog.pg_attribute a
              where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
                and pg_catalog.has_column_privilege($2::text, a.attrelid, a.attnum, 'select'));

-- name: still_committing
select pg_catalog.pg_xact_status($1::text::xid8) = 'in progress';

-- name: offer_message
-- A trial row: whoever may select it may listen to the topic.
with topic as (select set_config('realtime.topic', $1, true))
insert into realtime.messages (topic, extension) select $1, $2 from topic;

-- name: sees_message
select exists (select from realtime.messages where topic = $1 and extension = $2);
