-- Drugs, prescriptions, dispensing and stock.

create table public.drugs (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    code text not null,
    name text not null,
    form_code text,
    form_name text,
    stock_unit text not null default 'TAB',
    price_rupiah bigint not null default 0,
    reorder_at numeric(12, 2) not null default 0,
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint drug_belongs_to_clinic unique (clinic_id, id),
    constraint drug_code_is_once_per_clinic unique (clinic_id, code),
    constraint drug_name_is_filled check (btrim(name) <> ''),
    constraint drug_price_is_not_negative check (price_rupiah >= 0),
    constraint drug_reorder_is_not_negative check (reorder_at >= 0)
);
comment on table public.drugs is 'The clinic''s own drug list; its KFA codes are mappings, not columns.';
comment on column public.drugs.form_code is 'Dosage form of SatuSehat''s medication-form code system (BS066 = tablet).';
comment on column public.drugs.price_rupiah is 'Whole rupiah.';

create table public.prescriptions (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    practitioner_id uuid,
    number text not null,
    prescribed_at timestamptz not null default now(),
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint prescription_belongs_to_clinic unique (clinic_id, id),
    constraint prescription_number_is_once_per_clinic unique (clinic_id, number),
    constraint prescription_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id),
    constraint prescription_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id)
);
comment on table public.prescriptions is 'A prescription written during a visit.';
create index prescriptions_visit on public.prescriptions (clinic_id, visit_id);
create index prescriptions_practitioner on public.prescriptions (clinic_id, practitioner_id);

create table public.prescription_items (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    prescription_id uuid not null,
    drug_id uuid not null,
    line smallint not null default 1,
    quantity numeric(10, 2) not null,
    unit text not null default 'TAB',
    dose_quantity numeric(10, 3),
    dose_unit text,
    frequency smallint,
    period numeric(6, 2),
    period_unit text,
    route text,
    instruction text,
    days_supply smallint,
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint prescription_item_belongs_to_clinic unique (clinic_id, id),
    constraint prescription_item_line_is_once unique (prescription_id, line),
    constraint prescription_item_numbers_are_positive
        check (least(quantity, dose_quantity, frequency, period, days_supply) > 0),
    constraint prescription_item_period_unit_is_ucum check (period_unit in ('h', 'd', 'wk', 'mo')),
    constraint prescription_item_is_of_the_same_clinic
        foreign key (clinic_id, prescription_id) references public.prescriptions (clinic_id, id),
    constraint prescription_item_drug_is_of_the_same_clinic
        foreign key (clinic_id, drug_id) references public.drugs (clinic_id, id)
);
comment on table public.prescription_items is 'One drug of a prescription, with how it is to be taken.';
comment on column public.prescription_items.unit is 'Code of v3-orderableDrugForm (TAB, CAP, …) or UCUM.';
comment on column public.prescription_items.route is 'ATC route: O oral, P parenteral, R rectal, V vaginal, ….';
create index prescription_items_prescription on public.prescription_items (clinic_id, prescription_id);
create index prescription_items_drug on public.prescription_items (clinic_id, drug_id);

create table public.stock_batches (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    drug_id uuid not null,
    batch_number text not null,
    expires_on date,
    quantity numeric(12, 2) not null default 0,
    created_at timestamptz not null default now(),
    constraint stock_batch_belongs_to_clinic unique (clinic_id, id),
    constraint stock_batch_is_once_per_drug unique (drug_id, batch_number),
    constraint stock_is_never_negative check (quantity >= 0),
    constraint stock_batch_drug_is_of_the_same_clinic
        foreign key (clinic_id, drug_id) references public.drugs (clinic_id, id)
);
comment on table public.stock_batches is 'What is on the shelf; quantity follows stock_movements and is never edited.';
create index stock_batches_drug on public.stock_batches (clinic_id, drug_id);

create table public.dispenses (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    prescription_item_id uuid not null,
    practitioner_id uuid,
    batch_id uuid,
    quantity numeric(10, 2) not null,
    prepared_at timestamptz not null default now(),
    handed_over_at timestamptz,
    voided_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint dispense_belongs_to_clinic unique (clinic_id, id),
    constraint dispense_quantity_is_positive check (quantity > 0),
    constraint dispense_is_prepared_before_handed_over check (prepared_at <= handed_over_at),
    constraint dispense_item_is_of_the_same_clinic
        foreign key (clinic_id, prescription_item_id) references public.prescription_items (clinic_id, id),
    constraint dispense_practitioner_is_of_the_same_clinic
        foreign key (clinic_id, practitioner_id) references public.practitioners (clinic_id, id),
    constraint dispense_batch_is_of_the_same_clinic
        foreign key (clinic_id, batch_id) references public.stock_batches (clinic_id, id)
);
comment on table public.dispenses is 'What the pharmacy handed over for a prescription item.';
create index dispenses_item on public.dispenses (clinic_id, prescription_item_id);
create index dispenses_practitioner on public.dispenses (clinic_id, practitioner_id);
create index dispenses_batch on public.dispenses (clinic_id, batch_id);

