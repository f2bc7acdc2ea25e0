-- Files of an order: PDF, images and DICOM. They arrive in a bucket nobody reads, are examined by a worker, and
-- only what was made safe goes to the bucket of results. Examining is a delivery like any other: target "files".

insert into storage.buckets (id, name, public, file_size_limit) values
    ('result-intake', 'result-intake', false, 209715200), ('results', 'results', false, 209715200)
on conflict (id) do nothing;

create table public.result_files (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    patient_id uuid,
    order_id uuid,
    item_id uuid,
    source text not null default 'uploaded',
    file_name text not null,
    accession_number text,
    declared_type text,
    intake_path text not null,
    state text not null default 'expected',
    content_type text,
    byte_size bigint,
    content_hash text,
    sha256 text,
    stored_path text,
    preview_path text,
    thumbnail_path text,
    pages integer,
    width integer,
    height integer,
    study_uid text,
    findings text[] not null default '{}',
    reason text,
    uploaded_by uuid,
    registered_at timestamptz not null default now(),
    arrived_at timestamptz,
    examined_at timestamptz,
    identity_confirmed_at timestamptz,
    identity_confirmed_by uuid,
    discarded_at timestamptz,
    discard_reason text,
    released_at timestamptz,
    constraint file_belongs_to_clinic unique (clinic_id, id),
    constraint file_intake_path_is_once unique (intake_path),
    constraint file_source_is_known check (source in ('uploaded', 'folder', 'dicom')),
    constraint file_state_is_known check (state in ('expected', 'quarantined', 'held', 'refused', 'available', 'discarded')),
    constraint file_name_is_short check (length(file_name) between 1 and 200),
    constraint file_order_has_a_patient check ((order_id is null) = (patient_id is null)),
    constraint file_item_has_an_order check (item_id is null or order_id is not null),
    constraint file_available_is_stored check ((state = 'available') <= (stored_path is not null and sha256 is not null)),
    constraint file_released_is_available check (released_at is null or state = 'available'),
    constraint file_discard_has_a_reason check ((discarded_at is null) = (discard_reason is null)),
    constraint file_order_is_of_the_same_patient
        foreign key (clinic_id, patient_id, order_id) references public.diagnostic_orders (clinic_id, patient_id, id),
    constraint file_item_is_of_the_same_order
        foreign key (clinic_id, order_id, item_id) references public.diagnostic_order_items (clinic_id, order_id, id),
    constraint file_uploader_is_of_the_same_clinic
        foreign key (clinic_id, uploaded_by) references public.staff (clinic_id, id),
    constraint file_confirmer_is_of_the_same_clinic
        foreign key (clinic_id, identity_confirmed_by) references public.staff (clinic_id, id)
);
comment on table public.result_files is 'A file of a result, from its announcement to its release; the bytes lie in Storage.';
comment on column public.result_files.state is 'expected (announced), quarantined (arrived, not examined), held (a person must decide), refused, available, discarded.';
comment on column public.result_files.file_name is 'As the sender called it; shown, never used as a path.';
comment on column public.result_files.content_hash is 'SHA-256 of what the sender has, to know it again; sha256 is that of what is stored.';
comment on column public.result_files.released_at is 'Since when the patient may read it.';
create index result_files_order on public.result_files (clinic_id, patient_id, order_id);
create index result_files_of_order on public.result_files (order_id);
create index result_files_item on public.result_files (clinic_id, order_id, item_id);
create index result_files_uploader on public.result_files (clinic_id, uploaded_by);
create index result_files_confirmer on public.result_files (clinic_id, identity_confirmed_by);
create index result_files_by_day on public.result_files (clinic_id, arrived_at);
create index result_files_patient on public.result_files (patient_id);
create index result_files_undecided on public.result_files (clinic_id) where state in ('held', 'quarantined');
create index result_files_expected on public.result_files (registered_at) where state = 'expected';
create unique index result_file_is_known_again on public.result_files (clinic_id, content_hash, coalesce(accession_number, ''))
    where content_hash is not null and discarded_at is null;

create table public.file_reads (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    file_id uuid not null,
    user_id uuid not null references auth.users (id) on delete restrict,
    version text not null default 'original',
    at timestamptz not null default now(),
    constraint file_read_version_is_known check (version in ('original', 'preview', 'thumbnail')),
    constraint file_read_is_of_the_same_clinic
        foreign key (clinic_id, file_id) references public.result_files (clinic_id, id)
);
comment on table public.file_reads is 'Append-only: who was given which file, when.';
create index file_reads_file on public.file_reads (clinic_id, file_id, at);
create index file_reads_user on public.file_reads (user_id);

