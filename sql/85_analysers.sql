-- Analysers: which instruments a clinic has, what their codes mean, and what they sent. Nothing an analyser sends is
-- lost: what cannot be filed goes to a worklist, with the reason.

create table public.analysers (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    name text not null,
    sending_application text not null,
    sending_facility text not null default '',
    active boolean not null default true,
    last_seen_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint analyser_belongs_to_clinic unique (clinic_id, id),
    constraint analyser_is_once_per_clinic unique (clinic_id, sending_application, sending_facility),
    constraint analyser_name_is_filled check (btrim(name) <> ''),
    constraint analyser_application_is_filled check (btrim(sending_application) <> '')
);
comment on table public.analysers is 'Instruments that send results, known by MSH-3 and MSH-4 of their messages.';

create table public.analyser_codes (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    analyser_id uuid not null,
    analyser_code text not null,
    test_code text,
    analyser_unit text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint analyser_code_is_once unique (analyser_id, analyser_code),
    constraint analyser_code_is_filled check (btrim(analyser_code) <> ''),
    constraint analyser_code_analyser_is_of_the_same_clinic
        foreign key (clinic_id, analyser_id) references public.analysers (clinic_id, id)
);
comment on table public.analyser_codes is 'What an analyser''s code means in the catalogue. A code that is a catalogue code itself needs no row.';
comment on column public.analyser_codes.test_code is 'Code of the test; null: what the analyser sends under this code is not wanted (a histogram, a serial number).';
comment on column public.analyser_codes.analyser_unit is 'How the analyser writes the test''s own unit; another spelling, never another unit.';
create index analyser_codes_analyser on public.analyser_codes (clinic_id, analyser_id);

create table public.analyser_messages (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    analyser_id uuid not null,
    control_id text not null,
    sha256 text not null,
    message_type text,
    version text,
    sent_at timestamptz,
    received_at timestamptz not null default now(),
    observations integer not null default 0,
    taken integer not null default 0,
    unmatched integer not null default 0,
    repeats integer not null default 0,
    constraint analyser_message_belongs_to_clinic unique (clinic_id, id),
    constraint analyser_message_is_once unique (analyser_id, control_id, sha256),
    constraint analyser_message_analyser_is_of_the_same_clinic
        foreign key (clinic_id, analyser_id) references public.analysers (clinic_id, id)
);
comment on table public.analyser_messages is 'Every message that was acknowledged, known again by its control id and content; holds no results itself.';
comment on column public.analyser_messages.repeats is 'How often the same message came again.';
create index analyser_messages_analyser on public.analyser_messages (clinic_id, analyser_id, received_at);

create table public.unmatched_results (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    analyser_id uuid not null,
    message_id uuid not null,
    accession_number text,
    analyser_code text not null,
    analyser_name text,
    value jsonb not null,
    reason text not null,
    detail text not null,
    observed_at timestamptz,
    received_at timestamptz not null default clock_timestamp(),  -- those of one message stay in its order
    resolved_at timestamptz,
    resolved_by uuid,
    resolution text,
    note text,
    constraint unmatched_reason_is_known check (reason in
        ('no_accession', 'unknown_accession', 'unknown_code', 'not_ordered', 'unit_differs', 'unreadable', 'order_closed', 'patient_differs',
         'withdrawn', 'newer_there')),
    constraint unmatched_resolution_is_whole check ((resolved_at is null) = (resolution is null)),
    constraint unmatched_resolution_is_known check (resolution in ('filed', 'discarded')),
    constraint unmatched_analyser_is_of_the_same_clinic
        foreign key (clinic_id, analyser_id) references public.analysers (clinic_id, id),
    constraint unmatched_message_is_of_the_same_clinic
        foreign key (clinic_id, message_id) references public.analyser_messages (clinic_id, id),
    constraint unmatched_resolver_is_of_the_same_clinic
        foreign key (clinic_id, resolved_by) references public.staff (clinic_id, id)
);
comment on table public.unmatched_results is 'The laboratory''s worklist: results that came and could not be filed under an order.';
comment on column public.unmatched_results.detail is 'Indonesian, says what is wrong and what to do.';
create index unmatched_results_open on public.unmatched_results (clinic_id, analyser_id, analyser_code) where resolved_at is null;
create index unmatched_results_analyser on public.unmatched_results (clinic_id, analyser_id);
create index unmatched_results_message on public.unmatched_results (clinic_id, message_id);
create index unmatched_results_resolver on public.unmatched_results (clinic_id, resolved_by);
create index unmatched_results_accession on public.unmatched_results (clinic_id, accession_number) where resolved_at is null;

