-- Orders: what a doctor asks of the laboratory or radiology, the specimens taken for it, and its way to the end.
--
-- An order moves only through the functions below, which know the order of states and who may move it; every
-- move is kept with who and when. Tables are read by the front end and written by nobody.

create type public.diagnostic_order_state as enum (
    'ordered',      -- placed by the doctor; specimens or the patient are awaited
    'collected',    -- every specimen is taken
    'in_process',   -- the laboratory or radiology works on it
    'preliminary',  -- results are in, and nobody has verified them yet
    'final',        -- verified; the doctor was told
    'amended',      -- corrected after it was final
    'cancelled'     -- not to be done, with a reason
);
comment on type public.diagnostic_order_state is 'How far an order is.';

create table public.diagnostic_orders (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    patient_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    staff_id uuid,
    accession_number text not null,
    category text not null,
    state public.diagnostic_order_state not null default 'ordered',
    priority text not null default 'routine',
    clinical_question text,
    diagnosis_code text,
    diagnosis_name text,
    fasting boolean,
    pregnant boolean not null default false,
    performer_id uuid,
    ordered_at timestamptz not null default now(),
    final_at timestamptz,
    amended_at timestamptz,
    reviewed_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint order_belongs_to_clinic unique (clinic_id, id),
    constraint order_belongs_to_patient unique (clinic_id, patient_id, id),
    constraint order_accession_is_once_per_clinic unique (clinic_id, accession_number),
    constraint order_accession_fits_dicom check (accession_number ~ '^[0-9A-Z-]{1,16}$'),
    constraint order_category_is_known check (category in ('laboratory', 'imaging')),
    constraint order_priority_is_known check (priority in ('routine', 'urgent', 'asap', 'stat')),
    constraint order_final_has_a_time check ((state in ('final', 'amended')) <= (final_at is not null)),
    constraint order_amended_has_a_time check ((state = 'amended') = (amended_at is not null)),
    constraint order_cancel_has_a_reason check (
        (state = 'cancelled') = (cancelled_at is not null) and (cancelled_at is null) = (cancel_reason is null)),
    constraint order_visit_is_of_the_same_patient
        foreign key (clinic_id, patient_id, visit_id) references public.visits (clinic_id, patient_id, id),
    constraint order_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id),
    constraint order_performer_is_of_the_same_clinic
        foreign key (clinic_id, performer_id) references public.practitioners (clinic_id, id),
    constraint order_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id)
);
comment on table public.diagnostic_orders is 'What a doctor asked of the laboratory or radiology during a visit.';
comment on column public.diagnostic_orders.accession_number is 'L (laboratory) or R (radiology), day and number: L2611240012. At most 16 characters, as DICOM allows.';
comment on column public.diagnostic_orders.staff_id is 'Who placed it, and is told of the results.';
comment on column public.diagnostic_orders.performer_id is 'Who answers for the results.';
comment on column public.diagnostic_orders.pregnant is 'Reference ranges of pregnancy apply.';
create index diagnostic_orders_visit on public.diagnostic_orders (clinic_id, patient_id, visit_id);
create index diagnostic_orders_of_visit on public.diagnostic_orders (visit_id);
create index diagnostic_orders_practitioner on public.diagnostic_orders (clinic_id, practitioner_id);
create index diagnostic_orders_performer on public.diagnostic_orders (clinic_id, performer_id);
create index diagnostic_orders_staff on public.diagnostic_orders (clinic_id, staff_id);
create index diagnostic_orders_by_time on public.diagnostic_orders (clinic_id, ordered_at);
create index diagnostic_orders_open on public.diagnostic_orders (clinic_id, state)
    where state in ('ordered', 'collected', 'in_process', 'preliminary');

