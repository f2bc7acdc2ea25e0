-- The queue of a poli: practice hours, numbers that nobody gets twice, and entries that follow their visit.

create table public.practitioner_schedules (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    location_id uuid not null,
    practitioner_id uuid not null,
    weekday smallint not null,
    opens time not null,
    closes time not null,
    quota smallint not null,
    quota_other smallint not null default 0,
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint schedule_is_once unique (clinic_id, location_id, practitioner_id, weekday, opens),
    constraint schedule_weekday_is_iso check (weekday between 1 and 7),
    constraint schedule_ends_after_it_begins check (opens < closes),
    constraint schedule_quota_is_no_debt check (quota >= 0 and quota_other >= 0),
    constraint schedule_location_is_of_the_same_clinic
        foreign key (clinic_id, location_id) references public.locations (clinic_id, id),
    constraint schedule_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.practitioner_schedules is 'When a doctor sees patients at a poli. A poli with practice hours has a queue; without any it has none and Antrean hears nothing.';
comment on column public.practitioner_schedules.weekday is '1 Monday to 7 Sunday, by the clinic''s own calendar.';
comment on column public.practitioner_schedules.quota is 'How many JKN members the doctor sees in these hours.';
comment on column public.practitioner_schedules.quota_other is 'How many others; Antrean RS asks for both.';
create index practitioner_schedules_practitioner on public.practitioner_schedules (clinic_id, practitioner_id);

alter table public.locations add column queue_prefix text,
    add constraint location_queue_prefix_is_short check (queue_prefix ~ '^[A-Z]{1,3}$');
comment on column public.locations.queue_prefix is 'Letters before the poli''s queue numbers (A-12); null: A for the clinic''s first poli, B for the second, …';
grant update (queue_prefix) on public.locations to authenticated;

create table private.queue_counters (
    clinic_id uuid not null references public.clinics (id) on delete cascade,
    location_id uuid not null,
    day date not null,
    last integer not null,
    primary key (clinic_id, location_id, day)
);
comment on table private.queue_counters is 'The last queue number of a poli and day; its row is the lock under which numbers are taken.';
alter table private.queue_counters enable row level security;

create table public.queue_entries (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    location_id uuid not null,
    practitioner_id uuid,
    patient_id uuid not null,
    visit_id uuid,
    day date not null,
    number integer not null,
    queue_number text not null,
    booking_code text not null,
    source text not null default 'counter',
    member boolean not null default false,
    card_number text,
    complaint text,
    reference_number text,
    visit_type smallint not null default 1,
    status text not null default 'waiting',
    taken_at timestamptz not null default now(),
    called_at timestamptz,
    absent_at timestamptz,
    served_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    told_card_number text,
    told_poli_code text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint queue_number_is_once unique (clinic_id, location_id, day, number),
    constraint queue_booking_code_is_once unique (clinic_id, booking_code),
    constraint queue_number_is_positive check (number > 0),
    constraint queue_source_is_known check (source in ('counter', 'mobile_jkn')),
    constraint queue_status_is_known check (status in ('waiting', 'called', 'served', 'absent', 'cancelled')),
    constraint queue_visit_type_is_known check (visit_type between 1 and 4),
    constraint queue_card_is_13_digits check (card_number ~ '^[0-9]{13}$'),
    constraint queue_location_is_of_the_same_clinic
        foreign key (clinic_id, location_id) references public.locations (clinic_id, id),
    constraint queue_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id),
    constraint queue_patient_is_of_the_same_clinic
        foreign key (clinic_id, patient_id) references public.patients (clinic_id, id),
    constraint queue_visit_is_of_the_same_patient
        foreign key (clinic_id, patient_id, visit_id) references public.visits (clinic_id, patient_id, id)
);
comment on table public.queue_entries is 'Somebody''s place in the queue of a poli on a day; opened by a visit that arrives, or by Mobile JKN before it.';
comment on column public.queue_entries.member is 'Whether BPJS pays (JKN); others stand in the same queue and are told as non-JKN.';
comment on column public.queue_entries.card_number is 'As Mobile JKN gave it; null: the card of the patient''s membership.';
comment on column public.queue_entries.reference_number is 'Referral or control letter; Antrean RS demands it for members.';
comment on column public.queue_entries.visit_type is 'jeniskunjungan: 1 referral of a first-level facility, 2 internal referral, 3 control, 4 referral between hospitals.';
comment on column public.queue_entries.told_card_number is 'The card under which BPJS holds the entry; empty: as non-JKN; null: it holds none.';
create unique index queue_visit_stands_once on public.queue_entries (visit_id) where status <> 'cancelled';
create index queue_entries_patient on public.queue_entries (clinic_id, patient_id, day);
create index queue_entries_visit on public.queue_entries (clinic_id, patient_id, visit_id);
create index queue_entries_practitioner on public.queue_entries (clinic_id, practitioner_id);
create index queue_entries_by_day on public.queue_entries (clinic_id, day);

