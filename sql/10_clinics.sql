-- Clinics and the people who work there.

create table public.clinics (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    satusehat_organization_id text,
    time_zone text not null default 'Asia/Jakarta',
    capability text not null default 'fktp',
    bpjs_facility_code text,
    bpjs_membership_hours smallint not null default 12,
    address text,
    phone text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint clinic_name_is_filled check (btrim(name) <> ''),
    constraint clinic_organization_id_is_plain check (satusehat_organization_id ~ '^[0-9A-Za-z-]{1,64}$'),
    constraint clinic_organization_is_one_clinic unique (satusehat_organization_id),
    constraint clinic_time_zone_is_indonesian
        check (time_zone in ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')),
    constraint clinic_facility_code_is_plain check (bpjs_facility_code ~ '^[0-9A-Z]{8}$'),
    constraint clinic_facility_is_one_clinic unique (bpjs_facility_code),
    constraint clinic_membership_hours_are_positive check (bpjs_membership_hours > 0),
    constraint clinic_capability_is_known check (capability in ('fktp', 'fkrtl'))
);
comment on table public.clinics is 'One row per clinic; every other row belongs to exactly one.';
comment on column public.clinics.satusehat_organization_id is 'Organization id at SatuSehat; one credential belongs to exactly one.';
comment on column public.clinics.time_zone is 'WIB Asia/Jakarta, WITA Asia/Makassar, WIT Asia/Jayapura; decides which day a visit belongs to.';
comment on column public.clinics.bpjs_facility_code is 'Kode faskes (8 characters). With it the clinic is connected to BPJS: P-Care or VClaim as capability says.';
comment on column public.clinics.bpjs_membership_hours is 'How long an answer about a membership counts as fresh.';
comment on column public.clinics.capability is 'fktp: first level (P-Care); fkrtl: referral level (VClaim).';

create table public.staff (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    user_id uuid not null references auth.users (id) on delete restrict,
    full_name text not null,
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint staff_is_once_per_clinic unique (clinic_id, user_id),
    constraint staff_belongs_to_clinic unique (clinic_id, id)
);
comment on table public.staff is 'A person with a login, at one clinic. Setting active to false takes every right away at once.';
create index staff_user_id on public.staff (user_id);

create table public.staff_roles (
    clinic_id uuid not null,
    staff_id uuid not null,
    role public.staff_role not null,
    granted_at timestamptz not null default now(),
    primary key (staff_id, role),
    constraint staff_role_is_of_the_same_clinic
        foreign key (clinic_id, staff_id) references public.staff (clinic_id, id) on delete cascade
);
comment on table public.staff_roles is 'The roles a member of staff holds; read at every request, so revoking works at once.';
create index staff_roles_clinic_staff on public.staff_roles (clinic_id, staff_id);

create trigger clinics_touch before update on public.clinics
    for each row execute function private.touch_updated_at();
create trigger staff_touch before update on public.staff
    for each row execute function private.touch_updated_at();

-- The clinics where the caller holds one of these roles. Wrapped in a sub-select by the policies, it
-- is evaluated once per statement and not once per row.
create function private.clinics_as(variadic roles public.staff_role[]) returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(distinct s.clinic_id), '{}')
      from public.staff s
      join public.staff_roles r on r.staff_id = s.id
     where s.user_id = (select auth.uid())
       and s.active
       and r.role = any (roles)
$$;
comment on function private.clinics_as(public.staff_role[]) is
    'Clinics where the calling user is active staff with one of the roles; empty without a user.';

create function private.my_clinics() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(distinct s.clinic_id), '{}')
      from public.staff s
      join public.staff_roles r on r.staff_id = s.id
     where s.user_id = (select auth.uid())
       and s.active
$$;
comment on function private.my_clinics() is 'Clinics where the calling user is active staff with any role.';

create function private.owners() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(r.staff_id), '{}')
      from public.staff_roles r
     where r.role = 'owner' and r.clinic_id = any ((select private.my_clinics())::uuid[])
$$;
comment on function private.owners() is 'The rows of staff, at the calling user''s clinics, that hold the role of owner.';
revoke all on function private.clinics_as(public.staff_role[]), private.my_clinics(), private.owners() from public;
grant execute on function private.clinics_as(public.staff_role[]), private.my_clinics(), private.owners()
    to authenticated, service_role;

alter table public.clinics enable row level security;
alter table public.staff enable row level security;
alter table public.staff_roles enable row level security;

create policy "Staff read their own clinic" on public.clinics
    for select to authenticated using (id = any ((select private.my_clinics())::uuid[]));
create policy "Owner and admin edit their clinic" on public.clinics
    for update to authenticated
    using (id = any ((select private.clinics_as('owner', 'admin'))::uuid[]))
    with check (id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));

create policy "Staff read themselves; owner and admin read all staff" on public.staff
    for select to authenticated
    using ((user_id = (select auth.uid()) and active)
           or clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner and admin add staff" on public.staff
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[]));
create policy "Owner edits staff; admin edits staff who are no owners" on public.staff
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('owner'))::uuid[])
           or (clinic_id = any ((select private.clinics_as('admin'))::uuid[])
               and id <> all ((select private.owners())::uuid[])))
    with check (clinic_id = any ((select private.clinics_as('owner'))::uuid[])
                or (clinic_id = any ((select private.clinics_as('admin'))::uuid[])
                    and id <> all ((select private.owners())::uuid[])));

create policy "Staff read their own roles; owner and admin read all" on public.staff_roles
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin'))::uuid[])
           or exists (select from public.staff s
                       where s.id = staff_id and s.user_id = (select auth.uid()) and s.active));
create policy "Only the owner grants roles" on public.staff_roles
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('owner'))::uuid[]));
create policy "Only the owner takes roles away" on public.staff_roles
    for delete to authenticated
    using (clinic_id = any ((select private.clinics_as('owner'))::uuid[]));

-- An owner who removed the last owner could never let anybody in again.
create function private.keep_one_owner() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- Two owners who leave at the same instant would each see the other stay: the second waits here.
    perform from public.clinics c where c.id = old.clinic_id for no key update;
    if not exists (select from public.staff_roles r join public.staff s on s.id = r.staff_id
                    where r.clinic_id = old.clinic_id and r.role = 'owner' and s.active)
       and exists (select from public.staff s where s.clinic_id = old.clinic_id) then
        raise exception 'A clinic keeps at least one active owner'
            using errcode = 'check_violation', constraint = 'clinic_keeps_one_owner';
    end if;
    return null;
end $$;
create constraint trigger clinic_keeps_one_owner
    after delete on public.staff_roles deferrable initially deferred
    for each row when (old.role = 'owner') execute function private.keep_one_owner();
create constraint trigger clinic_keeps_one_active_owner
    after update of active on public.staff deferrable initially deferred
    for each row when (old.active and not new.active) execute function private.keep_one_owner();

grant select on public.clinics, public.staff, public.staff_roles to authenticated;
grant update (name, satusehat_organization_id, time_zone, capability, bpjs_facility_code,
              bpjs_membership_hours, address, phone)
    on public.clinics to authenticated;
grant insert on public.staff to authenticated;
grant update (full_name, active) on public.staff to authenticated;
grant insert, delete on public.staff_roles to authenticated;
grant select, insert, update, delete on public.clinics, public.staff, public.staff_roles to service_role;
