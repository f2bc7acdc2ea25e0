-- Who is told of results: a row for the doctor in the transaction that made them final, seen at once through Realtime;
-- a critical value must be acknowledged with a note, and climbs to the next person until it is. Messages outside the
-- application (e-mail, WhatsApp) are deliveries; they carry no name, result or diagnosis.

create table public.staff_contacts (
    staff_id uuid primary key,
    clinic_id uuid not null,
    email text,
    whatsapp_number text,
    updated_at timestamptz not null default now(),
    constraint contact_email_is_an_address check (email ~ '^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$'),
    constraint contact_whatsapp_is_international check (whatsapp_number ~ '^\+[1-9][0-9]{7,14}$'),
    constraint contact_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id)
);
comment on table public.staff_contacts is 'Where a member of staff is reached outside the application. Without an e-mail address here that of the login counts.';
comment on column public.staff_contacts.whatsapp_number is 'E.164: +6281234567890.';
create index staff_contacts_staff on public.staff_contacts (clinic_id, staff_id);
create trigger staff_contacts_touch before update on public.staff_contacts
    for each row execute function private.touch_updated_at();

create table public.escalation_steps (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    step integer not null,
    after_minutes numeric not null,
    recipients text not null,
    channels text[] not null,
    constraint escalation_step_is_once unique (clinic_id, step),
    constraint escalation_step_is_positive check (step > 0 and after_minutes > 0 and after_minutes <= 10080),
    constraint escalation_recipients_are_known check (recipients in ('ordering_doctor', 'doctors', 'management')),
    constraint escalation_channels_are_known check (channels <@ array['email', 'whatsapp'] and channels <> '{}')
);
comment on table public.escalation_steps is 'How a critical result that nobody acknowledges climbs: so many minutes after the step before, to whom, through what.';

create table public.critical_alerts (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    order_id uuid not null,
    results jsonb not null,
    raised_at timestamptz not null default now(),
    step integer not null default 0,
    escalates_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    note text,
    constraint alert_belongs_to_clinic unique (clinic_id, id),
    constraint alert_acknowledgement_is_whole check (
        (acknowledged_at is null) = (acknowledged_by is null) and (acknowledged_at is null) = (note is null)),
    constraint alert_rests_when_acknowledged check (acknowledged_at is null or escalates_at is null),
    constraint alert_order_is_of_the_same_clinic
        foreign key (clinic_id, order_id) references public.diagnostic_orders (clinic_id, id),
    constraint alert_acknowledger_is_of_the_same_clinic
        foreign key (clinic_id, acknowledged_by) references public.staff (clinic_id, id)
);
comment on table public.critical_alerts is 'Critical results that somebody must answer for; escalates_at is when the next person is told.';
comment on column public.critical_alerts.results is '[{code, name, value, flag}] as reported.';
create index critical_alerts_order on public.critical_alerts (clinic_id, order_id);
create index critical_alerts_acknowledger on public.critical_alerts (clinic_id, acknowledged_by);
create index critical_alerts_due on public.critical_alerts (escalates_at) where acknowledged_at is null;

create table public.notifications (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    staff_id uuid not null,
    order_id uuid,
    alert_id uuid,
    kind text not null,
    title text not null,
    changes jsonb not null default '[]',
    step integer not null default 0,
    created_at timestamptz not null default now(),
    read_at timestamptz,
    constraint notification_kind_is_known check (kind in
        ('result_final', 'result_amended', 'result_critical', 'critical_unverified', 'file_available')),
    constraint notification_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id),
    constraint notification_order_is_of_the_same_clinic
        foreign key (clinic_id, order_id) references public.diagnostic_orders (clinic_id, id),
    constraint notification_alert_is_of_the_same_clinic
        foreign key (clinic_id, alert_id) references public.critical_alerts (clinic_id, id)
);
comment on table public.notifications is 'What a member of staff is told in the application; theirs alone, read_at is theirs to set.';
comment on column public.notifications.changes is 'Of an amendment: [{code, name, before, after, flag}].';
create index notifications_staff on public.notifications (clinic_id, staff_id, created_at);
create index notifications_mine on public.notifications (staff_id, created_at);
create index notifications_order on public.notifications (clinic_id, order_id);
create index notifications_alert on public.notifications (clinic_id, alert_id);