create table public.stock_movements (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    batch_id uuid not null,
    dispense_id uuid,
    quantity numeric(12, 2) not null,
    reason text not null,
    moved_at timestamptz not null default now(),
    constraint stock_movement_is_not_zero check (quantity <> 0),
    constraint stock_movement_reason_is_known
        check (reason in ('received', 'dispensed', 'returned', 'expired', 'damaged', 'counted')),
    constraint stock_movement_batch_is_of_the_same_clinic
        foreign key (clinic_id, batch_id) references public.stock_batches (clinic_id, id),
    constraint stock_movement_dispense_is_of_the_same_clinic
        foreign key (clinic_id, dispense_id) references public.dispenses (clinic_id, id)
);
comment on table public.stock_movements is 'Every change of stock, signed, never edited.';
create index stock_movements_batch on public.stock_movements (clinic_id, batch_id);
create index stock_movements_dispense on public.stock_movements (clinic_id, dispense_id);

create function private.move_stock() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update public.stock_batches set quantity = quantity + new.quantity where id = new.batch_id;
    return null;
end $$;
comment on function private.move_stock() is 'A movement changes its batch; the constraint refuses what is not there.';
create trigger stock_movements_move after insert on public.stock_movements
    for each row execute function private.move_stock();

create function private.take_dispensed_from_stock() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' and new.voided_at is null then
        insert into public.stock_movements (clinic_id, batch_id, dispense_id, quantity, reason)
        values (new.clinic_id, new.batch_id, new.id, -new.quantity, 'dispensed');
    elsif tg_op = 'UPDATE' and old.voided_at is null and new.voided_at is not null then
        insert into public.stock_movements (clinic_id, batch_id, dispense_id, quantity, reason)
        values (new.clinic_id, new.batch_id, new.id, new.quantity, 'returned');
    end if;
    return null;
end $$;
create trigger dispenses_take_from_stock after insert or update of voided_at on public.dispenses
    for each row when (new.batch_id is not null) execute function private.take_dispensed_from_stock();

create trigger drugs_touch before update on public.drugs
    for each row execute function private.touch_updated_at();
create trigger prescriptions_touch before update on public.prescriptions
    for each row execute function private.touch_updated_at();
create trigger prescription_items_touch before update on public.prescription_items
    for each row execute function private.touch_updated_at();
create trigger dispenses_touch before update on public.dispenses
    for each row execute function private.touch_updated_at();

alter table public.drugs enable row level security;
alter table public.prescriptions enable row level security;
alter table public.prescription_items enable row level security;
alter table public.dispenses enable row level security;
alter table public.stock_batches enable row level security;
alter table public.stock_movements enable row level security;

create policy "Staff read drugs" on public.drugs
    for select to authenticated using (clinic_id = any ((select private.my_clinics())::uuid[]));
create policy "Pharmacists and admin add drugs" on public.drugs
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]));
create policy "Pharmacists and admin edit drugs" on public.drugs
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]));

create policy "Carers, pharmacy, cashier and management read prescriptions" on public.prescriptions
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'pharmacist', 'cashier'))::uuid[]));
create policy "Doctors prescribe" on public.prescriptions
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Doctors correct prescriptions" on public.prescriptions
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));

create policy "Carers, pharmacy, cashier, management read prescription items" on public.prescription_items
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'pharmacist', 'cashier'))::uuid[]));
create policy "Doctors add prescription items" on public.prescription_items
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));
create policy "Doctors correct prescription items" on public.prescription_items
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('doctor'))::uuid[]));

create policy "Carers, pharmacy, cashier and management read dispenses" on public.dispenses
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'pharmacist', 'cashier'))::uuid[]));
create policy "Pharmacists dispense" on public.dispenses
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('pharmacist'))::uuid[]));
create policy "Pharmacists correct dispenses" on public.dispenses
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('pharmacist'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('pharmacist'))::uuid[]));

create policy "Doctors, pharmacy and management read stock" on public.stock_batches
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'pharmacist'))::uuid[]));
create policy "Pharmacists and admin add batches" on public.stock_batches
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]));
create policy "Doctors, pharmacy and management read stock movements" on public.stock_movements
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'pharmacist'))::uuid[]));
create policy "Pharmacists and admin move stock" on public.stock_movements
    for insert to authenticated
    with check (clinic_id = any ((select private.clinics_as('admin', 'pharmacist'))::uuid[]));

grant select, insert on public.drugs, public.prescriptions, public.prescription_items,
    public.dispenses, public.stock_movements to authenticated;
grant select on public.stock_batches to authenticated;
grant insert (clinic_id, drug_id, batch_number, expires_on) on public.stock_batches to authenticated;
grant update (code, name, form_code, form_name, stock_unit, price_rupiah, reorder_at, active)
    on public.drugs to authenticated;
grant update (practitioner_id, prescribed_at, voided_at) on public.prescriptions to authenticated;
grant update (drug_id, line, quantity, unit, dose_quantity, dose_unit, frequency, period,
              period_unit, route, instruction, days_supply, voided_at)
    on public.prescription_items to authenticated;
grant update (practitioner_id, quantity, prepared_at, handed_over_at, voided_at)
    on public.dispenses to authenticated;
grant select, insert, update, delete on public.drugs, public.prescriptions, public.prescription_items,
    public.dispenses, public.stock_batches, public.stock_movements to service_role;
