create table public.contract_notes (
    id       bigint generated always as identity,
    author   uuid not null default auth.uid() references auth.users (id) on delete cascade,
    body     text not null,
    amount   numeric,
    details  jsonb,
    written  timestamptz not null default now(),
    primary key (id, author)  -- a number and a uuid: both must find the row for those who may see it
);
alter table public.contract_notes enable row level security;
create policy "People keep their own notes" on public.contract_notes
    for all to authenticated
    using (author = (select auth.uid())) with check (author = (select auth.uid()));
revoke all on public.contract_notes from anon, authenticated, service_role;
grant select, insert, update, delete on public.contract_notes to authenticated, service_role;
alter publication supabase_realtime add table public.contract_notes;

create function public.contract_count(author uuid) returns bigint
    language sql stable security invoker set search_path = ''
as $$
    select count(*) from public.contract_notes n where n.author = contract_count.author
$$;
grant execute on function public.contract_count(uuid) to authenticated, service_role;

create policy "People keep files in their own folder" on storage.objects
    for all to authenticated
    using (bucket_id = 'contract-files' and (storage.foldername(name))[1] = (select auth.uid())::text)
    with check (bucket_id = 'contract-files' and (storage.foldername(name))[1] = (select auth.uid())::text);