create table public.messages (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    alert_id uuid not null,
    staff_id uuid not null,
    channel text not null,
    step integer not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    constraint message_is_once unique (alert_id, staff_id, channel, step),
    constraint message_channel_is_known check (channel in ('email', 'whatsapp')),
    constraint message_alert_is_of_the_same_clinic
        foreign key (clinic_id, alert_id) references public.critical_alerts (clinic_id, id),
    constraint message_staff_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id)
);
comment on table public.messages is 'Messages outside the application about a critical result; how far each is stands with its delivery.';
create index messages_alert on public.messages (clinic_id, alert_id);
create index messages_staff on public.messages (clinic_id, staff_id);
create index messages_by_day on public.messages (clinic_id, created_at);

-- Every clinic begins with a ladder; the admin changes it.
create function private.install_escalation(p_clinic uuid) returns void
language sql security definer set search_path = '' as $$
    insert into public.escalation_steps (clinic_id, step, after_minutes, recipients, channels) values
        (p_clinic, 1, 10, 'ordering_doctor', '{whatsapp,email}'),
        (p_clinic, 2, 10, 'doctors', '{whatsapp,email}'),
        (p_clinic, 3, 15, 'management', '{whatsapp,email}')
    on conflict do nothing
$$;
comment on function private.install_escalation(uuid) is 'The ladder a new clinic begins with.';
create function private.on_new_clinic() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.install_escalation(new.id);
    return null;
end $$;
create trigger clinics_zz_escalation after insert on public.clinics
    for each row execute function private.on_new_clinic();
select private.install_escalation(c.id) from public.clinics c;

create function private.of_role(p_clinic uuid, p_roles public.staff_role[]) returns setof uuid
language sql stable security definer set search_path = '' as $$
    select distinct s.id from public.staff s join public.staff_roles r on r.staff_id = s.id
     where s.clinic_id = p_clinic and s.active and r.role = any (p_roles)
$$;
comment on function private.of_role(uuid, public.staff_role[]) is 'Active staff of a clinic who hold one of the roles.';

-- Whoever edits the ladder takes steps away and sets others: what found no step above it climbs again when there is one.
create function private.on_escalation_step() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update public.critical_alerts a set escalates_at = now() + make_interval(secs => 60 * new.after_minutes::double precision)
     where a.clinic_id = new.clinic_id and a.acknowledged_at is null and a.escalates_at is null and a.step < new.step;
    return null;
end $$;
create trigger escalation_steps_zz_climb after insert or update on public.escalation_steps
    for each row execute function private.on_escalation_step();

-- The doctor who ordered; when they are gone, or no doctor any more, every doctor.
create function private.recipients(o public.diagnostic_orders) returns setof uuid
language sql stable security definer set search_path = '' as $$
    with ordering as (select d as id from private.of_role(o.clinic_id, '{doctor}') d where d = o.staff_id)
    select id from ordering
    union all select d from private.of_role(o.clinic_id, '{doctor}') d where not exists (select from ordering)
$$;
comment on function private.recipients(public.diagnostic_orders) is 'Who is told of an order''s results.';

create function private.notify(o public.diagnostic_orders, p_kind text, p_title text, p_changes jsonb, p_alert uuid) returns void
language sql security definer set search_path = '' as $$
    insert into public.notifications (clinic_id, staff_id, order_id, alert_id, kind, title, changes)
    select o.clinic_id, r, o.id, p_alert, p_kind, p_title, p_changes from private.recipients(o) r
$$;
comment on function private.notify(public.diagnostic_orders, text, text, jsonb, uuid) is 'One row for each recipient.';

create function private.raise_alert(o public.diagnostic_orders, p_since timestamptz) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
    v_alert uuid;
    v_results jsonb;
begin
    select jsonb_agg(jsonb_build_object('code', r.code, 'name', r.name, 'value', private.value_of(r), 'flag', r.flag) order by r.position)
      into v_results from public.results r
     where r.order_id = o.id and r.superseded_at is null and r.flag in ('LL', 'HH', 'AA') and r.verified_at >= p_since;
    if v_results is null then return null; end if;
    insert into public.critical_alerts (clinic_id, order_id, results, escalates_at)
    select o.clinic_id, o.id, v_results,
           (select now() + make_interval(secs => 60 * s.after_minutes::double precision)
              from public.escalation_steps s where s.clinic_id = o.clinic_id order by s.step limit 1)
    returning id into v_alert;
    return v_alert;
end $$;
comment on function private.raise_alert(public.diagnostic_orders, timestamptz) is 'An alert for the critical results verified since; null when there are none.';

