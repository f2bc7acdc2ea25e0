-- Visits and the history of their status.

create table public.visits (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    patient_id uuid not null,
    practitioner_id uuid,
    location_id uuid,
    registration_number text not null default '',
    visit_class text not null default 'ambulatory',
    status public.visit_status not null default 'arrived',
    payer text not null default 'self',
    chief_complaint text,
    chief_complaint_snomed text,
    disposition text,
    disposition_note text,
    arrived_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    cancelled_at timestamptz,
    bpjs_since timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint visit_belongs_to_clinic unique (clinic_id, id),
    constraint visit_belongs_to_patient unique (clinic_id, patient_id, id),
    constraint visit_registration_is_once_per_clinic unique (clinic_id, registration_number),
    constraint visit_class_is_known check (visit_class in ('ambulatory', 'emergency', 'inpatient')),
    constraint visit_payer_is_known check (payer in ('self', 'bpjs', 'insurance', 'company')),
    constraint visit_disposition_is_known check (disposition in ('home', 'referred', 'other', 'deceased')),
    constraint visit_snomed_is_a_number check (chief_complaint_snomed ~ '^[0-9]{6,18}$'),
    constraint visit_times_are_in_order check (
        arrived_at <= coalesce(started_at, arrived_at)
        and coalesce(started_at, arrived_at) <= coalesce(finished_at, started_at, arrived_at)
        and arrived_at <= coalesce(cancelled_at, arrived_at)),
    constraint visit_finish_has_a_time check (
        case status when 'finished' then finished_at is not null
                    when 'cancelled' then true  -- it may have been finished before
                    else finished_at is null end),
    constraint visit_cancel_has_a_time check ((status = 'cancelled') = (cancelled_at is not null)),
    constraint visit_patient_is_of_the_same_clinic
        foreign key (clinic_id, patient_id) references public.patients (clinic_id, id),
    constraint visit_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id),
    constraint visit_location_is_of_the_same_clinic
        foreign key (clinic_id, location_id) references public.locations (clinic_id, id)
);
comment on table public.visits is 'One encounter of a patient with the clinic.';
comment on column public.visits.registration_number is 'Left empty it is RJ-<day>-<number>: each clinic counts for itself, from 1 every day.';
comment on column public.visits.payer is 'Who pays: self, bpjs, insurance, company.';
comment on column public.visits.bpjs_since is 'When the payer first was BPJS; stays, so that what was sent can be taken back.';
comment on column public.visits.status is 'Moves arrived → in_progress → finished; anything may be cancelled.';
create index visits_practitioner on public.visits (clinic_id, practitioner_id);
create index visits_location on public.visits (clinic_id, location_id);
create index visits_by_day on public.visits (clinic_id, arrived_at);

create table public.visit_status_history (
    clinic_id uuid not null,
    visit_id uuid not null,
    status public.visit_status not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    primary key (visit_id, status),
    constraint visit_history_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id) on delete cascade
);
comment on table public.visit_status_history is 'When the visit was in which status; kept by the database, never by hand.';
create index visit_status_history_visit on public.visit_status_history (clinic_id, visit_id);

-- A sequence shared by all clinics would tell each how busy the others are.
create table private.registration_counters (
    clinic_id uuid not null references public.clinics (id) on delete cascade,
    day date not null,
    last integer not null,
    primary key (clinic_id, day)
);
comment on table private.registration_counters is 'The last registration number a clinic gave on a day of its own calendar.';
alter table private.registration_counters enable row level security;

create function private.number_visit() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    v_day date := (now() at time zone coalesce(
        (select c.time_zone from public.clinics c where c.id = new.clinic_id), 'Asia/Jakarta'))::date;
    v_number integer;
begin
    loop
        insert into private.registration_counters as r (clinic_id, day, last) values (new.clinic_id, v_day, 1)
        on conflict (clinic_id, day) do update set last = r.last + 1
        returning last into v_number;
        new.registration_number := 'RJ-' || to_char(v_day, 'YYYYMMDD') || '-' || lpad(v_number::text, 4, '0');
        -- Somebody may have written such a number by hand.
        exit when not exists (select from public.visits v where v.clinic_id = new.clinic_id
                                 and v.registration_number = new.registration_number);
    end loop;
    return new;