-- Moments follow the status; what came to its end does not begin again.
create function private.guard_queue_entry() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.status <> old.status and not (
           old.status in ('waiting', 'called', 'absent')
        or (old.status = 'served' and new.status = 'cancelled')) then
        raise exception 'A queue entry cannot go from % to %', old.status, new.status
            using errcode = 'check_violation', constraint = 'queue_status_moves_forward',
                  hint = 'waiting → called → served; absent and back; or cancelled';
    end if;
    if new.status <> old.status then
        case new.status
            when 'called' then new.called_at := coalesce(new.called_at, now());
            when 'absent' then new.absent_at := now();
            when 'served' then new.served_at := coalesce(new.served_at, now());
            when 'cancelled' then new.cancelled_at := coalesce(new.cancelled_at, now());
            else null;
        end case;
    end if;
    return new;
end $$;
comment on function private.guard_queue_entry() is 'Keeps the order of a queue entry''s statuses and fills their moments.';
create trigger queue_entries_guard before update on public.queue_entries
    for each row execute function private.guard_queue_entry();
create trigger queue_entries_touch before update on public.queue_entries
    for each row execute function private.touch_updated_at();
create trigger practitioner_schedules_touch before update on public.practitioner_schedules
    for each row execute function private.touch_updated_at();

create function private.has_queue(p_clinic uuid, p_location uuid) returns boolean
language sql stable set search_path = '' as $$
    select exists (select from public.practitioner_schedules s join public.locations l on l.id = s.location_id
                    where s.clinic_id = p_clinic and s.location_id = p_location and s.active and l.kind = 'poli')
$$;
comment on function private.has_queue(uuid, uuid) is 'Whether patients of a poli stand in a queue: it is one, and has practice hours.';

-- Whoever holds the counter's row is alone at that poli and day: what is read then stays true until the commit.
create function private.lock_queue(p_clinic uuid, p_location uuid, p_day date) returns void
language sql security definer set search_path = '' as $$
    insert into private.queue_counters as q (clinic_id, location_id, day, last) values (p_clinic, p_location, p_day, 0)
    on conflict (clinic_id, location_id, day) do update set last = q.last
$$;
comment on function private.lock_queue(uuid, uuid, date) is 'Wait for one''s turn at the numbers of a poli and day.';

create function private.queue_prefix(p_clinic uuid, p_location uuid) returns text
language sql stable set search_path = '' as $$
    select coalesce(l.queue_prefix, chr(65 + (select count(*)::integer % 26 from public.locations o
              where o.clinic_id = p_clinic and o.kind = 'poli' and (o.created_at, o.code) < (l.created_at, l.code))))
      from public.locations l where l.clinic_id = p_clinic and l.id = p_location
$$;
comment on function private.queue_prefix(uuid, uuid) is 'The letters before a poli''s numbers.';

