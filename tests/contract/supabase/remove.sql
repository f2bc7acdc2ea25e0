drop policy if exists "People keep files in their own folder" on storage.objects;
drop function if exists public.contract_count(uuid);
drop table if exists public.contract_notes;
