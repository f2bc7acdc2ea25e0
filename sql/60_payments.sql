-- What was paid for a visit, in whole rupiah.

create table public.payments (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    amount_rupiah bigint not null,
    method text not null,
    paid_at timestamptz not null default now(),
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint payment_is_positive check (amount_rupiah > 0),
    constraint payment_method_is_known check (method in ('cash', 'debit', 'credit', 'qris', 'transfer')),
    constraint payment_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.payments is 'Payments received at the counter; a mistake is voided, not deleted.';
create index payments_visit on public.payments (clinic_id, visit_id);

create trigger payments_touch before update on public.payments
    for each row execute function private.touch_updated_at();

alter table public.payments enable row level security;
create policy "Cashier and management read payments" on public.payments
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'cashier'))::uuid[]));
create policy "Cashiers take payments" on public.payments
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('cashier'))::uuid[]));
create policy "Cashiers correct payments" on public.payments
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('cashier'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('cashier'))::uuid[]));

grant select, insert on public.payments to authenticated;
grant update (amount_rupiah, method, paid_at, voided_at) on public.payments to authenticated;
grant select, insert, update, delete on public.payments to service_role;