create function private.tell_of_final(p_order uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders;
    v_alert uuid;
begin
    select * into o from public.diagnostic_orders d where d.id = p_order;
    v_alert := private.raise_alert(o, o.final_at);
    perform private.notify(o, case when v_alert is null then 'result_final' else 'result_critical' end,
        case when v_alert is null then format('Hasil pemeriksaan %s sudah final.', o.accession_number)
             else format('Hasil KRITIS pada pemeriksaan %s. Tanggapi dengan catatan.', o.accession_number) end, '[]', v_alert);
end $$;
create function private.tell_of_amendment(p_order uuid, p_changes jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders;
    v_alert uuid;
begin
    select * into o from public.diagnostic_orders d where d.id = p_order;
    v_alert := private.raise_alert(o, o.amended_at);
    perform private.notify(o, 'result_amended', format('Hasil pemeriksaan %s diubah.', o.accession_number), p_changes, null);
    if v_alert is not null then
        perform private.notify(o, 'result_critical', format('Hasil KRITIS pada pemeriksaan %s. Tanggapi dengan catatan.', o.accession_number), p_changes, v_alert);
    end if;
end $$;

-- A critical value that an analyser sent waits for nobody: the laboratory is told to verify it, once per order.
create function private.tell_of_unverified(o public.diagnostic_orders) returns void
language sql security definer set search_path = '' as $$
    insert into public.notifications (clinic_id, staff_id, order_id, kind, title)
    select o.clinic_id, s, o.id, 'critical_unverified', format('Ada nilai kritis pada %s yang belum diverifikasi.', o.accession_number)
      from private.of_role(o.clinic_id, '{lab}') s
     where exists (select from public.results r where r.order_id = o.id and r.superseded_at is null
                      and r.status = 'preliminary' and r.flag in ('LL', 'HH', 'AA'))
       and not exists (select from public.notifications n where n.clinic_id = o.clinic_id and n.order_id = o.id and n.kind = 'critical_unverified')
$$;

create function private.tell_of_file(f public.result_files) returns void
language sql security definer set search_path = '' as $$
    insert into public.notifications (clinic_id, staff_id, order_id, kind, title)
    select o.clinic_id, r, o.id, 'file_available', format('Berkas hasil %s sudah tersedia.', o.accession_number)
      from public.diagnostic_orders o cross join lateral private.recipients(o) r
     where o.id = f.order_id and o.state in ('final', 'amended')
$$;

create function private.acknowledge_critical(p_alert uuid, p_note text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    a public.critical_alerts;
begin
    select * into a from public.critical_alerts x where x.id = p_alert
       and (x.clinic_id = any (private.clinics_as('doctor'))
            or exists (select from public.notifications n where n.clinic_id = x.clinic_id and n.alert_id = x.id and n.staff_id = any (private.my_staff_ids())))
       for no key update;
    if not found then
        raise exception 'Peringatan tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if length(btrim(coalesce(p_note, ''))) < 3 then
        raise exception 'Tulis tindakan yang diambil' using errcode = 'check_violation', constraint = 'alert_acknowledgement_is_whole';
    end if;
    if a.acknowledged_at is not null then return; end if;
    update public.critical_alerts x set acknowledged_at = now(), acknowledged_by = private.my_staff(a.clinic_id), note = btrim(p_note), escalates_at = null
     where x.id = a.id;
    -- What nobody could be reached with need not be mended any more.
    update integration.deliveries d set state = 'ready', due_at = now(), attempt = 0
      from public.messages m
     where m.clinic_id = a.clinic_id and m.alert_id = a.id and m.sent_at is null
       and d.target = m.channel and d.kind = m.channel and d.subject_id = m.id and d.state in ('blocked', 'rejected');
end $$;
create function public.acknowledge_critical(alert_id uuid, note text) returns void
language sql security invoker set search_path = '' as $$ select private.acknowledge_critical(alert_id, note) $$;
comment on function public.acknowledge_critical(uuid, text) is 'Doctors and whoever was told: the critical result is seen, and what was done; it climbs no further.';

-- One step up the ladder for each alert whose time has come, by this database's clock.
create function private.escalate() returns integer
language plpgsql security definer set search_path = '' as $$
declare
    a public.critical_alerts;
    o public.diagnostic_orders;
    e public.escalation_steps;
    v_count integer := 0;
begin
    for a in select * from public.critical_alerts x where x.acknowledged_at is null and x.escalates_at <= now()
              order by x.escalates_at limit 200 for no key update skip locked loop
        select * into o from public.diagnostic_orders d where d.id = a.order_id;
        select * into e from public.escalation_steps s where s.clinic_id = a.clinic_id and s.step > a.step order by s.step limit 1;
        if found then
            with people as materialized (
                select distinct p.id from (
                    select r as id from private.recipients(o) r where e.recipients = 'ordering_doctor'
                    union all select d from private.of_role(a.clinic_id, '{doctor}') d where e.recipients = 'doctors'
                    union all select m from private.of_role(a.clinic_id, '{owner,admin}') m where e.recipients = 'management') p),
            told as (
                insert into public.notifications (clinic_id, staff_id, order_id, alert_id, kind, title, step)
                select a.clinic_id, p.id, o.id, a.id, 'result_critical',
                       format('Hasil KRITIS pada pemeriksaan %s belum ditanggapi.', o.accession_number), e.step from people p)
            insert into public.messages (clinic_id, alert_id, staff_id, channel, step)
            select a.clinic_id, a.id, p.id, c, e.step from people p cross join unnest(e.channels) c
             where private.contact_of(p.id, c) is not null
            on conflict do nothing;
            v_count := v_count + 1;
        end if;
        update public.critical_alerts x
           set step = coalesce(e.step, x.step),
               escalates_at = (select now() + make_interval(secs => 60 * s.after_minutes::double precision) from public.escalation_steps s
                                where s.clinic_id = a.clinic_id and s.step > coalesce(e.step, x.step) order by s.step limit 1)
         where x.id = a.id;
    end loop;
    return v_count;
end $$;
comment on function private.escalate() is 'Tells the next person of every critical result whose time has come.';
create function integration.escalate() returns integer
language sql set search_path = '' as $$ select private.escalate() $$;
comment on function integration.escalate() is 'Let critical results climb whose time has come; any worker may call it at any time.';

create function private.contact_of(p_staff uuid, p_channel text) returns text
language sql stable security definer set search_path = '' as $$
    select case p_channel when 'whatsapp' then c.whatsapp_number else coalesce(c.email, u.email) end
      from public.staff s join auth.users u on u.id = s.user_id
      left join public.staff_contacts c on c.clinic_id = s.clinic_id and c.staff_id = s.id
     where s.id = p_staff and s.active
$$;
comment on function private.contact_of(uuid, text) is 'The address or number of a member of staff; null without one, or when they have left.';
grant execute on function private.escalate(), private.contact_of(uuid, text) to service_role;

-- Messages are deliveries; each channel is a target of its own, so that one that is down holds up no other.
insert into integration.targets (target, title) values ('email', 'E-mail petugas'), ('whatsapp', 'WhatsApp petugas');
insert into integration.kinds (target, kind) values ('email', 'email'), ('whatsapp', 'whatsapp');

create function private.on_message() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.want_delivery(new.channel, new.channel, new.id, new.clinic_id, (new.created_at at time zone c.time_zone)::date, true)
       from public.clinics c where c.id = new.clinic_id;
    return null;
end $$;
create trigger messages_zz_deliver after insert on public.messages
    for each row execute function private.on_message();
create function private.on_staff_contact() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['contact/' || new.staff_id]);
    return null;
end $$;
create trigger staff_contacts_zz_resolve after insert or update on public.staff_contacts
    for each row execute function private.on_staff_contact();

create function private.messages_since(p_channel text, p_since date, p_clinic uuid)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable security definer set search_path = '' as $$
    select m.id, m.clinic_id, (m.created_at at time zone c.time_zone)::date
      from public.messages m join public.clinics c on c.id = m.clinic_id
     where m.channel = p_channel and m.created_at >= (p_since - 1)::timestamptz
       and (m.created_at at time zone c.time_zone)::date >= p_since and (p_clinic is null or m.clinic_id = p_clinic)
$$;
comment on function private.messages_since(text, date, uuid) is 'The messages of a channel since a day.';
create function private.message_snapshot(p_message uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
    return (
    select jsonb_build_object('kind', m.channel, 'as_of', now(), 'subject_id', m.id, 'references', jsonb_build_array('clinic/' || m.clinic_id),
        'clinic', jsonb_build_object('id', c.id, 'name', c.name, 'time_zone', c.time_zone),
        'message', jsonb_build_object('id', m.id, 'channel', m.channel, 'step', m.step, 'created_at', m.created_at, 'staff_id', m.staff_id,
            'address', private.contact_of(m.staff_id, m.channel)),
        'alert', jsonb_build_object('id', a.id, 'raised_at', a.raised_at, 'acknowledged', a.acknowledged_at is not null),
        'order', jsonb_build_object('id', o.id, 'accession_number', o.accession_number))
      from public.messages m join public.clinics c on c.id = m.clinic_id
      join public.critical_alerts a on a.id = m.alert_id join public.diagnostic_orders o on o.id = a.order_id
     where m.id = p_message);
end $$;
comment on function private.message_snapshot(uuid) is 'A message: to whom, and whether it is still wanted; no patient data.';
create function private.message_sent(p_message uuid, p_at timestamptz) returns void
language sql security definer set search_path = '' as $$
    update public.messages m set sent_at = coalesce(m.sent_at, p_at) where m.id = p_message
$$;
comment on function private.message_sent(uuid, timestamptz) is 'When a message was handed over.';
grant execute on function private.messages_since(text, date, uuid), private.message_snapshot(uuid),
    private.message_sent(uuid, timestamptz) to service_role;

create function integration.email_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$ select * from private.messages_since('email', p_since, p_clinic) $$;
comment on function integration.email_subjects(date, uuid) is 'Every message of this channel since a day.';
create function integration.email_snapshot(p_message uuid) returns jsonb
language sql stable set search_path = '' as $$ select private.message_snapshot(p_message) $$;
comment on function integration.email_snapshot(uuid) is 'An e-mail: to whom, and whether it is still wanted.';
create function integration.email_learned(p_message uuid, p_facts jsonb) returns void
language sql set search_path = '' as $$ select private.message_sent(p_message, (p_facts ->> 'sent_at')::timestamptz) $$;
comment on function integration.email_learned(uuid, jsonb) is 'When it was handed over.';
create function integration.whatsapp_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$ select * from private.messages_since('whatsapp', p_since, p_clinic) $$;
comment on function integration.whatsapp_subjects(date, uuid) is 'Every message of this channel since a day.';
create function integration.whatsapp_snapshot(p_message uuid) returns jsonb
language sql stable set search_path = '' as $$ select private.message_snapshot(p_message) $$;
comment on function integration.whatsapp_snapshot(uuid) is 'A WhatsApp message: to whom, and whether it is still wanted.';
create function integration.whatsapp_learned(p_message uuid, p_facts jsonb) returns void
language sql set search_path = '' as $$ select private.message_sent(p_message, (p_facts ->> 'sent_at')::timestamptz) $$;
comment on function integration.whatsapp_learned(uuid, jsonb) is 'When it was handed over.';

alter table public.staff_contacts enable row level security;
alter table public.escalation_steps enable row level security;
alter table public.critical_alerts enable row level security;
alter table public.notifications enable row level security;
alter table public.messages enable row level security;
create policy "Staff read their own contact; owner and admin read all" on public.staff_contacts
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
           or staff_id = any ((select private.my_staff_ids())::uuid[]));
create policy "Staff add their own contact; owner and admin add any" on public.staff_contacts
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
                or staff_id = any ((select private.my_staff_ids())::uuid[]));
create policy "Staff edit their own contact; owner and admin edit any" on public.staff_contacts
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
           or staff_id = any ((select private.my_staff_ids())::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
                or staff_id = any ((select private.my_staff_ids())::uuid[]));
create policy "Staff read how results climb" on public.escalation_steps
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Owner and admin add steps" on public.escalation_steps
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin edit steps" on public.escalation_steps
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin take steps away" on public.escalation_steps
    for delete to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Doctors, lab and management read critical results" on public.critical_alerts
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'lab'))::uuid[]));
create policy "Staff read what they are told; owner and admin read all" on public.notifications
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
           or staff_id = any ((select private.my_staff_ids())::uuid[]));
create policy "Staff mark what they have read" on public.notifications
    for update to authenticated
    using (staff_id = any ((select private.my_staff_ids())::uuid[]))
    with check (staff_id = any ((select private.my_staff_ids())::uuid[]));
create policy "Owner and admin read which messages went out" on public.messages
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
grant select, insert on public.staff_contacts to authenticated;
grant update (email, whatsapp_number) on public.staff_contacts to authenticated;
grant select, insert, delete on public.escalation_steps to authenticated;
grant update (after_minutes, recipients, channels) on public.escalation_steps to authenticated;
grant select on public.critical_alerts, public.notifications, public.messages to authenticated, service_role;
grant update (read_at) on public.notifications to authenticated;
grant select, insert, update, delete on public.staff_contacts, public.escalation_steps to service_role;
revoke all on function private.acknowledge_critical(uuid, text), public.acknowledge_critical(uuid, text) from public, anon;
grant execute on function private.acknowledge_critical(uuid, text), public.acknowledge_critical(uuid, text) to authenticated;
call private.hand_to_workers();
alter publication supabase_realtime add table public.notifications, public.critical_alerts;