create table public.diagnostic_order_history (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    order_id uuid not null,
    state public.diagnostic_order_state not null,
    at timestamptz not null default now(),
    staff_id uuid,
    note text,
    changes jsonb not null default '[]',
    constraint order_history_is_of_the_same_clinic
        foreign key (clinic_id, order_id) references public.diagnostic_orders (clinic_id, id),
    constraint order_history_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id)
);
comment on table public.diagnostic_order_history is 'Every move of an order: who and when; nobody means the analyser or the system.';
comment on column public.diagnostic_order_history.changes is 'Of an amendment: [{code, name, before, after, flag}].';
create index diagnostic_order_history_order on public.diagnostic_order_history (clinic_id, order_id, at);
create index diagnostic_order_history_staff on public.diagnostic_order_history (clinic_id, staff_id);

create table public.specimens (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    order_id uuid not null,
    accession_number text not null,
    type_code text not null,
    type_display text not null,
    container text,
    collected_at timestamptz,
    collector_id uuid,
    received_at timestamptz,
    rejected_at timestamptz,
    reject_reason text,
    note text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint specimen_belongs_to_clinic unique (clinic_id, id),
    constraint specimen_accession_is_once_per_clinic unique (clinic_id, accession_number),
    constraint specimen_accession_fits_a_label check (accession_number ~ '^[0-9A-Z-]{1,16}$'),
    constraint specimen_is_received_after_it_was_taken check (received_at >= collected_at),
    constraint specimen_rejection_has_a_reason check ((rejected_at is null) = (reject_reason is null)),
    constraint specimen_order_is_of_the_same_clinic
        foreign key (clinic_id, order_id) references public.diagnostic_orders (clinic_id, id),
    constraint specimen_collector_is_of_the_same_clinic
        foreign key (clinic_id, collector_id) references public.practitioners (clinic_id, id)
);
comment on table public.specimens is 'One tube or cup; its accession number is the barcode on its label.';
create index specimens_order on public.specimens (clinic_id, order_id);
create index specimens_collector on public.specimens (clinic_id, collector_id);

create table public.diagnostic_order_items (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    order_id uuid not null,
    examination_id uuid not null,
    specimen_id uuid,
    accession_number text,
    position smallint not null default 1,
    conclusion text,
    conclusion_code text,
    conclusion_display text,
    study_uid text,
    amended_at timestamptz,
    released_at timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint order_item_belongs_to_clinic unique (clinic_id, id),
    constraint order_item_belongs_to_order unique (clinic_id, order_id, id),
    constraint order_item_accession_is_once_per_clinic unique (clinic_id, accession_number),
    constraint order_item_examination_is_once unique (order_id, examination_id),
    constraint order_item_accession_fits_dicom check (accession_number ~ '^[0-9A-Z-]{1,16}$'),
    constraint order_item_conclusion_code_is_icd10 check (conclusion_code ~ '^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$'),
    constraint order_item_order_is_of_the_same_clinic
        foreign key (clinic_id, order_id) references public.diagnostic_orders (clinic_id, id),
    constraint order_item_examination_is_of_the_same_clinic
        foreign key (clinic_id, examination_id) references public.examinations (clinic_id, id),
    constraint order_item_specimen_is_of_the_same_clinic
        foreign key (clinic_id, specimen_id) references public.specimens (clinic_id, id)
);
comment on table public.diagnostic_order_items is 'One test, panel or imaging procedure of an order, in the version that was ordered.';
comment on column public.diagnostic_order_items.accession_number is 'Of an imaging procedure: what the modality writes into its images.';
comment on column public.diagnostic_order_items.amended_at is 'When its results or conclusion were last changed after they were final.';
comment on column public.diagnostic_order_items.released_at is 'Since when the patient may read it.';
create index diagnostic_order_items_order on public.diagnostic_order_items (clinic_id, order_id);
create index diagnostic_order_items_examination on public.diagnostic_order_items (clinic_id, examination_id);
create index diagnostic_order_items_specimen on public.diagnostic_order_items (clinic_id, specimen_id);

create trigger diagnostic_orders_touch before update on public.diagnostic_orders
    for each row execute function private.touch_updated_at();
create trigger specimens_touch before update on public.specimens
    for each row execute function private.touch_updated_at();