alter table public.results add constraint result_analyser_is_of_the_same_clinic
    foreign key (clinic_id, analyser_id) references public.analysers (clinic_id, id);
create index results_analyser on public.results (clinic_id, analyser_id);

create trigger analysers_touch before update on public.analysers
    for each row execute function private.touch_updated_at();
create trigger analyser_codes_touch before update on public.analyser_codes
    for each row execute function private.touch_updated_at();

-- The order of states as an analyser walks it: a tube that is measured was taken and received.
create function private.reach_preliminary(p_order uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders;
begin
    select * into o from public.diagnostic_orders d where d.id = p_order;
    if o.state = 'ordered' then perform private.move_order(o.id, 'collected', 'Hasil alat sudah datang'); end if;
    if o.state in ('ordered', 'collected') then perform private.move_order(o.id, 'in_process', 'Hasil alat sudah datang'); end if;
    if o.state in ('ordered', 'collected', 'in_process') then perform private.move_order(o.id, 'preliminary'); end if;
end $$;
comment on function private.reach_preliminary(uuid) is 'A result came by itself: the order is preliminary now.';

create function private.says(r public.results, p_seen jsonb, p_unit text) returns boolean
language sql immutable set search_path = '' as $$
    select coalesce(case r.value_type
        when 'numeric' then case when p_seen ->> 'numeric' ~ '^-?[0-9]{1,12}(\.[0-9]{1,8})?$' then (p_seen ->> 'numeric')::numeric end = r.value_numeric
                            and r.comparator is not distinct from p_seen ->> 'comparator' and p_seen ->> 'unit' in (r.unit, p_unit)
        when 'coded' then lower(coalesce(p_seen ->> 'coded', btrim(p_seen ->> 'text'))) in (lower(r.value_code), lower(r.value_display))
        else btrim(p_seen ->> 'text') = r.value_text end, false)
$$;
comment on function private.says(public.results, jsonb, text) is 'Whether a result is what an analyser tells; p_unit is how it writes the unit.';

-- File one observation; answers null when it is filed (or was, or is not wanted), else {reason, detail}.
create function private.file_observation(p_clinic uuid, p_analyser uuid, p_seen jsonb, p_order uuid default null, p_code text default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    m public.analyser_codes;
    o public.diagnostic_orders;
    a record;
    old public.results;
    v_code text;
    v_number text := private.plain_number(p_seen ->> 'accession_number');
    v_unit text := p_seen ->> 'unit';
    v_told text;
begin
    select * into m from public.analyser_codes c where c.analyser_id = p_analyser and c.analyser_code = p_seen ->> 'code';
    v_code := coalesce(p_code, m.test_code, case when m.id is null then (
        select e.code from public.examinations e where e.clinic_id = p_clinic and e.code = upper(p_seen ->> 'code') and e.superseded_at is null and e.kind = 'test') end);
    if m.id is not null and m.test_code is null and p_code is null then return null; end if;
    if p_seen ->> 'status' in ('X', 'D', 'W', 'I') then
        return jsonb_build_object('reason', 'withdrawn', 'detail', 'Alat menarik kembali atau tidak dapat memberi hasil ini. Periksa alat dan ulangi bila perlu.');
    elsif p_seen ->> 'problem' is not null then
        return jsonb_build_object('reason', 'unreadable', 'detail', 'Nilai dari alat tidak terbaca. Isi hasilnya dari layar alat.');
    elsif v_code is null then
        return jsonb_build_object('reason', 'unknown_code', 'detail', format('Kode alat %s belum dipetakan ke pemeriksaan. Petakan kode ini.', left(p_seen ->> 'code', 40)));
    elsif v_number is null and p_order is null then
        return jsonb_build_object('reason', 'no_accession', 'detail', 'Alat tidak menyebut nomor spesimen. Pilih permintaan pemeriksaannya.');
    end if;
    select * into o from public.diagnostic_orders d where d.id = coalesce(p_order, private.order_numbered(p_clinic, v_number)) for no key update;
    if not found then
        return jsonb_build_object('reason', 'unknown_accession', 'detail', 'Nomor spesimen dari alat tidak dikenal. Pilih permintaan pemeriksaannya.');
    elsif p_order is null and nullif(btrim(p_seen ->> 'patient_number'), '') is not null and not exists (
            select from public.patients p where p.id = o.patient_id and btrim(p_seen ->> 'patient_number') in (p.medical_record_number, p.nik)) then
        return jsonb_build_object('reason', 'patient_differs', 'detail', 'Nomor pasien dari alat bukan pasien dari spesimen ini. Periksa label dan pasiennya.');
    elsif o.state in ('final', 'amended', 'cancelled') then
        select * into a from private.analyte_of(o.id, v_code);
        if o.state <> 'cancelled' and exists (select from public.results r where r.item_id = a.item_id and r.code = v_code and r.superseded_at is null
                and private.says(r, p_seen, m.analyser_unit)) then return null; end if;
        return jsonb_build_object('reason', 'order_closed', 'detail', 'Permintaan sudah final atau dibatalkan. Bila hasil berubah, ubah hasilnya dengan alasan.');
    elsif exists (select from public.specimens s where s.clinic_id = p_clinic and s.accession_number = v_number and s.rejected_at is not null) and p_order is null then
        return jsonb_build_object('reason', 'order_closed', 'detail', 'Spesimen ini sudah ditolak. Gunakan hasil dari spesimen penggantinya.');
    end if;
    select * into a from private.analyte_of(o.id, v_code);
    if a.item_id is null or (a.examination).id is null then
        return jsonb_build_object('reason', 'not_ordered', 'detail', format('Pemeriksaan %s tidak diminta untuk spesimen ini. Mintakan tambahannya atau buang hasil ini.', v_code));
    end if;
    -- What was measured, or waited here, before the value that counts now must not take its place by itself.
    select * into old from public.results r where r.item_id = a.item_id and r.code = v_code and r.superseded_at is null;
    if p_order is null and (old.entered_at > (p_seen ->> 'received_at')::timestamptz
            or (old.analyser_id = p_analyser and (p_seen ->> 'observed_at')::timestamptz < old.observed_at
                and (p_seen ->> 'observed_at')::timestamptz >= o.ordered_at - interval '1 day')) then
        if exists (select from public.results r where r.item_id = a.item_id and r.code = v_code and r.status <> 'void'
                      and private.says(r, p_seen, m.analyser_unit)) then return null; end if;
        return jsonb_build_object('reason', 'newer_there', 'detail', format('Hasil %s yang lebih baru sudah ada. Pilih permintaannya bila hasil ini yang benar, atau buang.', v_code));
    end if;
    if v_unit is not null and v_unit = m.analyser_unit then v_unit := (a.examination).unit; end if;
    v_told := private.file_result(o, a.item_id, a.examination, p_seen || jsonb_build_object('unit', v_unit, 'comment', nullif(p_seen ->> 'note', '')),
                                  'analyser', 'preliminary', p_analyser, null);
    if v_told = 'taken' then perform private.reach_preliminary(o.id); perform private.tell_of_unverified(o); end if;
    if v_told in ('taken', 'same') then return null; end if;
    return jsonb_build_object('reason', case when v_told like 'Satuan%' then 'unit_differs' else 'unreadable' end, 'detail', v_told);
end $$;
comment on function private.file_observation(uuid, uuid, jsonb, uuid, text) is 'Files what an analyser measured under its order; null, or why it could not.';

create function private.receive_results(p_clinic uuid, p_message jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    n public.analysers;
    v_message uuid;
    s jsonb;
    v_why jsonb;
    v_repeated boolean;
    v_taken integer := 0;
    v_unmatched integer := 0;
begin
    select * into n from public.analysers x
     where x.active and x.sending_application = p_message ->> 'sending_application'
       and x.sending_facility in (coalesce(p_message ->> 'sending_facility', ''), '')
       and (p_clinic is null or x.clinic_id = p_clinic)
     order by x.sending_facility = '', x.created_at limit 1;
    if not found then
        return jsonb_build_object('acknowledgement', 'AR', 'text', 'This analyser is not registered', 'duplicate', false, 'taken', 0, 'unmatched', 0);
    end if;
    -- Accession numbers are each clinic's own: a guess between two clinics would be a guess between two patients.
    if p_clinic is null and exists (select from public.analysers x where x.active and x.sending_application = n.sending_application
            and x.sending_facility = n.sending_facility and x.clinic_id <> n.clinic_id) then
        return jsonb_build_object('acknowledgement', 'AR', 'text', 'This analyser is registered at several clinics; name it by MSH-4',
                                  'duplicate', false, 'taken', 0, 'unmatched', 0);
    end if;
    if jsonb_typeof(p_message -> 'observations') is distinct from 'array' then
        return jsonb_build_object('acknowledgement', 'AE', 'text', 'The message holds no list of observations',
                                  'duplicate', false, 'taken', 0, 'unmatched', 0);
    end if;
    -- The same message sent at the same moment twice: the second waits here for the first, and is a repeat.
    insert into public.analyser_messages as g (clinic_id, analyser_id, control_id, sha256, message_type, version, sent_at, observations)
    values (n.clinic_id, n.id, p_message ->> 'control_id', p_message ->> 'sha256', p_message ->> 'message_type', p_message ->> 'version',
            (p_message ->> 'sent_at')::timestamptz, jsonb_array_length(p_message -> 'observations'))
    on conflict on constraint analyser_message_is_once do update set repeats = g.repeats + 1
    returning g.id, g.taken, g.unmatched, g.repeats > 0 into v_message, v_taken, v_unmatched, v_repeated;
    if v_repeated then
        return jsonb_build_object('acknowledgement', 'AA', 'text', 'Received before', 'duplicate', true, 'taken', v_taken, 'unmatched', v_unmatched);
    end if;
    -- In the order of the orders' ids (as the numbers are read below), so that messages about the same tubes never wait for each other crosswise.
    for s in select x.value from jsonb_array_elements(p_message -> 'observations') with ordinality x (value, place)
              order by private.order_numbered(n.clinic_id, x.value ->> 'accession_number'), x.place loop
        -- When it came is this database's to say, not the message's.
        v_why := private.file_observation(n.clinic_id, n.id, case jsonb_typeof(s) when 'object' then s - 'received_at' else s end);
        if v_why is null then v_taken := v_taken + 1; continue; end if;
        v_unmatched := v_unmatched + 1;
        insert into public.unmatched_results (clinic_id, analyser_id, message_id, accession_number, analyser_code, analyser_name, value, reason, detail, observed_at)
        values (n.clinic_id, n.id, v_message, left(s ->> 'accession_number', 64), left(coalesce(s ->> 'code', ''), 64), left(s ->> 'name', 100), s,
                v_why ->> 'reason', v_why ->> 'detail', (s ->> 'observed_at')::timestamptz);
    end loop;
    update public.analyser_messages g set taken = v_taken, unmatched = v_unmatched where g.id = v_message;
    -- Not at every message: those of one analyser would wait for each other.
    update public.analysers x set last_seen_at = now()
     where x.id = n.id and coalesce(x.last_seen_at, '-infinity') < now() - interval '1 minute';
    return jsonb_build_object('acknowledgement', 'AA', 'text', 'Received', 'duplicate', false, 'taken', v_taken, 'unmatched', v_unmatched);
end $$;
comment on function private.receive_results(uuid, jsonb) is 'Everything of one message is filed or on the worklist, or nothing is.';
grant execute on function private.receive_results(uuid, jsonb) to service_role;
create function integration.receive_results(p_clinic uuid, p_message jsonb) returns jsonb
language sql set search_path = '' as $$ select private.receive_results(p_clinic, p_message) $$;
comment on function integration.receive_results(uuid, jsonb) is
    'Take one message of an analyser: answers the acknowledgement that may be given once this is committed.';

create function private.waited(u public.unmatched_results) returns jsonb
language sql immutable set search_path = '' as $$
    select case jsonb_typeof(u.value) when 'object' then u.value || jsonb_build_object('received_at', u.received_at) else u.value end
$$;
comment on function private.waited(public.unmatched_results) is 'What an analyser told, and since when it waits.';

-- Worklist: filed under an order (and, where the code is not mapped, under a test) or discarded, by name.
create function private.match_result(p_result uuid, p_order uuid, p_code text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    u public.unmatched_results;
    v_why jsonb;
begin
    select * into u from public.unmatched_results x where x.id = p_result and x.resolved_at is null
       and x.clinic_id = any (private.clinics_as('lab')) for no key update;
    if not found then
        raise exception 'Hasil tidak ditemukan dalam daftar kerja' using errcode = 'no_data_found';
    end if;
    if p_order is not null and not exists (select from public.diagnostic_orders o where o.id = p_order and o.clinic_id = u.clinic_id) then
        raise exception 'Permintaan pemeriksaan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    v_why := private.file_observation(u.clinic_id, u.analyser_id, private.waited(u),
        -- Somebody looked and chose it, although a newer one is there.
        coalesce(p_order, case u.reason when 'newer_there' then private.order_numbered(u.clinic_id, u.accession_number) end), p_code);
    if v_why is not null then perform private.refuse_result(v_why ->> 'detail'); end if;
    update public.unmatched_results x set resolved_at = now(), resolution = 'filed', resolved_by = private.my_staff(u.clinic_id) where x.id = u.id;
end $$;
create function private.discard_result(p_result uuid, p_note text) returns void
language plpgsql security definer set search_path = '' as $$
begin
    if nullif(btrim(p_note), '') is null then
        perform private.refuse_result('Tulis mengapa hasil ini tidak dipakai');
    end if;
    update public.unmatched_results x set resolved_at = now(), resolution = 'discarded', note = btrim(p_note), resolved_by = private.my_staff(x.clinic_id)
     where x.id = p_result and x.resolved_at is null and x.clinic_id = any (private.clinics_as('lab'));
    if not found then
        raise exception 'Hasil tidak ditemukan dalam daftar kerja' using errcode = 'no_data_found';
    end if;
end $$;
create function public.match_result(result_id uuid, order_id uuid default null, test_code text default null) returns void
language sql security invoker set search_path = '' as $$ select private.match_result(result_id, order_id, test_code) $$;
comment on function public.match_result(uuid, uuid, text) is 'Laboratory: file a result of the worklist, under this order and test where they are named.';
create function public.discard_result(result_id uuid, note text) returns void
language sql security invoker set search_path = '' as $$ select private.discard_result(result_id, note) $$;
comment on function public.discard_result(uuid, text) is 'Laboratory: a result of the worklist is not used, with the reason on record.';

-- A code that is mapped files by itself what waited for it.
create function private.on_analyser_code() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    u public.unmatched_results;
    v_why jsonb;
begin
    for u in select * from public.unmatched_results x where x.clinic_id = new.clinic_id and x.analyser_id = new.analyser_id
                and x.analyser_code = new.analyser_code and x.resolved_at is null
                and x.reason in ('unknown_code', 'unit_differs', 'not_ordered', 'unreadable')  -- the last two: it was mapped wrongly before
              -- Orders in the order in which messages lock them; what somebody decides this instant is theirs.
              order by private.order_numbered(x.clinic_id, x.accession_number), x.received_at, x.id limit 500 for no key update skip locked loop
        v_why := private.file_observation(u.clinic_id, u.analyser_id, private.waited(u));
        update public.unmatched_results x
           set resolved_at = case when v_why is null then now() end, resolution = case when v_why is null then 'filed' end,
               resolved_by = case when v_why is null then private.my_staff(u.clinic_id) end,
               reason = coalesce(v_why ->> 'reason', x.reason), detail = coalesce(v_why ->> 'detail', x.detail)
         where x.id = u.id;
    end loop;
    return null;
end $$;
create trigger analyser_codes_zz_file after insert or update of test_code, analyser_unit on public.analyser_codes
    for each row execute function private.on_analyser_code();

alter table public.analysers enable row level security;
alter table public.analyser_codes enable row level security;
alter table public.analyser_messages enable row level security;
alter table public.unmatched_results enable row level security;
create policy "Laboratory and management read analysers" on public.analysers
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'lab'))::uuid[]));
create policy "Admin and laboratory add analysers" on public.analysers
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]));
create policy "Admin and laboratory edit analysers" on public.analysers
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]));
create policy "Laboratory and management read what codes mean" on public.analyser_codes
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'lab'))::uuid[]));
create policy "Admin and laboratory map codes" on public.analyser_codes
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]));
create policy "Admin and laboratory map codes anew" on public.analyser_codes
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'lab'))::uuid[]));
create policy "Laboratory and management read which messages came" on public.analyser_messages
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'lab'))::uuid[]));
create policy "The laboratory reads its worklist" on public.unmatched_results
    for select to authenticated using (clinic_id = any ((select private.clinics_as('lab'))::uuid[]));
grant select, insert on public.analysers, public.analyser_codes to authenticated;
grant update (name, sending_application, sending_facility, active) on public.analysers to authenticated;
grant update (test_code, analyser_unit) on public.analyser_codes to authenticated;
grant select on public.analyser_messages, public.unmatched_results to authenticated, service_role;
grant select, insert, update, delete on public.analysers, public.analyser_codes to service_role;
call private.hand_to_people('match_result', 'discard_result');
call private.hand_to_workers();
alter publication supabase_realtime add table public.unmatched_results;
