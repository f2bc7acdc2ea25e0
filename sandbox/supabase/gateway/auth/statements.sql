-- name: create_user
insert into auth.users
       (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
        raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000000', coalesce($1::uuid, gen_random_uuid()),
        'authenticated', coalesce($2, 'authenticated'), lower($3),
        extensions.crypt($4, extensions.gen_salt('bf', 6)), case when $5 then now() end,
        $6::jsonb || '{"provider": "email", "providers": ["email"]}', $7, now(), now())
returning *;

-- name: create_identity
insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select users.id::text, users.id,
       jsonb_build_object('sub', users.id, 'email', users.email,
                          'email_verified', users.email_confirmed_at is not null),
       'email', now(), now()
  from auth.users where users.id = $1;

-- name: user_by_id
select * from auth.users where id = $1 and deleted_at is null;

-- name: user_by_password
select * from auth.users
 where email = lower($1) and not is_sso_user and deleted_at is null
   and encrypted_password = extensions.crypt($2, encrypted_password);

-- name: identities
select * from auth.identities where user_id = $1 order by created_at;

-- name: users_page
select *, count(*) over () as total from auth.users where deleted_at is null
 order by created_at desc, id limit $1 offset $2;

-- name: update_user
-- A null changes nothing; metadata are merged key by key, as Auth does it.
update auth.users
   set email = coalesce(lower($2), email),
       encrypted_password = coalesce(extensions.crypt($3, extensions.gen_salt('bf', 6)), encrypted_password),
       email_confirmed_at = case when $4 then coalesce(email_confirmed_at, now()) else email_confirmed_at end,
       raw_app_meta_data = jsonb_strip_nulls(raw_app_meta_data || coalesce($5::jsonb, '{}')),
       raw_user_meta_data = jsonb_strip_nulls(raw_user_meta_data || coalesce($6::jsonb, '{}')),
       role = coalesce($7, role),
       banned_until = case when $8::text is null then banned_until
                           when $8 = 'none' then null
                           else now() + $8::interval end,
       updated_at = now()
 where id = $1 and deleted_at is null
returning *;

-- name: delete_user
delete from auth.users where id = $1 returning id;

-- name: open_session
with signed_in as (
    update auth.users set last_sign_in_at = now() where id = $1 returning id
)
insert into auth.sessions (id, user_id, created_at, updated_at, aal)
select gen_random_uuid(), id, now(), now(), 'aal1' from signed_in
returning id;

-- name: session_is_open
select exists (select from auth.sessions where id = $1);

-- name: add_refresh_token
insert into auth.refresh_tokens (token, user_id, revoked, parent, session_id, created_at, updated_at)
values ($1, $2::uuid::text, false, $3, $4, now(), now());

-- name: use_refresh_token
-- Only one caller can use a token up.
update auth.refresh_tokens set revoked = true, updated_at = now()
 where token = $1 and not revoked
returning session_id, user_id::uuid;

-- name: refresh_token_exists
select exists (select from auth.refresh_tokens where token = $1);

-- name: close_session
delete from auth.sessions where id = $1;

-- name: close_other_sessions
delete from auth.sessions where user_id = $2 and id <> $1;

-- name: close_all_sessions
delete from auth.sessions where user_id = $2 and $1::uuid is not null;