-- What a name may look like when it is shown: no path, no sign that ends a line.
create function private.plain_name(p_name text) returns text
language sql immutable set search_path = '' as $$
    select coalesce(nullif(left(btrim(regexp_replace(regexp_replace(coalesce(p_name, ''), '^.*[/\\]', ''), '[^[:alnum:] ._()-]', '_', 'g')), 200), ''), 'berkas')
$$;
comment on function private.plain_name(text) is 'A file name fit to be shown.';

create function private.file_changed(f public.result_files) returns void
language sql security definer set search_path = '' as $$
    select private.want_delivery('files', 'result_file', f.id, f.clinic_id,
                                 (f.arrived_at at time zone c.time_zone)::date, f.state <> 'expected')
      from public.clinics c where c.id = f.clinic_id
$$;
comment on function private.file_changed(public.result_files) is 'A file that arrived is to be examined (again).';

create function private.order_numbers(p_order uuid) returns setof text
language sql stable security definer set search_path = '' as $$
    select o.accession_number from public.diagnostic_orders o where o.id = p_order
    union select s.accession_number from public.diagnostic_orders o
                 join public.specimens s on s.clinic_id = o.clinic_id and s.order_id = o.id where o.id = p_order
    union select i.accession_number from public.diagnostic_order_items i where i.order_id = p_order and i.accession_number is not null
$$;
comment on function private.order_numbers(uuid) is 'Every accession number that means this order.';

-- As it stands on the label, whoever typed it into the instrument.
create function private.plain_number(p_accession text) returns text
language sql immutable set search_path = '' as $$ select nullif(upper(btrim(p_accession)), '') $$;
comment on function private.plain_number(text) is 'An accession number without the blanks and small letters somebody gave it.';

create function private.order_numbered(p_clinic uuid, p_accession text) returns uuid
language sql stable security definer set search_path = '' as $$
    select coalesce(
        (select o.id from public.diagnostic_orders o where o.clinic_id = p_clinic and o.accession_number = private.plain_number(p_accession)),
        (select s.order_id from public.specimens s where s.clinic_id = p_clinic and s.accession_number = private.plain_number(p_accession)),
        (select i.order_id from public.diagnostic_order_items i where i.clinic_id = p_clinic and i.accession_number = private.plain_number(p_accession)))
$$;
comment on function private.order_numbered(uuid, text) is 'The order that an accession number means; null when there is none.';