create trigger diagnostic_order_items_touch before update on public.diagnostic_order_items
    for each row execute function private.touch_updated_at();

create function private.guard_diagnostic_order() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.state <> old.state and not (old.state::text, new.state::text) in (
        ('ordered', 'collected'), ('ordered', 'in_process'), ('ordered', 'cancelled'),
        ('collected', 'in_process'), ('collected', 'ordered'), ('collected', 'cancelled'),
        ('in_process', 'preliminary'), ('in_process', 'ordered'), ('in_process', 'cancelled'),
        ('preliminary', 'final'), ('preliminary', 'ordered'), ('preliminary', 'cancelled'),
        ('final', 'amended')) then
        raise exception 'Permintaan berstatus % tidak dapat menjadi %', old.state, new.state
            using errcode = 'check_violation', constraint = 'order_moves_along_its_states';
    end if;
    return new;
end $$;
comment on function private.guard_diagnostic_order() is 'Refuses a move that orders do not make (docs/laboratory.md).';
create trigger diagnostic_orders_guard before update of state on public.diagnostic_orders
    for each row execute function private.guard_diagnostic_order();

-- Who is calling, at this clinic; nobody when it is a worker.
create function private.my_staff(p_clinic uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select s.id from public.staff s where s.clinic_id = p_clinic and s.user_id = (select auth.uid()) and s.active
$$;
comment on function private.my_staff(uuid) is 'The calling user''s row of staff at a clinic.';
create function private.my_practitioner(p_clinic uuid) returns uuid
language sql stable security definer set search_path = '' as $$
    select p.id from public.practitioners p
     where p.clinic_id = p_clinic and p.staff_id = private.my_staff(p_clinic) and p.active order by p.created_at, p.id limit 1
$$;
comment on function private.my_practitioner(uuid) is 'The health worker the calling user is at a clinic.';

-- Every change of an order's state goes through here.
create function private.move_order(p_order uuid, p_to public.diagnostic_order_state, p_note text default null, p_changes jsonb default '[]')
returns void
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders;
begin
    update public.diagnostic_orders d
       set state = p_to,
           final_at = case when p_to = 'final' then now() else d.final_at end,
           amended_at = case when p_to = 'amended' then now() else d.amended_at end,
           cancelled_at = case when p_to = 'cancelled' then now() end,
           cancel_reason = case when p_to = 'cancelled' then p_note end
     where d.id = p_order returning * into o;
    insert into public.diagnostic_order_history (clinic_id, order_id, state, staff_id, note, changes)
    values (o.clinic_id, o.id, p_to, private.my_staff(o.clinic_id), p_note, p_changes);
end $$;
comment on function private.move_order(uuid, public.diagnostic_order_state, text, jsonb) is 'Move an order, and keep who and when.';

-- The order, locked, for somebody who holds one of the roles where it belongs; else it does not exist.
-- An order of imaging is the radiographer's (lab) and the radiologist's (doctor).
create function private.order_for(p_order uuid, p_laboratory public.staff_role[], p_imaging public.staff_role[],
                                  p_states public.diagnostic_order_state[]) returns public.diagnostic_orders
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders;
begin
    select * into o from public.diagnostic_orders d where d.id = p_order
       and d.clinic_id = any (private.clinics_as(variadic case d.category when 'imaging' then p_imaging else p_laboratory end))
       for no key update;
    if not found then
        raise exception 'Permintaan pemeriksaan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if o.state <> all (p_states) then
        raise exception 'Permintaan % berstatus %; tindakan ini tidak dapat dilakukan', o.accession_number, o.state
            using errcode = 'check_violation', constraint = 'order_moves_along_its_states';
    end if;
    return o;
end $$;
comment on function private.order_for(uuid, public.staff_role[], public.staff_role[], public.diagnostic_order_state[]) is
    'An order the caller may act on in its present state, locked.';

create table private.accession_counters (
    clinic_id uuid not null references public.clinics (id) on delete cascade,
    day date not null,
    category text not null,
    last integer not null,
    primary key (clinic_id, day, category)
);
comment on table private.accession_counters is 'The last accession number a clinic gave on a day of its own calendar.';
alter table private.accession_counters enable row level security;

create function private.next_accession(p_clinic uuid, p_category text) returns text
language plpgsql security definer set search_path = '' as $$
declare
    v_day date := (now() at time zone (select c.time_zone from public.clinics c where c.id = p_clinic))::date;
    v_number integer;
begin
    insert into private.accession_counters as a (clinic_id, day, category, last) values (p_clinic, v_day, p_category, 1)
    on conflict (clinic_id, day, category) do update set last = a.last + 1
    returning last into v_number;
    return case p_category when 'imaging' then 'R' else 'L' end || to_char(v_day, 'YYMMDD')
           || lpad(v_number::text, greatest(4, length(v_number::text)), '0');
end $$;
comment on function private.next_accession(uuid, text) is 'The clinic''s next accession number of the day.';

create function private.letter(p_number integer) returns text
language sql immutable set search_path = '' as $$
    select case when p_number <= 26 then chr(64 + p_number) else chr(64 + (p_number - 1) / 26) || chr(65 + (p_number - 1) % 26) end
$$;
comment on function private.letter(integer) is 'A, B, … Z, AA, …: what tells the specimens of one order apart.';

create function private.add_specimen(o public.diagnostic_orders, p_code text, p_display text, p_container text) returns uuid
language sql security definer set search_path = '' as $$
    insert into public.specimens (clinic_id, order_id, accession_number, type_code, type_display, container)
    select o.clinic_id, o.id, o.accession_number || private.letter(1 + count(s.id)::integer), p_code, p_display, p_container
      from (select) one left join public.specimens s on s.clinic_id = o.clinic_id and s.order_id = o.id
    returning id
$$;
comment on function private.add_specimen(public.diagnostic_orders, text, text, text) is 'One more tube for an order, with the next letter.';

-- What the caller reads back: enough to print labels and go on.
create function private.order_told(p_order uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
    select jsonb_build_object('id', o.id, 'accession_number', o.accession_number, 'state', o.state,
        'specimens', (select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'accession_number', s.accession_number,
                             'type', s.type_display, 'container', s.container,
                             'examinations', (select jsonb_agg(e.name order by i.position)
                                                from public.diagnostic_order_items i
                                                join public.examinations e on e.id = i.examination_id
                                               where i.clinic_id = s.clinic_id and i.specimen_id = s.id
                                                 and i.cancelled_at is null))
                             order by s.accession_number), '[]')
                        from public.specimens s
                       where s.clinic_id = o.clinic_id and s.order_id = o.id and s.rejected_at is null),
        'items', (select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'code', e.code, 'name', e.name,
                         'accession_number', i.accession_number) order by i.position), '[]')
                    from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
                   where i.clinic_id = o.clinic_id and i.order_id = o.id))
      from public.diagnostic_orders o where o.id = p_order