-- Counted in the transaction that takes it: one that is rolled back leaves no gap.
create function private.enqueue(p_entry jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
    e public.queue_entries := jsonb_populate_record(null::public.queue_entries, p_entry);
begin
    insert into private.queue_counters as q (clinic_id, location_id, day, last)
    values (e.clinic_id, e.location_id, e.day, 1)
    on conflict (clinic_id, location_id, day) do update set last = q.last + 1
    returning last into e.number;
    e.id := gen_random_uuid();
    insert into public.queue_entries (id, clinic_id, location_id, practitioner_id, patient_id, visit_id, day, number,
                                      queue_number, booking_code, source, member, card_number, complaint)
    values (e.id, e.clinic_id, e.location_id, e.practitioner_id, e.patient_id, e.visit_id, e.day, e.number,
            private.queue_prefix(e.clinic_id, e.location_id) || '-' || e.number,
            to_char(e.day, 'YYYYMMDD') || upper(left(replace(e.id::text, '-', ''), 10)),
            e.source, e.member, e.card_number, e.complaint);
    return e.id;
end $$;
comment on function private.enqueue(jsonb) is 'Give the next number of a poli and day.';

create function private.doctor_on_duty(p_clinic uuid, p_location uuid, p_day date, p_at time) returns uuid
language sql stable set search_path = '' as $$
    select s.practitioner_id from public.practitioner_schedules s
     where s.clinic_id = p_clinic and s.location_id = p_location and s.active
       and s.weekday = extract(isodow from p_day)
     order by p_at between s.opens and s.closes desc, s.opens, s.practitioner_id limit 1
$$;
comment on function private.doctor_on_duty(uuid, uuid, date, time) is 'Who sees patients at a poli at that hour, or else first on that day.';

-- A visit that arrives takes the number Mobile JKN gave its patient, or the next one.
create function private.queue_up(v public.visits) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v_local timestamp;
    v_today date;
begin
    select v.arrived_at at time zone c.time_zone, (now() at time zone c.time_zone)::date into v_local, v_today
      from public.clinics c where c.id = v.clinic_id;
    if v.status = 'cancelled' or v.visit_class <> 'ambulatory' or v.location_id is null
       or v_local::date < v_today or not private.has_queue(v.clinic_id, v.location_id) then return; end if;
    perform private.lock_queue(v.clinic_id, v.location_id, v_local::date);
    update public.queue_entries q
       set visit_id = v.id, member = v.payer = 'bpjs',
           status = case q.status when 'absent' then 'waiting' else q.status end,
           practitioner_id = coalesce(v.practitioner_id, q.practitioner_id)
     where q.id = (select o.id from public.queue_entries o
                    where o.clinic_id = v.clinic_id and o.patient_id = v.patient_id and o.location_id = v.location_id
                      and o.day = v_local::date and o.visit_id is null and o.status in ('waiting', 'called', 'absent')
                    order by o.number limit 1);
    if not found then
        perform private.enqueue(jsonb_build_object('clinic_id', v.clinic_id, 'location_id', v.location_id,
            'practitioner_id', coalesce(v.practitioner_id,
                    private.doctor_on_duty(v.clinic_id, v.location_id, v_local::date, v_local::time)),
            'patient_id', v.patient_id, 'visit_id', v.id, 'day', v_local::date, 'source', 'counter',
            'member', v.payer = 'bpjs'));
    end if;
end $$;
comment on function private.queue_up(public.visits) is 'Put a visit into the queue of its poli.';

create function private.queue_follows(v public.visits) returns void
language sql security definer set search_path = '' as $$
    update public.queue_entries q
       set practitioner_id = coalesce(v.practitioner_id, q.practitioner_id), member = v.payer = 'bpjs',
           status = case v.status when 'cancelled' then 'cancelled' when 'finished' then 'served'
                                  when 'in_progress' then 'called' else q.status end,
           called_at = coalesce(v.started_at, q.called_at), served_at = coalesce(v.finished_at, q.served_at),
           cancelled_at = v.cancelled_at,
           cancel_reason = case v.status when 'cancelled' then coalesce(q.cancel_reason, 'Kunjungan dibatalkan')
                                         else q.cancel_reason end
     where q.clinic_id = v.clinic_id and q.visit_id = v.id and q.status <> 'cancelled'
$$;
comment on function private.queue_follows(public.visits) is 'What becomes of a visit becomes of its place in the queue.';

create function private.on_visit_queue() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or new.location_id is distinct from old.location_id then
        if tg_op = 'UPDATE' then  -- another poli is another queue
            update public.queue_entries q set status = 'cancelled', cancel_reason = 'Pasien pindah poli'
             where q.clinic_id = new.clinic_id and q.visit_id = new.id and q.status in ('waiting', 'called', 'absent');
        end if;
        if not exists (select from public.queue_entries q
                        where q.clinic_id = new.clinic_id and q.visit_id = new.id and q.status <> 'cancelled') then
            perform private.queue_up(new);
        end if;
    end if;
    perform private.queue_follows(new);
    return null;
end $$;
create trigger visits_zz_queue after insert or update of status, location_id, practitioner_id, payer on public.visits
    for each row execute function private.on_visit_queue();

alter table public.practitioner_schedules enable row level security;
alter table public.queue_entries enable row level security;
create policy "Staff read practice hours" on public.practitioner_schedules
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Owner and admin add practice hours" on public.practitioner_schedules
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin edit practice hours" on public.practitioner_schedules
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Counter, carers and management read the queue" on public.queue_entries
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier', 'front_desk'))::uuid[]));
create policy "Counter and carers call from the queue" on public.queue_entries
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]));
grant select, insert on public.practitioner_schedules to authenticated;
grant update (opens, closes, quota, quota_other, active) on public.practitioner_schedules to authenticated;
grant select on public.queue_entries to authenticated;
grant update (status, cancel_reason, reference_number, visit_type) on public.queue_entries to authenticated;
grant select, insert, update, delete on public.practitioner_schedules to service_role;
grant select, update on public.queue_entries to service_role;
grant execute on function private.has_queue(uuid, uuid), private.lock_queue(uuid, uuid, date), private.enqueue(jsonb)
    to service_role;
alter publication supabase_realtime add table public.queue_entries;