end $$;
comment on function private.number_visit() is 'The clinic''s next registration number of the day.';
create trigger visits_aa_number before insert on public.visits
    for each row when (coalesce(new.registration_number, '') = '') execute function private.number_visit();

create function private.guard_visit() returns trigger
language plpgsql set search_path = '' as $$
begin
    if tg_op = 'UPDATE' and new.status <> old.status and not (
           (old.status = 'arrived' and new.status in ('in_progress', 'finished', 'cancelled'))
        or (old.status = 'in_progress' and new.status in ('finished', 'cancelled'))
        or (old.status = 'finished' and new.status = 'cancelled')) then
        raise exception 'A visit cannot go from % to %', old.status, new.status
            using errcode = 'check_violation', constraint = 'visit_status_moves_forward',
                  hint = 'arrived → in_progress → finished, or cancelled';
    end if;
    new.bpjs_since := case when tg_op = 'UPDATE' then old.bpjs_since end;
    if new.payer = 'bpjs' then new.bpjs_since := coalesce(new.bpjs_since, now()); end if;
    if new.status in ('in_progress', 'finished') then
        new.started_at := coalesce(new.started_at, new.finished_at, now());
    end if;
    if new.status = 'finished' then new.finished_at := coalesce(new.finished_at, now()); end if;
    if new.status = 'cancelled' then
        new.cancelled_at := coalesce(new.cancelled_at, now());
        -- What was once finished stays so: a target may hold it. What was not cannot be finished any more.
        new.finished_at := case when tg_op = 'UPDATE' and old.finished_at is not null
                                then coalesce(new.finished_at, old.finished_at) end;
    end if;
    return new;
end $$;
comment on function private.guard_visit() is 'Keeps the order of statuses and fills their moments.';

create function private.write_visit_history() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.visit_status_history as h (clinic_id, visit_id, status, started_at, ended_at)
    select new.clinic_id, new.id, s.status::public.visit_status, s.started_at, s.ended_at
      from (values
            ('arrived', new.arrived_at, coalesce(new.started_at, new.cancelled_at)),
            ('in_progress', new.started_at, coalesce(new.finished_at, new.cancelled_at)),
            ('finished', new.finished_at, new.cancelled_at),
            ('cancelled', new.cancelled_at, null)
           ) as s (status, started_at, ended_at)
     where s.started_at is not null
    on conflict (visit_id, status) do update
       set started_at = excluded.started_at, ended_at = excluded.ended_at
     where (h.started_at, h.ended_at) is distinct from (excluded.started_at, excluded.ended_at);
    return null;
end $$;

create trigger visits_guard before insert or update on public.visits
    for each row execute function private.guard_visit();
create trigger visits_touch before update on public.visits
    for each row execute function private.touch_updated_at();
create trigger visits_write_history
    after insert or update of status, arrived_at, started_at, finished_at, cancelled_at on public.visits
    for each row execute function private.write_visit_history();

alter table public.visits enable row level security;
alter table public.visit_status_history enable row level security;

create policy "Staff read visits" on public.visits
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Registration and carers open visits" on public.visits
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]));
create policy "Registration and carers edit visits" on public.visits
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'doctor', 'nurse', 'front_desk'))::uuid[]));
create policy "Staff read the history of visits" on public.visit_status_history
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));

grant select, insert on public.visits to authenticated;
grant update (practitioner_id, location_id, visit_class, status, payer, chief_complaint,
              chief_complaint_snomed, disposition, disposition_note, arrived_at, started_at,
              finished_at, cancelled_at) on public.visits to authenticated;
grant select on public.visit_status_history to authenticated;
grant select, insert, update, delete on public.visits to service_role;
grant select on public.visit_status_history to service_role;
