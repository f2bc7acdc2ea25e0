-- name: create_bucket
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ($1, $2, $3, $4, $5);

-- name: buckets
select * from storage.buckets order by name;

-- name: bucket
select * from storage.buckets where id = $1;

-- name: update_bucket
update storage.buckets set public = $2, file_size_limit = $3, allowed_mime_types = $4, updated_at = now()
 where id = $1;

-- name: delete_bucket
delete from storage.buckets where id = $1;

-- name: empty_bucket
delete from storage.objects where bucket_id = $1 returning id;

-- name: create_object
insert into storage.objects (id, bucket_id, name, owner, owner_id, metadata, user_metadata, version)
values ($1, $2, $3, $4::uuid, $4::uuid::text, $5, $6, $7);

-- name: replace_object
insert into storage.objects (id, bucket_id, name, owner, owner_id, metadata, user_metadata, version)
values ($1, $2, $3, $4::uuid, $4::uuid::text, $5, $6, $7)
    on conflict (bucket_id, name) do update
   set metadata = excluded.metadata, user_metadata = excluded.user_metadata,
       version = excluded.version, updated_at = now();

-- name: object
select * from storage.objects where bucket_id = $1 and name = $2;

-- name: remove_objects
delete from storage.objects where bucket_id = $1 and name = any ($2::text[]) returning *;

-- name: list_objects
-- One entry per name below the prefix; what lies deeper appears as its folder.
with below as (
    select split_part(substr(name, length($2) + 1), '/', 1) as entry,
           strpos(substr(name, length($2) + 1), '/') > 0 as deeper,
           objects.*
      from storage.objects
     where bucket_id = $1 and starts_with(name, $2)
), entries as (
    select distinct on (entry, deeper) entry, deeper, id, created_at, updated_at, last_accessed_at, metadata
      from below
     order by entry, deeper
)
select * from entries where entry like '%' || $5 || '%' order by entry limit $3 offset $4;
