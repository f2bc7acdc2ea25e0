-- What clinic staff see of the deliveries: their own work list, and the balance of the day.

create table public.work_items (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    delivery_id bigint not null references integration.deliveries (id),
    target text not null,
    kind text not null,
    subject_id uuid not null,
    state text not null,
    role public.staff_role not null,
    field text not null,
    rule text,
    reason text not null,
    opened_at timestamptz not null default now(),
    constraint work_item_is_once unique nulls not distinct (delivery_id, role, field, rule, reason)
);
comment on table public.work_items is 'One thing somebody must mend before a delivery can go on; gone by itself once mended.';
comment on column public.work_items.reason is 'Indonesian, says what to do, names no patient.';
create index work_items_clinic_role on public.work_items (clinic_id, role);

create function private.write_work_items() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if new.state not in ('blocked', 'rejected') then
        -- A lease in between is no cure: items stay until the row is well, so that lists do not flicker.
        if new.state in ('delivered', 'exempt') then
            delete from public.work_items w where w.delivery_id = new.id;
        end if;
        return null;
    end if;
    delete from public.work_items w
     where w.delivery_id = new.id
       and not exists (select from jsonb_to_recordset(new.problems) as p (role text, field text, rule text, reason text)
                        where (p.role, p.field, p.reason) = (w.role::text, w.field, w.reason)
                          and p.rule is not distinct from w.rule);
    insert into public.work_items (clinic_id, delivery_id, target, kind, subject_id, state, role, field, rule, reason)
    select distinct new.clinic_id, new.id, new.target, new.kind, new.subject_id, new.state,
           p.role::public.staff_role, p.field, p.rule, p.reason
      from jsonb_to_recordset(new.problems) as p (role text, field text, rule text, reason text)
    on conflict on constraint work_item_is_once do update set state = excluded.state;
    return null;
end $$;
create trigger deliveries_write_work_items after update of state, problems on integration.deliveries
    for each row when (new.state in ('blocked', 'rejected', 'delivered', 'exempt'))
    execute function private.write_work_items();

alter table public.work_items enable row level security;
create policy "Staff read their own work; owner and admin read all" on public.work_items
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
           or exists (select from public.staff s join public.staff_roles r on r.staff_id = s.id
                       where s.user_id = (select auth.uid()) and s.active
                         and s.clinic_id = work_items.clinic_id and r.role = work_items.role));
grant select on public.work_items to authenticated, service_role;

-- A lane that rests because a person must act: one alert for the clinic, not one per delivery.
create table public.target_alerts (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    target text not null,
    reason text not null,
    since timestamptz not null default now(),
    refused_at timestamptz not null default now(),
    constraint target_alert_is_one unique (clinic_id, target)
);
comment on table public.target_alerts is 'A target that does not let the clinic in; gone by itself once it does.';
comment on column public.target_alerts.refused_at is 'When the target last refused the clinic; since is when it first did.';
comment on column public.target_alerts.reason is 'Indonesian, says what to do.';

create function private.write_target_alert() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if new.paused_reason is not null then
        insert into public.target_alerts (clinic_id, target, reason)
        values (new.clinic_id, new.target, new.paused_reason)
        on conflict on constraint target_alert_is_one do update set reason = excluded.reason, refused_at = now();
    elsif not new.probing then  -- opened again and answered
        delete from public.target_alerts a where a.clinic_id = new.clinic_id and a.target = new.target;
    end if;
    return null;
end $$;
create trigger lanes_write_target_alert after update of paused_reason, probing on integration.lanes
    for each row execute function private.write_target_alert();

alter table public.target_alerts enable row level security;
create policy "Owner and admin read the alerts of their clinic" on public.target_alerts
    for select to authenticated using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
grant select on public.target_alerts to authenticated, service_role;

-- The balance of the owner's or admin's own clinics, straight from the conservation law.
create function private.delivery_balance(p_since date) returns table (
    target text, clinic_id uuid, service_date date, eligible bigint, ready bigint, leased bigint,
    uncertain bigint, delivered bigint, blocked bigint, rejected bigint, exempt bigint, difference bigint)
language sql stable security definer set search_path = '' as $$
    select s.target, s.clinic_id, s.service_date, s.eligible, s.ready, s.leased, s.uncertain,
           s.delivered, s.blocked, s.rejected, s.exempt, s.difference
      from integration.status(p_since) s
     where s.clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
$$;
create function public.delivery_balance(since date) returns table (
    target text, clinic_id uuid, service_date date, eligible bigint, ready bigint, leased bigint,
    uncertain bigint, delivered bigint, blocked bigint, rejected bigint, exempt bigint, difference bigint)
language sql stable security invoker set search_path = '' as $$
    select * from private.delivery_balance(since)
$$;
comment on function public.delivery_balance(date) is 'Owner and admin: is every finished visit accounted for at every target, day by day?';

-- Mapping a drug to KFA is the pharmacist's work; the mapping itself lives with the deliveries.
create function private.map_drug(p_drug uuid, p_code text, p_display text) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v_clinic uuid;
begin
    select d.clinic_id into v_clinic from public.drugs d
     where d.id = p_drug and d.clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]);
    if not found then
        raise exception 'Obat tidak ditemukan' using errcode = 'no_data_found';
    end if;
    if p_code !~ '^9[0-9]{7}$' then
        raise exception 'Kode KFA terdiri dari 8 angka dan diawali angka 9' using errcode = 'check_violation';
    end if;
    insert into integration.mappings (clinic_id, kind, local_id, code, display)
    values (v_clinic, 'drug', p_drug::text, p_code, btrim(p_display))
    on conflict (clinic_id, kind, local_id) do update
       set code = excluded.code, display = excluded.display, updated_at = now();
end $$;
create function public.map_drug(drug_id uuid, kfa_code text, kfa_display text) returns void
language sql security invoker set search_path = '' as $$
    select private.map_drug(drug_id, kfa_code, kfa_display)
$$;
comment on function public.map_drug(uuid, text, text) is 'Pharmacist and admin: say which KFA product a drug is; deliveries that wait for it go on by themselves.';

create function private.drug_mappings() returns table (drug_id uuid, kfa_code text, kfa_display text)
language sql stable security definer set search_path = '' as $$
    select m.local_id::uuid, m.code, m.display from integration.mappings m
     where m.kind = 'drug' and m.clinic_id = any ((select private.my_clinics())::uuid[])
$$;
create function public.drug_mappings() returns table (drug_id uuid, kfa_code text, kfa_display text)
language sql stable security invoker set search_path = '' as $$
    select * from private.drug_mappings()
$$;
comment on function public.drug_mappings() is 'The KFA codes of the caller''s clinics'' drugs.';

revoke all on function private.delivery_balance(date), private.map_drug(uuid, text, text), private.drug_mappings(),
    public.delivery_balance(date), public.map_drug(uuid, text, text), public.drug_mappings() from public, anon;
grant execute on function private.delivery_balance(date), private.map_drug(uuid, text, text), private.drug_mappings(),
    public.delivery_balance(date), public.map_drug(uuid, text, text), public.drug_mappings() to authenticated;

-- Bells, not letters: workers hear that a delivery became ready, staff that their list changed.
alter publication supabase_realtime add table integration.deliveries, public.work_items, public.target_alerts, public.visits;