$$;
comment on function private.order_told(uuid) is 'An order with its specimens and items, as its functions answer.';

create function private.place_order(p_visit uuid, p_codes text[], p_priority text, p_question text, p_fasting boolean,
                                    p_pregnant boolean, p_order uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    v public.visits;
    o public.diagnostic_orders;
    v_missing text;
    v_imaging boolean;
begin
    -- Locked: pressed twice at the same instant the second finds the first's order, and a visit is not cancelled meanwhile.
    select * into v from public.visits x where x.id = p_visit and x.clinic_id = any (private.clinics_as('doctor')) for no key update;
    if not found then
        raise exception 'Kunjungan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if v.status = 'cancelled' then
        raise exception 'Kunjungan sudah dibatalkan' using errcode = 'check_violation', constraint = 'order_visit_takes_place';
    end if;
    -- Pressed twice, it is one order.
    if exists (select from public.diagnostic_orders d where d.id = p_order and d.visit_id = v.id) then
        return private.order_told(p_order);
    end if;
    select string_agg(c, ', ') into v_missing from unnest(p_codes) c where not exists (
            select from public.examinations e where e.clinic_id = v.clinic_id and e.code = c and e.superseded_at is null and e.active);
    if v_missing is not null or coalesce(cardinality(p_codes), 0) = 0 then
        raise exception 'Pemeriksaan tidak ada dalam katalog: %', coalesce(v_missing, '(kosong)')
            using errcode = 'check_violation', constraint = 'order_examinations_are_offered';
    end if;
    select bool_or(e.kind = 'imaging') into v_imaging from public.examinations e
     where e.clinic_id = v.clinic_id and e.code = any (p_codes) and e.superseded_at is null;
    if v_imaging and exists (select from public.examinations e where e.clinic_id = v.clinic_id and e.code = any (p_codes)
                                and e.superseded_at is null and e.kind <> 'imaging') then
        raise exception 'Pemeriksaan laboratorium dan radiologi diminta terpisah'
            using errcode = 'check_violation', constraint = 'order_is_of_one_category';
    end if;
    insert into public.diagnostic_orders (id, clinic_id, patient_id, visit_id, practitioner_id, staff_id, accession_number,
            category, priority, clinical_question, fasting, pregnant, diagnosis_code, diagnosis_name)
    select coalesce(p_order, gen_random_uuid()), v.clinic_id, v.patient_id, v.id,
           coalesce(private.my_practitioner(v.clinic_id), v.practitioner_id), private.my_staff(v.clinic_id),
           private.next_accession(v.clinic_id, c.category), c.category, coalesce(p_priority, 'routine'),
           nullif(btrim(p_question), ''), p_fasting, coalesce(p_pregnant, false), d.icd10_code, d.name
      from (select case when v_imaging then 'imaging' else 'laboratory' end as category) c
      left join public.diagnoses d on d.visit_id = v.id and d.clinic_id = v.clinic_id and d.role = 'primary' and d.voided_at is null
    returning * into o;
    insert into public.diagnostic_order_history (clinic_id, order_id, state, staff_id) values (o.clinic_id, o.id, o.state, o.staff_id);
    perform private.add_items(o, p_codes);
    return private.order_told(o.id);
end $$;

-- One tube per kind of specimen and container; one accession number per imaging procedure.
create function private.add_items(o public.diagnostic_orders, p_codes text[]) returns void
language plpgsql security definer set search_path = '' as $$
declare
    t record;
begin
    insert into public.diagnostic_order_items (clinic_id, order_id, examination_id, position, accession_number)
    select o.clinic_id, o.id, e.id, w.position,
           case when e.kind = 'imaging' then o.accession_number || private.letter(w.position::integer) end
      from (select code, row_number() over (order by min(place)) as position
              from unnest(p_codes) with ordinality u (code, place) group by code) w
      join public.examinations e on e.clinic_id = o.clinic_id and e.code = w.code and e.superseded_at is null;
    for t in select e.specimen_code, e.specimen_display, e.container, array_agg(i.id) as items
               from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
              where i.clinic_id = o.clinic_id and i.order_id = o.id and e.specimen_code is not null
              group by e.specimen_code, e.specimen_display, e.container order by min(i.position) loop
        update public.diagnostic_order_items i
           set specimen_id = private.add_specimen(o, t.specimen_code, coalesce(t.specimen_display, t.specimen_code), t.container)
         where i.id = t.items[1];
        update public.diagnostic_order_items i set specimen_id = f.specimen_id
          from public.diagnostic_order_items f where f.id = t.items[1] and i.id = any (t.items) and i.specimen_id is null;
    end loop;
end $$;

create function private.collect_specimens(p_order uuid, p_collected_at timestamptz, p_note text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab,nurse}', '{}', '{ordered,in_process,preliminary}');
begin
    -- An analyser's result of one tube takes the order further while another is still to be taken.
    if o.state <> 'ordered' and not exists (select from public.specimens s where s.clinic_id = o.clinic_id and s.order_id = o.id
                                               and s.collected_at is null and s.rejected_at is null) then
        raise exception 'Semua spesimen permintaan % sudah diambil', o.accession_number
            using errcode = 'check_violation', constraint = 'order_moves_along_its_states';
    end if;
    if p_collected_at > now() + interval '5 minutes' or p_collected_at < o.ordered_at - interval '1 day' then
        raise exception 'Waktu pengambilan spesimen tidak masuk akal'
            using errcode = 'check_violation', constraint = 'specimen_is_taken_now';
    end if;
    update public.specimens s
       set collected_at = coalesce(p_collected_at, now()), collector_id = private.my_practitioner(o.clinic_id),
           note = coalesce(nullif(btrim(p_note), ''), s.note)
     where s.clinic_id = o.clinic_id and s.order_id = o.id and s.collected_at is null and s.rejected_at is null;
    if o.state = 'ordered' then perform private.move_order(o.id, 'collected'); end if;
    return private.order_told(o.id);
end $$;

create function private.start_examination(p_order uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab}', '{lab,doctor}', '{ordered,collected}');
begin
    if o.category = 'laboratory' and o.state = 'ordered' then
        raise exception 'Spesimen untuk permintaan % belum diambil', o.accession_number
            using errcode = 'check_violation', constraint = 'order_moves_along_its_states';
    end if;
    update public.specimens s set received_at = greatest(now(), s.collected_at)
     where s.clinic_id = o.clinic_id and s.order_id = o.id and s.received_at is null and s.rejected_at is null;
    perform private.move_order(o.id, 'in_process');
    return private.order_told(o.id);
end $$;

-- A tube that cannot be used is taken again under the next letter; results from it were of that tube and are void.
create function private.reject_specimen(p_specimen uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    s public.specimens;
    o public.diagnostic_orders;
    v_next uuid;
begin
    if nullif(btrim(p_reason), '') is null then
        raise exception 'Tulis alasan penolakan spesimen' using errcode = 'check_violation', constraint = 'specimen_rejection_has_a_reason';
    end if;
    select * into s from public.specimens x where x.id = p_specimen and x.rejected_at is null
       and x.clinic_id = any (private.clinics_as('lab'));
    if not found then
        raise exception 'Spesimen tidak ditemukan' using errcode = 'no_data_found';
    end if;
    -- Of an order that waits for one tube again, another that was taken may be useless too.
    o := private.order_for(s.order_id, '{lab}', '{}', '{ordered,collected,in_process,preliminary}');
    update public.specimens x set rejected_at = now(), reject_reason = btrim(p_reason)
     where x.id = s.id and x.rejected_at is null and (o.state <> 'ordered' or x.collected_at is not null);
    if not found then  -- it was not taken yet, or somebody else rejected it before this order was ours
        raise exception 'Spesimen ini belum diambil atau sudah ditolak' using errcode = 'no_data_found';
    end if;
    v_next := private.add_specimen(o, s.type_code, s.type_display, s.container);
    update public.diagnostic_order_items i set specimen_id = v_next where i.clinic_id = s.clinic_id and i.specimen_id = s.id;
    perform private.void_results(s.clinic_id, s.order_id, v_next);
    perform private.move_order(o.id, 'ordered', btrim(p_reason));
    return private.order_told(o.id);
end $$;

create function private.cancel_order(p_order uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{doctor,lab}', '{doctor,lab}', '{ordered,collected,in_process,preliminary}');
begin
    if nullif(btrim(p_reason), '') is null then
        raise exception 'Tulis alasan pembatalan' using errcode = 'check_violation', constraint = 'order_cancel_has_a_reason';
    end if;
    update public.diagnostic_order_items i set cancelled_at = now() where i.clinic_id = o.clinic_id and i.order_id = o.id;
    perform private.move_order(o.id, 'cancelled', btrim(p_reason));
    return private.order_told(o.id);
end $$;

-- A label for each tube: what the printer needs, and nothing a stranger should read off a tube but what laboratories print.
create function private.specimen_labels(p_order uuid) returns table (
    accession_number text, specimen text, container text, patient_name text, medical_record_number text,
    birth_date date, examinations text, ordered_at timestamptz)
language sql stable security definer set search_path = '' as $$
    select s.accession_number, s.type_display, s.container, p.full_name, p.medical_record_number, p.birth_date,
           (select string_agg(e.code, ' ' order by i.position)
              from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
             where i.clinic_id = s.clinic_id and i.specimen_id = s.id and i.cancelled_at is null), o.ordered_at
      from public.diagnostic_orders o
      join public.specimens s on s.clinic_id = o.clinic_id and s.order_id = o.id
      join public.patients p on p.id = o.patient_id
     where o.id = p_order and s.rejected_at is null
       and (s.clinic_id = any ((select private.clinics_as('lab', 'nurse'))::uuid[]) or (select auth.role()) = 'service_role')
     order by s.accession_number
$$;

create function public.place_order(visit_id uuid, examinations text[], priority text default 'routine', clinical_question text default null,
                                   fasting boolean default null, pregnant boolean default false, order_id uuid default null) returns jsonb
language sql security invoker set search_path = '' as $$
    select private.place_order(visit_id, examinations, priority, clinical_question, fasting, pregnant, order_id)
$$;
comment on function public.place_order(uuid, text[], text, text, boolean, boolean, uuid) is
    'Doctor: ask for examinations by their codes during a visit; answers the order with its specimens. The same order_id again is the same order.';
create function public.collect_specimens(order_id uuid, collected_at timestamptz default null, note text default null) returns jsonb
language sql security invoker set search_path = '' as $$
    select private.collect_specimens(order_id, collected_at, note)
$$;
comment on function public.collect_specimens(uuid, timestamptz, text) is 'Laboratory and nurses: the specimens of an order are taken.';
create function public.start_examination(order_id uuid) returns jsonb
language sql security invoker set search_path = '' as $$
    select private.start_examination(order_id)
$$;
comment on function public.start_examination(uuid) is 'Laboratory (imaging: also doctors): the order is being worked on.';
create function public.reject_specimen(specimen_id uuid, reason text) returns jsonb
language sql security invoker set search_path = '' as $$
    select private.reject_specimen(specimen_id, reason)
$$;
comment on function public.reject_specimen(uuid, text) is 'Laboratory: a specimen cannot be used; another is to be taken, and its results are void.';
create function public.cancel_order(order_id uuid, reason text) returns jsonb
language sql security invoker set search_path = '' as $$
    select private.cancel_order(order_id, reason)
$$;
comment on function public.cancel_order(uuid, text) is 'Doctor and laboratory: an order that is not final yet will not be done.';
create function public.specimen_labels(order_id uuid) returns table (
    accession_number text, specimen text, container text, patient_name text, medical_record_number text,
    birth_date date, examinations text, ordered_at timestamptz)
language sql stable security invoker set search_path = '' as $$
    select * from private.specimen_labels(order_id)
$$;
comment on function public.specimen_labels(uuid) is 'Laboratory and nurses: what to print on the tubes of an order; the barcode (Code 128) is the accession number.';

alter table public.diagnostic_orders enable row level security;
alter table public.diagnostic_order_history enable row level security;
alter table public.specimens enable row level security;
alter table public.diagnostic_order_items enable row level security;
create policy "Carers, lab and management read orders" on public.diagnostic_orders
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[]));
create policy "Carers, lab and management read the history of orders" on public.diagnostic_order_history
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[]));
create policy "Carers, lab and management read specimens" on public.specimens
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[]));
create policy "Carers, lab and management read what is ordered" on public.diagnostic_order_items
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[]));
grant select on public.diagnostic_orders, public.diagnostic_order_history, public.specimens, public.diagnostic_order_items
    to authenticated, service_role;

call private.hand_to_people('place_order', 'collect_specimens', 'start_examination',
    'reject_specimen', 'cancel_order', 'specimen_labels');
grant execute on function public.specimen_labels(uuid), private.specimen_labels(uuid) to service_role;
alter publication supabase_realtime add table public.diagnostic_orders;