create function private.require_item(p_order uuid, p_item uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
    if p_item is not null and not exists (select from public.diagnostic_order_items i where i.id = p_item and i.order_id = p_order) then
        raise exception 'Pemeriksaan ini bukan bagian dari permintaannya' using errcode = 'no_data_found';
    end if;
end $$;
comment on function private.require_item(uuid, uuid) is 'Refuses an item of any other order.';

create function private.register_upload(p_order uuid, p_file_name text, p_declared_type text, p_byte_size bigint, p_item uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab}', '{lab,doctor}', '{ordered,collected,in_process,preliminary,final,amended}');
    f public.result_files;
    v_staff uuid := private.my_staff(o.clinic_id);
begin
    if (select count(*) from public.result_files x where x.clinic_id = o.clinic_id and x.uploaded_by = v_staff and x.state = 'expected'
           and x.registered_at > now() - interval '1 day') >= 200 then
        raise exception 'Terlalu banyak unggahan yang belum selesai; selesaikan atau tunggu besok'
            using errcode = 'check_violation', constraint = 'file_quota_is_kept';
    end if;
    perform private.require_item(o.id, p_item);
    f.id := gen_random_uuid();
    insert into public.result_files (id, clinic_id, patient_id, order_id, item_id, file_name, declared_type, byte_size, intake_path, uploaded_by, accession_number)
    values (f.id, o.clinic_id, o.patient_id, o.id, p_item, private.plain_name(p_file_name), p_declared_type, p_byte_size,
            o.clinic_id || '/' || f.id, v_staff, null) returning * into f;
    return jsonb_build_object('id', f.id, 'bucket', 'result-intake', 'path', f.intake_path);
end $$;

-- The uploader's own word that the bytes are there; a sweep finds those whose browser was closed.
create function private.upload_done(p_file uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
begin
    select * into f from public.result_files x where x.id = p_file and x.uploaded_by = any (private.my_staff_ids());
    if not found then
        raise exception 'Berkas tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if not exists (select from storage.objects b where b.bucket_id = 'result-intake' and b.name = f.intake_path) and f.state = 'expected' then
        raise exception 'Isi berkas belum sampai; unggah lagi' using errcode = 'check_violation', constraint = 'file_bytes_are_there';
    end if;
    perform private.arrived(f.id);
end $$;

create function private.arrived(p_file uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
begin
    -- Discarded while its bytes were on their way: they are to be removed.
    update public.result_files x set state = case when x.state = 'expected' then 'quarantined' else x.state end, arrived_at = now()
     where x.id = p_file and (x.state = 'expected' or x.state = 'discarded' and x.arrived_at is null) returning * into f;
    if found then perform private.file_changed(f); end if;
end $$;
comment on function private.arrived(uuid) is 'The bytes of a file are in the bucket: it is to be examined.';

create function private.file_for(p_file uuid, p_states text[]) returns public.result_files
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
begin
    -- The delivery before the file, as a worker that records locks them: the two never wait for each other crosswise.
    perform from integration.deliveries d
      where d.target = 'files' and d.kind = 'result_file' and d.subject_id = p_file and d.clinic_id = any (private.clinics_as('lab'))
        for no key update;
    select * into f from public.result_files x where x.id = p_file and x.clinic_id = any (private.clinics_as('lab')) for no key update;
    if not found then
        raise exception 'Berkas tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if f.state <> all (p_states) then
        raise exception 'Berkas berstatus %; tindakan ini tidak dapat dilakukan', f.state
            using errcode = 'check_violation', constraint = 'file_moves_along_its_states';
    end if;
    return f;
end $$;
comment on function private.file_for(uuid, text[]) is 'A file that the laboratory may decide about in its present state, locked.';

create function private.assign_file(p_file uuid, p_order uuid, p_item uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files := private.file_for(p_file, '{quarantined,held}');
begin
    -- Whoever examines it now compares it with the order it had, and puts it under that one.
    if exists (select from integration.deliveries d where d.target = 'files' and d.kind = 'result_file' and d.subject_id = f.id
                  and d.state in ('leased', 'uncertain')) then
        raise exception 'Berkas sedang diperiksa; coba lagi sebentar lagi' using errcode = 'check_violation', constraint = 'file_moves_along_its_states';
    end if;
    perform private.require_item(p_order, p_item);
    update public.result_files x set order_id = o.id, patient_id = o.patient_id, item_id = p_item, state = 'quarantined',
           identity_confirmed_at = null, identity_confirmed_by = null
      from public.diagnostic_orders o
     where x.id = f.id and o.id = p_order and o.clinic_id = f.clinic_id and o.state <> 'cancelled' returning x.* into f;
    if not found then
        raise exception 'Permintaan pemeriksaan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    perform private.file_changed(f);
end $$;

create function private.confirm_file(p_file uuid, p_note text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files := private.file_for(p_file, '{held}');
begin
    if length(btrim(coalesce(p_note, ''))) < 5 then
        raise exception 'Tulis bagaimana identitas pasien dipastikan' using errcode = 'check_violation', constraint = 'file_confirmation_has_a_note';
    end if;
    update public.result_files x set identity_confirmed_at = now(), identity_confirmed_by = private.my_staff(f.clinic_id),
           state = 'quarantined', reason = btrim(p_note) where x.id = f.id returning * into f;
    perform private.file_changed(f);
end $$;

create function private.discard_file(p_file uuid, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files := private.file_for(p_file, '{expected,quarantined,held,refused,available}');
begin
    if nullif(btrim(p_reason), '') is null then
        raise exception 'Tulis alasan berkas dibuang' using errcode = 'check_violation', constraint = 'file_discard_has_a_reason';
    end if;
    -- Bytes that came and were not yet found out have to go too.
    update public.result_files x set state = 'discarded', discarded_at = now(), discard_reason = btrim(p_reason), released_at = null,
           arrived_at = coalesce(x.arrived_at, (select now() from storage.objects b where b.bucket_id = 'result-intake' and b.name = x.intake_path))
     where x.id = f.id returning * into f;
    if f.arrived_at is not null then perform private.file_changed(f); end if;
end $$;

-- The one way to read a file: whether the caller may is asked here, and written down. Who answers with an address
-- (the bridge) signs it for sixty seconds.
create function private.open_file(p_file uuid, p_version text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
    v_path text;
begin
    select * into f from public.result_files x where x.id = p_file and x.state = 'available'
       and (x.clinic_id = any (private.clinics_as('doctor', 'nurse', 'lab'))
            or (x.released_at is not null and x.patient_id = any (private.my_patients())));
    v_path := case p_version when 'original' then f.stored_path when 'preview' then f.preview_path when 'thumbnail' then f.thumbnail_path end;
    if v_path is null then
        raise exception 'Berkas tidak ditemukan' using errcode = 'no_data_found';
    end if;
    insert into public.file_reads (clinic_id, file_id, user_id, version) values (f.clinic_id, f.id, (select auth.uid()), p_version);
    return jsonb_build_object('bucket', 'results', 'path', v_path, 'file_name', f.file_name, 'sha256', f.sha256,
        'content_type', case p_version when 'original' then f.content_type else 'image/jpeg' end);
end $$;

create function public.register_upload(order_id uuid, file_name text, declared_type text default null, byte_size bigint default null, item_id uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$ select private.register_upload(order_id, file_name, declared_type, byte_size, item_id) $$;
comment on function public.register_upload(uuid, text, text, bigint, uuid) is
    'Laboratory (imaging: also doctors): announce a file of an order; answers {id, bucket, path} to upload to.';
create function public.upload_done(file_id uuid) returns void
language sql security invoker set search_path = '' as $$ select private.upload_done(file_id) $$;
comment on function public.upload_done(uuid) is 'Whoever uploaded: the bytes are there, examine them.';
create function public.assign_file(file_id uuid, order_id uuid, item_id uuid default null) returns void
language sql security invoker set search_path = '' as $$ select private.assign_file(file_id, order_id, item_id) $$;
comment on function public.assign_file(uuid, uuid, uuid) is 'Laboratory: which order a file belongs to that named none, or the wrong one.';
create function public.confirm_file(file_id uuid, note text) returns void
language sql security invoker set search_path = '' as $$ select private.confirm_file(file_id, note) $$;
comment on function public.confirm_file(uuid, text) is 'Laboratory: the file is this patient''s although what is written in it says otherwise.';
create function public.discard_file(file_id uuid, reason text) returns void
language sql security invoker set search_path = '' as $$ select private.discard_file(file_id, reason) $$;
comment on function public.discard_file(uuid, text) is 'Laboratory: the file is not to be kept; its bytes go, the record of it stays.';
create function public.open_file(file_id uuid, version text default 'original') returns jsonb
language sql security invoker set search_path = '' as $$ select private.open_file(file_id, version) $$;
comment on function public.open_file(uuid, text) is
    'Carers, laboratory, and the patient once it is released: where an available file lies; each call is kept. version: original, preview or thumbnail.';

create function private.release_files(p_order uuid, p_policies public.release_policy[]) returns void
language sql security definer set search_path = '' as $$
    update public.result_files f set released_at = now()
     where f.order_id = p_order and f.state = 'available' and f.released_at is null
       and not exists (select from public.diagnostic_order_items i
                        where i.order_id = p_order and i.cancelled_at is null and coalesce(f.item_id, i.id) = i.id
                          and (i.released_at is null or private.policy_of(i) <> all (p_policies)))
       and exists (select from public.diagnostic_orders o where o.id = p_order and o.state in ('final', 'amended'))
$$;
comment on function private.release_files(uuid, public.release_policy[]) is
    'Files follow the items they belong to; those of the whole order the last of its items.';

-- What workers call.
create function integration.register_file(p_clinic uuid, p_source text, p_accession text, p_file_name text, p_declared_type text,
                                          p_byte_size bigint, p_content_hash text) returns jsonb
language plpgsql set search_path = '' as $$
begin
    return private.register_file(p_clinic, p_source, p_accession, p_file_name, p_declared_type, p_byte_size, p_content_hash);
end $$;
comment on function integration.register_file(uuid, text, text, text, text, bigint, text) is
    'Announce a file an instrument brought; the same content under the same number is the same file.';
create function private.register_file(p_clinic uuid, p_source text, p_accession text, p_file_name text, p_declared_type text,
                                      p_byte_size bigint, p_content_hash text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
    v_id uuid := gen_random_uuid();
begin
    insert into public.result_files (id, clinic_id, patient_id, order_id, item_id, source, file_name, accession_number, declared_type,
                                     byte_size, content_hash, intake_path)
    select v_id, p_clinic, o.patient_id, o.id, i.id, p_source, private.plain_name(p_file_name), left(nullif(btrim(p_accession), ''), 64),
           p_declared_type, p_byte_size, p_content_hash, p_clinic || '/' || v_id
      from (select) one
      left join public.diagnostic_orders o on o.id = private.order_numbered(p_clinic, p_accession) and o.state <> 'cancelled'
      left join public.diagnostic_order_items i on i.order_id = o.id and i.accession_number = private.plain_number(p_accession)
    on conflict (clinic_id, content_hash, coalesce(accession_number, '')) where content_hash is not null and discarded_at is null
    do nothing returning * into f;
    if f.id is null then
        select * into f from public.result_files x
         where x.clinic_id = p_clinic and x.content_hash = p_content_hash and x.discarded_at is null
           and coalesce(x.accession_number, '') = coalesce(left(nullif(btrim(p_accession), ''), 64), '');
    end if;
    return jsonb_build_object('id', f.id, 'bucket', 'result-intake', 'path', f.intake_path, 'known', f.state <> 'expected');
end $$;
grant execute on function private.register_file(uuid, text, text, text, text, bigint, text) to service_role;

create function integration.file_arrived(p_file uuid) returns void
language sql set search_path = '' as $$ select private.arrived(p_file) $$;
comment on function integration.file_arrived(uuid) is 'The bytes of a file are in the bucket.';
grant execute on function private.arrived(uuid) to service_role;

-- A browser that was closed after the upload and before it said so must not cost a file.
create function private.find_arrivals() returns integer
language plpgsql security definer set search_path = '' as $$
declare
    v_file uuid;
    v_count integer := 0;
begin
    for v_file in select f.id from public.result_files f
                    join storage.objects b on b.bucket_id = 'result-intake' and b.name = f.intake_path
                   where f.state = 'expected' and f.registered_at < now() - interval '30 seconds' limit 200 loop
        perform private.arrived(v_file); v_count := v_count + 1;
    end loop;
    return v_count;
end $$;
create function integration.find_arrivals() returns integer
language sql set search_path = '' as $$ select private.find_arrivals() $$;
comment on function integration.find_arrivals() is 'Files whose bytes came and whose sender never said so.';
grant execute on function private.find_arrivals() to service_role;

create function integration.result_file_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select f.id, f.clinic_id, (f.arrived_at at time zone c.time_zone)::date
      from public.result_files f join public.clinics c on c.id = f.clinic_id
     where f.arrived_at >= (p_since - 1)::timestamptz and (f.arrived_at at time zone c.time_zone)::date >= p_since
       and (p_clinic is null or f.clinic_id = p_clinic)
$$;
comment on function integration.result_file_subjects(date, uuid) is 'Every file that ever arrived since a day.';

create function integration.result_file_snapshot(p_file uuid) returns jsonb
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
begin
    return (
    select jsonb_build_object('kind', 'result_file', 'as_of', now(), 'subject_id', f.id,
        'references', jsonb_build_array('clinic/' || f.clinic_id),
        'clinic', jsonb_build_object('id', c.id, 'name', c.name, 'time_zone', c.time_zone),
        'file', jsonb_build_object('id', f.id, 'source', f.source, 'intake_bucket', 'result-intake', 'intake_path', f.intake_path,
            'file_name', f.file_name, 'declared_type', f.declared_type, 'byte_size', f.byte_size, 'state', f.state,
            'accession_number', f.accession_number, 'identity_confirmed', f.identity_confirmed_at is not null,
            'sha256', f.sha256, 'stored_path', f.stored_path, 'preview_path', f.preview_path, 'thumbnail_path', f.thumbnail_path),
        'order', (select jsonb_build_object('id', o.id, 'accession_number', o.accession_number, 'category', o.category, 'state', o.state,
                'accession_numbers', (select jsonb_agg(n) from private.order_numbers(o.id) n),
                'patient', jsonb_build_object('medical_record_number', p.medical_record_number, 'nik', p.nik,
                    'full_name', p.full_name, 'birth_date', p.birth_date, 'gender', p.gender))
            from public.diagnostic_orders o join public.patients p on p.id = o.patient_id where o.id = f.order_id))
      from public.result_files f join public.clinics c on c.id = f.clinic_id where f.id = p_file);
end $$;
comment on function integration.result_file_snapshot(uuid) is 'A file and whose it should be, as whoever examines it needs to know.';
grant execute on function private.order_numbers(uuid) to service_role;

create function integration.result_file_learned(p_file uuid, p_facts jsonb) returns void
language plpgsql set search_path = '' as $$
begin
    perform private.file_learned(p_file, p_facts);
end $$;
comment on function integration.result_file_learned(uuid, jsonb) is 'What the examination of a file found.';
create function private.file_learned(p_file uuid, p_facts jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
    f public.result_files;
    v_known boolean;
begin
    -- The order before the file, as people who end an order lock them.
    select x.state = 'available' into v_known from public.result_files x where x.id = p_file;
    perform from public.diagnostic_orders o
      where o.id = (select x.order_id from public.result_files x where x.id = p_file) for no key update;
    update public.result_files x
       set state = case when x.discarded_at is null then coalesce(p_facts ->> 'state', x.state) else x.state end,
           released_at = case when coalesce(p_facts ->> 'state', x.state) = 'available' then x.released_at end,
           content_type = coalesce(p_facts ->> 'content_type', x.content_type), byte_size = coalesce((p_facts ->> 'byte_size')::bigint, x.byte_size),
           sha256 = coalesce(p_facts ->> 'sha256', x.sha256),
           stored_path = coalesce(p_facts ->> 'stored_path', x.stored_path), preview_path = coalesce(p_facts ->> 'preview_path', x.preview_path),
           thumbnail_path = coalesce(p_facts ->> 'thumbnail_path', x.thumbnail_path), pages = coalesce((p_facts ->> 'pages')::integer, x.pages),
           width = coalesce((p_facts ->> 'width')::integer, x.width), height = coalesce((p_facts ->> 'height')::integer, x.height),
           study_uid = coalesce(p_facts ->> 'study_uid', x.study_uid), reason = coalesce(p_facts ->> 'reason', x.reason),
           findings = array(select jsonb_array_elements_text(coalesce(p_facts -> 'findings', to_jsonb(x.findings)))), examined_at = now()
     where x.id = p_file returning * into f;
    if f.state = 'available' then
        if f.study_uid is not null then
            update public.diagnostic_order_items i set study_uid = f.study_uid where i.id = f.item_id and i.study_uid is null;
        end if;
        -- What comes late follows what the doctor has seen; what is held is released by name, each time.
        perform private.release_files(f.order_id, '{immediate,after_review}');
        if not v_known then perform private.tell_of_file(f); end if;
    end if;
end $$;
grant execute on function private.file_learned(uuid, jsonb) to service_role;

create function private.my_staff_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(s.id), '{}') from public.staff s where s.user_id = (select auth.uid()) and s.active
$$;
comment on function private.my_staff_ids() is 'The rows of staff that are the calling user''s, at whatever clinics.';

-- Whoever announced a file may put its bytes there, once; reading is nobody's but the workers'.
create function private.may_upload(p_name text) returns boolean
language sql stable security definer set search_path = '' as $$
    select exists (select from public.result_files f where f.intake_path = p_name and f.state = 'expected'
                      and f.uploaded_by in (select s.id from public.staff s where s.user_id = (select auth.uid()) and s.active))
$$;
comment on function private.may_upload(text) is 'Whether the caller announced a file of this name and it has not come yet.';
create policy "Who announced a file uploads it" on storage.objects
    for insert to authenticated with check (bucket_id = 'result-intake' and (select private.may_upload(name)));

alter table public.result_files enable row level security;
alter table public.file_reads enable row level security;
create policy "Carers, lab and management read about files; patients of their own" on public.result_files
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[])
           or (released_at is not null and state = 'available' and patient_id = any ((select private.my_patients())::uuid[])));
create policy "Management reads who read files" on public.file_reads
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
grant select on public.result_files, public.file_reads to authenticated, service_role;

insert into integration.targets (target, title) values ('files', 'Berkas hasil');
insert into integration.kinds (target, kind) values ('files', 'result_file');
call private.hand_to_people('register_upload', 'upload_done', 'assign_file', 'confirm_file', 'discard_file', 'open_file');
grant execute on function private.may_upload(text), private.my_staff_ids() to authenticated, service_role;
call private.hand_to_workers();
alter publication supabase_realtime add table public.result_files;
