-- Claims: what BPJS is to pay beyond capitation, from the finished visit until the money is there.
-- A referral-level clinic's claim goes by LPK (kind "claim") and is followed through VClaim's monitoring;
-- a first-level clinic's is a list to reconcile with P-Care's own pages, which have no service for it.

insert into integration.kinds (target, kind) values ('vclaim', 'claim');

create type public.claim_state as enum (
    'draft', 'checked', 'sent', 'in_verification', 'pending', 'approved', 'rejected', 'paid', 'withdrawn');

create table public.claims (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    visit_id uuid not null,
    route text not null,
    state public.claim_state not null default 'draft',
    -- what the cashier enters
    ward_code text,
    room_class_code text,
    specialism_code text,
    way_out_code text,
    condition_code text,
    follow_up_code text not null default '1',
    control_on date,
    control_poli_code text,
    referred_to text,
    requested_rupiah bigint,
    tariff_rupiah bigint,
    -- what only functions write
    approved_rupiah bigint,
    paid_rupiah bigint,
    paid_on date,
    pending_reason text,
    group_code text,
    group_name text,
    fpk_number text,
    lpk_held boolean not null default false,
    signed_by uuid,
    signed_at timestamptz,
    sent_at timestamptz,
    approved_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint claim_is_one_per_visit unique (visit_id),
    constraint claim_belongs_to_clinic unique (clinic_id, id),
    constraint claim_route_is_known check (route in ('pcare', 'vclaim')),
    constraint claim_money_is_no_debt check (least(requested_rupiah, tariff_rupiah, approved_rupiah, paid_rupiah) >= 0),
    constraint claim_codes_are_plain check (ward_code ~ '^[0-9A-Za-z]{1,10}$' and room_class_code ~ '^[0-9A-Za-z]{1,10}$'
        and specialism_code ~ '^[0-9A-Za-z]{1,10}$' and way_out_code ~ '^[0-9]$' and condition_code ~ '^[0-9]$'),
    constraint claim_follow_up_is_known check (follow_up_code in ('1', '2', '3', '4')),
    constraint claim_pending_has_a_reason check ((state = 'pending') <= (pending_reason is not null)),
    constraint claim_approval_has_an_amount
        check ((state in ('approved', 'paid')) <= (approved_rupiah is not null and approved_at is not null)),
    constraint claim_payment_has_a_day check ((state = 'paid') <= (paid_rupiah is not null and paid_on is not null)),
    constraint claim_visit_is_of_the_same_clinic
        foreign key (clinic_id, visit_id) references public.visits (clinic_id, id)
);
comment on table public.claims is 'One claim on BPJS per finished visit; moves draft → checked → sent → in_verification → pending / approved / rejected → paid.';
comment on column public.claims.route is 'vclaim: sent as LPK and followed by the workers; pcare: non-capitation procedures, submitted in P-Care''s own pages and reconciled here.';
comment on column public.claims.tariff_rupiah is 'What the grouper allows, when the cashier knows it; a request above it would pend.';
comment on column public.claims.follow_up_code is 'tindakLanjut: 1 home, 2 tests, 3 referred (referred_to), 4 control (control_on, control_poli_code).';
comment on column public.claims.pending_reason is 'Why BPJS pends or refuses it, in BPJS''s own words.';
comment on column public.claims.lpk_held is 'VClaim holds an LPK of this claim.';
comment on column public.claims.signed_at is 'When the doctor signed the résumé; a later change of diagnoses or procedures asks for a new signature.';
comment on column public.claims.approved_at is 'When BPJS was first seen to have approved it: the end of the claim cycle.';
create index claims_visit on public.claims (clinic_id, visit_id);
create index claims_open on public.claims (clinic_id, state) where state in ('sent', 'in_verification', 'pending');

create table public.claim_history (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    claim_id uuid not null,
    state public.claim_state not null,
    at timestamptz not null default clock_timestamp(),
    user_id uuid,
    reason text,
    constraint claim_history_is_of_the_same_clinic
        foreign key (clinic_id, claim_id) references public.claims (clinic_id, id) on delete cascade
);
comment on table public.claim_history is 'Every move of a claim, kept by the database; user_id null: the workers.';
create index claim_history_claim on public.claim_history (clinic_id, claim_id, at);

create table public.claim_pairings (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null references public.clinics (id),
    procedure_code text not null,
    diagnosis_prefix text not null,
    constraint pairing_is_once unique (clinic_id, procedure_code, diagnosis_prefix),
    constraint pairing_is_filled check (btrim(procedure_code) <> '' and btrim(diagnosis_prefix) <> '')
);
comment on table public.claim_pairings is 'A procedure named here is only claimed together with a diagnosis that begins with one of its prefixes; the clinic''s own experience with verifiers.';

create function private.on_pairing() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.resolve(array['pairing/' || coalesce(new.clinic_id, old.clinic_id) || '/' || coalesce(new.procedure_code, old.procedure_code),
                                  'pairing/' || coalesce(old.clinic_id, new.clinic_id) || '/' || coalesce(old.procedure_code, new.procedure_code)]);
    return null;
end $$;
create trigger claim_pairings_zz_resolve after insert or update or delete on public.claim_pairings
    for each row execute function private.on_pairing();

create function private.guard_claim() returns trigger
language plpgsql set search_path = '' as $$
begin
    if tg_op = 'INSERT' then
        if new.state <> 'draft' then
            raise exception 'A claim begins as a draft' using errcode = 'check_violation', constraint = 'claim_begins_as_draft';
        end if;
    elsif new.state <> old.state and not (old.state::text, new.state::text) in (
        ('draft', 'checked'), ('checked', 'draft'), ('checked', 'sent'),
        ('sent', 'in_verification'), ('sent', 'pending'), ('sent', 'approved'), ('sent', 'rejected'),
        ('in_verification', 'pending'), ('in_verification', 'approved'), ('in_verification', 'rejected'),
        ('pending', 'checked'), ('pending', 'sent'), ('pending', 'in_verification'), ('pending', 'approved'), ('pending', 'rejected'),
        ('approved', 'paid'), ('withdrawn', 'draft'),
        ('draft', 'withdrawn'), ('checked', 'withdrawn'), ('sent', 'withdrawn'), ('in_verification', 'withdrawn'),
        ('pending', 'withdrawn')) then
        raise exception 'A claim cannot go from % to %', old.state, new.state
            using errcode = 'check_violation', constraint = 'claim_moves_along_its_states';
    end if;
    if new.state not in ('pending', 'rejected') then new.pending_reason := null; end if;
    if new.state = 'approved' then new.approved_at := coalesce(new.approved_at, now()); end if;
    return new;
end $$;
comment on function private.guard_claim() is 'Refuses a move the life of a claim does not know.';
create trigger claims_guard before insert or update on public.claims
    for each row execute function private.guard_claim();
create trigger claims_touch before update on public.claims
    for each row execute function private.touch_updated_at();

create function private.write_claim_history() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.claim_history (clinic_id, claim_id, state, user_id, reason)
    values (new.clinic_id, new.id, new.state, auth.uid(), new.pending_reason);
    return null;
end $$;
create trigger claims_write_first after insert on public.claims
    for each row execute function private.write_claim_history();
create trigger claims_write_move after update on public.claims
    for each row when (new.state <> old.state or new.pending_reason is distinct from old.pending_reason)
    execute function private.write_claim_history();

create function private.want_claim(p_claim uuid) returns void
language sql security definer set search_path = '' as $$
    select private.want_delivery('vclaim', 'claim', k.id, k.clinic_id, (v.arrived_at at time zone c.time_zone)::date,
                                 (v.arrived_at at time zone c.time_zone)::date >= l.since)
      from public.claims k
      join public.visits v on v.id = k.visit_id
      join public.clinics c on c.id = k.clinic_id
      join integration.lanes l on l.clinic_id = k.clinic_id and l.target = 'vclaim'
     where k.id = p_claim and k.route = 'vclaim'
$$;
comment on function private.want_claim(uuid) is 'VClaim is behind on a claim.';
grant execute on function private.want_claim(uuid) to service_role;

-- A BPJS visit is finished: its claim begins. First-level clinics claim procedures alone; the rest is capitation.
create function private.claim_changed(p_visit uuid) returns void
language plpgsql security definer set search_path = '' as $$
declare
    v record;
    v_sum bigint;
    v_claim uuid;
begin
    select x.id, x.clinic_id, x.payer = 'bpjs' and x.status = 'finished' as wanted,
           case c.capability when 'fktp' then 'pcare' else 'vclaim' end as route
      into v from public.visits x join public.clinics c on c.id = x.clinic_id
     where x.id = p_visit and x.bpjs_since is not null and c.bpjs_facility_code is not null;
    if not found then return; end if;
    if v.route = 'pcare' then
        select sum(t.amount_rupiah) into v_sum from public.bpjs_procedures t
         where t.clinic_id = v.clinic_id and t.visit_id = v.id and t.voided_at is null;
        v.wanted := v.wanted and v_sum is not null;
    end if;
    if v.wanted then
        insert into public.claims (clinic_id, visit_id, route, requested_rupiah) values (v.clinic_id, v.id, v.route, v_sum)
        on conflict (visit_id) do nothing;
        update public.claims k set state = 'draft' where k.visit_id = v.id and k.state = 'withdrawn';
        update public.claims k set requested_rupiah = v_sum, state = 'draft'
         where k.visit_id = v.id and k.route = 'pcare' and k.state in ('draft', 'checked')
           and k.requested_rupiah is distinct from v_sum;
    else
        update public.claims k set state = 'withdrawn'
         where k.visit_id = v.id and k.state in ('draft', 'checked', 'sent', 'in_verification', 'pending');
    end if;
    select k.id into v_claim from public.claims k where k.visit_id = v.id;
    if found then perform private.want_claim(v_claim); end if;
end $$;
comment on function private.claim_changed(uuid) is 'A finished BPJS visit has a claim; one that BPJS does not pay after all has none.';

create function private.on_claim_fact() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' or to_jsonb(new) - 'updated_at' is distinct from to_jsonb(old) - 'updated_at' then
        perform private.claim_changed(private.visit_of(tg_table_name, to_jsonb(new)));
    end if;
    return null;
end $$;
create trigger visits_zz_claim_first after insert on public.visits
    for each row when (new.bpjs_since is not null and new.finished_at is not null)
    execute function private.on_claim_fact();
create trigger visits_zz_claim after update on public.visits
    for each row when (new.bpjs_since is not null and (new.finished_at is not null or old.finished_at is not null))
    execute function private.on_claim_fact();
create trigger diagnoses_zz_claim after insert or update on public.diagnoses
    for each row execute function private.on_claim_fact();
create trigger procedures_zz_claim after insert or update on public.procedures
    for each row execute function private.on_claim_fact();
create trigger bpjs_procedures_zz_claim after insert or update on public.bpjs_procedures
    for each row execute function private.on_claim_fact();

create function private.on_claim_entry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.want_claim(new.id);
    return null;
end $$;
create trigger claims_zz_deliver
    after update of ward_code, room_class_code, specialism_code, way_out_code, condition_code, follow_up_code,
        control_on, control_poli_code, referred_to, requested_rupiah, tariff_rupiah on public.claims
    for each row when (new.route = 'vclaim') execute function private.on_claim_entry();

-- What would make the claim pend, found before it is sent: one row per thing to mend, and who can.
create function private.claim_problems(p_claim uuid)
returns table (rule text, role text, field text, reason text, waits_for text)
language plpgsql stable set search_path = '' as $$
declare
    k public.claims;
    v public.visits;
    c public.clinics;
    s public.bpjs_seps;
begin
    select * into k from public.claims x where x.id = p_claim;
    select * into v from public.visits x where x.id = k.visit_id;
    select * into c from public.clinics x where x.id = k.clinic_id;
    select * into s from public.bpjs_seps x where x.visit_id = k.visit_id;
    return query
    select p.rule, p.role, p.field, p.reason, p.waits_for from (
        select 'resume', 'doctor', 'visits.chief_complaint', 'Resume medis belum lengkap: isi keluhan, dokter, dan cara pulang.', null::text
         where coalesce(btrim(v.chief_complaint), '') = '' or v.disposition is null or v.practitioner_id is null
        union all
        select 'diagnosis', 'doctor', 'diagnoses.icd10_code', 'Diagnosis utama (ICD-10) belum diisi.', null
         where not exists (select from public.diagnoses d where d.clinic_id = k.clinic_id and d.visit_id = v.id
                              and d.role = 'primary' and d.voided_at is null)
        union all
        select 'unsigned', 'doctor', 'claims.signed_at', 'Resume medis belum ditandatangani dokter, atau diagnosis dan tindakan berubah sesudahnya. Tandatangani resume.', null
         where k.signed_at is null
            or exists (select from public.diagnoses d where d.clinic_id = k.clinic_id and d.visit_id = v.id and d.updated_at > k.signed_at)
            or exists (select from public.procedures o where o.clinic_id = k.clinic_id and o.visit_id = v.id and o.updated_at > k.signed_at)
        union all
        select 'pairing', 'doctor', 'procedures.icd9cm_code', 'Tindakan ' || o.icd9cm_code || ' tidak cocok dengan diagnosis mana pun pada kunjungan ini. Perbaiki kode tindakan atau diagnosis.', 'pairing/' || k.clinic_id || '/' || o.icd9cm_code
          from public.procedures o
         where o.clinic_id = k.clinic_id and o.visit_id = v.id and o.voided_at is null
           and exists (select from public.claim_pairings g where g.clinic_id = k.clinic_id and g.procedure_code = o.icd9cm_code)
           and not exists (select from public.claim_pairings g
                             join public.diagnoses d on starts_with(d.icd10_code, g.diagnosis_prefix)
                            where g.clinic_id = k.clinic_id and g.procedure_code = o.icd9cm_code
                              and d.clinic_id = k.clinic_id and d.visit_id = v.id and d.voided_at is null)
        union all
        select 'duplicate', 'cashier', 'claims.visit_id', 'Pasien sudah punya klaim lain di poli yang sama pada hari yang sama. Gabungkan kunjungannya, atau ubah penjamin salah satunya.', 'bpjs-visits/' || v.patient_id
         where exists (select from public.claims o join public.visits w on w.id = o.visit_id
                        where w.clinic_id = k.clinic_id and w.patient_id = v.patient_id and o.id <> k.id and o.state <> 'withdrawn'
                          and w.location_id is not distinct from v.location_id
                          and (w.arrived_at at time zone c.time_zone)::date = (v.arrived_at at time zone c.time_zone)::date)
        union all
        select x.* from private.claim_problems_of_vclaim(k, v, c, s) x where k.route = 'vclaim'
        union all
        select x.* from private.claim_problems_of_pcare(k) x where k.route = 'pcare') as p (rule, role, field, reason, waits_for);
end $$;
comment on function private.claim_problems(uuid) is 'The pre-check of a claim: missing résumé, unsigned, mismatch, duplicate, expired referral, over tariff, …';

create function private.claim_problems_of_vclaim(k public.claims, v public.visits, c public.clinics, s public.bpjs_seps)
returns table (rule text, role text, field text, reason text, waits_for text)
language sql stable set search_path = '' as $$
    select 'sep', 'cashier', 'bpjs_seps.sep_number', 'SEP kunjungan ini belum terbit. Klaim dapat dikirim sesudah SEP terbit.', 'sep/' || v.id
     where s.sep_number is null
    union all
    select 'referral', 'front_desk', 'bpjs_seps.referral_number', 'Rujukan sudah kedaluwarsa pada tanggal SEP (lebih dari ' || c.bpjs_referral_days || ' hari). Minta rujukan baru atau surat kontrol.', 'sep/' || v.id
     where s.found_on + c.bpjs_referral_days < coalesce(s.sep_on, (v.arrived_at at time zone c.time_zone)::date)
       and coalesce(s.letter_number, '') = ''
    union all
    select 'tariff', 'cashier', 'claims.requested_rupiah', 'Biaya yang diajukan melebihi tarif (paling besar Rp' || k.tariff_rupiah || ').', null
     where k.requested_rupiah > k.tariff_rupiah
    union all
    select 'lpk', 'cashier', 'claims.way_out_code', 'Isian LPK belum lengkap: spesialistik, cara keluar, dan kondisi pulang; untuk rawat inap juga ruang dan kelas rawat.', null
     where k.specialism_code is null or k.way_out_code is null or k.condition_code is null
        or (v.visit_class = 'inpatient' and (k.ward_code is null or k.room_class_code is null))
    union all
    select 'follow_up', 'cashier', 'claims.follow_up_code', 'Rencana tindak lanjut belum lengkap: isi faskes tujuan rujukan, atau tanggal dan poli kontrol.', null
     where (k.follow_up_code = '3' and k.referred_to is null)
        or (k.follow_up_code = '4' and (k.control_on is null or k.control_poli_code is null))
    union all
    select 'doctor', 'admin', 'practitioners.full_name', 'Dokter ini belum dipetakan ke kode BPJS. Pilih kodenya dari daftar BPJS.', 'mapping/bpjs_doctor/' || v.practitioner_id
     where v.practitioner_id is not null and private.bpjs_code(k.clinic_id, 'bpjs_doctor', v.practitioner_id::text) is null
    union all
    select 'poli', 'admin', 'locations.name', 'Poli ini belum dipetakan ke kode BPJS. Pilih kodenya dari daftar BPJS.', 'mapping/bpjs_poli/' || v.location_id
     where private.bpjs_code(k.clinic_id, 'bpjs_poli', v.location_id::text) is null
$$;

create function private.claim_problems_of_pcare(k public.claims)
returns table (rule text, role text, field text, reason text, waits_for text)
language sql stable set search_path = '' as $$
    select 'visit', 'cashier', 'bpjs_visits.visit_number', 'Kunjungan ini belum diterima P-Care seluruhnya. Selesaikan dahulu pekerjaan P-Care-nya.', null::text
     where not exists (select from integration.deliveries d where d.target = 'pcare' and d.kind = 'pcare_visit'
                          and d.subject_id = k.visit_id and d.state = 'delivered')
    union all
    select case when t.largest is null then 'unknown' else 'tariff' end, 'cashier', 'bpjs_procedures.amount_rupiah',
           case when t.largest is null then 'Tindakan ' || t.code || ' tidak ada dalam daftar tindakan BPJS. Pilih dari daftar.'
                else 'Biaya tindakan ' || t.code || ' melebihi tarif BPJS (paling besar Rp' || t.largest || ').' end, null
      from (select x.code, x.amount_rupiah, (select (f.details ->> 'maxTarif')::bigint from public.bpjs_references f
                     where f.clinic_id = x.clinic_id and f.kind = 'procedure' and f.code = x.code) as largest
              from public.bpjs_procedures x
             where x.clinic_id = k.clinic_id and x.visit_id = k.visit_id and x.voided_at is null) t
     where t.largest is null or t.amount_rupiah > t.largest
$$;
grant execute on function private.claim_problems(uuid), private.claim_problems_of_pcare(public.claims),
    private.claim_problems_of_vclaim(public.claims, public.visits, public.clinics, public.bpjs_seps) to service_role;

-- Staff's own moves.

create function private.own_claim(p_claim uuid, p_clinics uuid[]) returns public.claims
language plpgsql set search_path = '' as $$
declare
    k public.claims;
begin
    select * into k from public.claims x where x.id = p_claim and x.clinic_id = any (p_clinics) for no key update;
    if not found then raise exception 'Klaim tidak ditemukan' using errcode = 'no_data_found'; end if;
    return k;
end $$;

create function private.check_claim(p_claim uuid) returns table (rule text, role text, field text, reason text)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
    k public.claims := private.own_claim(p_claim, private.clinics_as('cashier', 'admin'));
begin
    return query select p.rule, p.role, p.field, p.reason from private.claim_problems(p_claim) p order by p.role, p.rule;
    if not found and k.state in ('draft', 'pending') then
        update public.claims x set state = 'checked' where x.id = p_claim;
        perform private.want_claim(p_claim);
    end if;
end $$;
create function public.check_claim(claim_id uuid) returns table (rule text, role text, field text, reason text)
language sql security invoker set search_path = '' as $$
    select * from private.check_claim(claim_id)
$$;
comment on function public.check_claim(uuid) is 'Cashier: what would make the claim pend; nothing, and a draft or pending claim is checked and goes out.';

create function private.sign_claim(p_claim uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
    perform private.own_claim(p_claim, private.clinics_as('doctor'));
    update public.claims k set signed_at = clock_timestamp(), signed_by = auth.uid() where k.id = p_claim;
    perform private.want_claim(p_claim);
end $$;
create function public.sign_claim(claim_id uuid) returns void
language sql security invoker set search_path = '' as $$
    select private.sign_claim(claim_id)
$$;
comment on function public.sign_claim(uuid) is 'Doctor: the résumé of this claim''s visit is right and signed.';

create function private.settle_claim(p_claim uuid, p_outcome text, p_rupiah bigint, p_reason text, p_on date) returns void
language plpgsql security definer set search_path = '' as $$
declare
    k public.claims := private.own_claim(p_claim, private.clinics_as('cashier', 'admin'));
begin
    if not (p_outcome = 'paid' or (k.route = 'pcare' and p_outcome in ('sent', 'in_verification', 'pending', 'approved', 'rejected'))) then
        raise exception 'Nasib klaim VClaim dibaca dari BPJS; hanya pembayaran yang dicatat di sini'
            using errcode = 'check_violation';
    end if;
    update public.claims x
       set state = p_outcome::public.claim_state,
           sent_at = case when p_outcome = 'sent' then now() else x.sent_at end,
           pending_reason = case when p_outcome in ('pending', 'rejected') then p_reason end,
           approved_rupiah = case when p_outcome = 'approved' then p_rupiah else x.approved_rupiah end,
           paid_rupiah = case when p_outcome = 'paid' then p_rupiah end,
           paid_on = case when p_outcome = 'paid' then coalesce(p_on, current_date) end
     where x.id = p_claim;
    perform private.want_claim(p_claim);
end $$;
create function public.settle_claim(claim_id uuid, outcome text, rupiah bigint default null, reason text default null, on_day date default null)
returns void
language sql security invoker set search_path = '' as $$
    select private.settle_claim(claim_id, outcome, rupiah, reason, on_day)
$$;
comment on function public.settle_claim(uuid, text, bigint, text, date) is
    'Cashier: the money of a claim came (paid); for a first-level clinic also what became of it in P-Care''s own pages.';

create function public.non_capitation(since date, until date)
returns table (visit_id uuid, service_date date, code text, name text, amount_rupiah bigint, largest_rupiah bigint,
               visit_number text, claim_id uuid, claim_state public.claim_state, approved_rupiah bigint)
language sql stable security invoker set search_path = '' as $$
    select t.visit_id, (v.arrived_at at time zone c.time_zone)::date, t.code, t.name, t.amount_rupiah,
           (select (f.details ->> 'maxTarif')::bigint from public.bpjs_references f
             where f.clinic_id = t.clinic_id and f.kind = 'procedure' and f.code = t.code),
           b.visit_number, k.id, k.state, k.approved_rupiah
      from public.claims k
      join public.visits v on v.id = k.visit_id
      join public.clinics c on c.id = k.clinic_id
      join public.bpjs_procedures t on t.clinic_id = k.clinic_id and t.visit_id = k.visit_id and t.voided_at is null
      left join public.bpjs_visits b on b.visit_id = k.visit_id
     where k.route = 'pcare' and (v.arrived_at at time zone c.time_zone)::date between since and until
     order by 2, 1, 3
$$;
comment on function public.non_capitation(date, date) is 'Cashier and management: a first-level clinic''s claims procedure by procedure, to be reconciled with P-Care''s FPK.';

-- What the workers ask and tell.

create function integration.claim_snapshot(p_claim uuid) returns jsonb
language sql stable set search_path = '' as $$
    select private.vclaim_parts(k.visit_id) || jsonb_build_object('kind', 'claim', 'as_of', now(), 'subject_id', k.id,
        'claim', to_jsonb(k) - '{clinic_id,visit_id,created_at,updated_at}'::text[],
        'procedures', (select coalesce(jsonb_agg(o.icd9cm_code order by o.performed_at, o.id), '[]')
                from public.procedures o
               where o.clinic_id = k.clinic_id and o.visit_id = k.visit_id and o.voided_at is null),
        'problems', (select coalesce(jsonb_agg(to_jsonb(p) order by p.role, p.rule), '[]') from private.claim_problems(k.id) p))
      from public.claims k where k.id = p_claim
$$;
comment on function integration.claim_snapshot(uuid) is 'A claim as VClaim needs to know it, with what its pre-check finds (docs/snapshot.md).';

create function integration.claim_subjects(p_since date, p_clinic uuid default null)
returns table (subject_id uuid, clinic_id uuid, service_date date)
language sql stable set search_path = '' as $$
    select k.id, k.clinic_id, s.service_date
      from integration.sep_subjects(p_since, p_clinic) s
      join public.claims k on k.visit_id = s.subject_id
     where k.route = 'vclaim'
$$;
comment on function integration.claim_subjects(date, uuid) is 'Every claim of a referral-level clinic''s visits since a day.';

create function integration.claim_learned(p_claim uuid, p_facts jsonb) returns void
language plpgsql set search_path = '' as $$
begin
    update public.claims k
       set lpk_held = (p_facts ->> 'lpk_held')::boolean,
           state = case when (p_facts ->> 'sent')::boolean and k.state in ('checked', 'pending') then 'sent' else k.state end,
           sent_at = case when (p_facts ->> 'sent')::boolean then now() else k.sent_at end
     where k.id = p_claim;
    if not (p_facts ->> 'lpk_held')::boolean then perform private.resolve(array['claim/' || p_claim]); end if;
end $$;
comment on function integration.claim_learned(uuid, jsonb) is 'Keep whether VClaim holds the LPK; a SEP to be deleted waits until it does not.';

create function integration.claims_to_watch(p_clinic uuid)
returns table (left_on date, service_type text, asked_at timestamptz)
language sql stable set search_path = '' as $$
    select distinct (coalesce(v.finished_at, v.arrived_at) at time zone c.time_zone)::date, coalesce(s.service_type, '2'), now()
      from public.claims k
      join public.visits v on v.id = k.visit_id
      join public.clinics c on c.id = k.clinic_id
      join public.bpjs_seps s on s.visit_id = k.visit_id
     where k.clinic_id = p_clinic and k.route = 'vclaim' and k.state in ('sent', 'in_verification', 'pending')
       and s.sep_number is not null
     order by 1, 2
$$;
comment on function integration.claims_to_watch(uuid) is 'The days of leaving (tglPulang) and kinds of service whose claims BPJS has not decided yet.';

-- p_fates: [{sep_number, state, reason, requested_rupiah, approved_rupiah, group_code, group_name, fpk_number}]
create function integration.move_claims(p_clinic uuid, p_fates jsonb, p_asked_at timestamptz) returns integer
language plpgsql set search_path = '' as $$
declare
    f record;
    v_moved integer := 0;
begin
    for f in select k.id, x.* from jsonb_to_recordset(p_fates) as x (sep_number text, state text, reason text,
                    requested_rupiah bigint, approved_rupiah bigint, group_code text, group_name text, fpk_number text)
               join public.bpjs_seps s on s.clinic_id = p_clinic and s.sep_number = x.sep_number
               join public.claims k on k.visit_id = s.visit_id
              -- What was asked before the LPK last went out says nothing about it.
              where k.state in ('sent', 'in_verification', 'pending') and k.sent_at < p_asked_at
                and (k.state::text, coalesce(k.pending_reason, '')) <> (x.state, coalesce(x.reason, ''))
              order by k.id loop
        update public.claims k
           set state = f.state::public.claim_state, pending_reason = f.reason,
               approved_rupiah = case when f.state = 'approved' then coalesce(f.approved_rupiah, 0) else k.approved_rupiah end,
               group_code = coalesce(f.group_code, k.group_code), group_name = coalesce(f.group_name, k.group_name),
               fpk_number = coalesce(f.fpk_number, k.fpk_number)
         where k.id = f.id;
        perform private.want_claim(f.id);  -- its work item comes or goes
        v_moved := v_moved + 1;
    end loop;
    return v_moved;
end $$;
comment on function integration.move_claims(uuid, jsonb, timestamptz) is 'Bring claims to where BPJS''s monitoring has them; answers how many moved.';

-- The baseline is what the clinic measured before it was connected: hundredths of days, so that nothing is a float.
create function integration.set_claim_baseline(p_clinic uuid, p_days numeric) returns void
language sql set search_path = '' as $$
    insert into integration.kpi_snapshots (taken_on, clinic_id, name, numerator, denominator)
    select (now() at time zone c.time_zone)::date, c.id, 'claim_cycle_days.baseline', round(p_days * 100), 100
      from public.clinics c where c.id = p_clinic
    on conflict (clinic_id, name, taken_on) do update set numerator = excluded.numerator
$$;
comment on function integration.set_claim_baseline(uuid, numeric) is 'Remember how many days a claim took before: median, visit finished to approved.';

create function integration.claim_kpi(p_on date default null)
returns table (clinic_id uuid, clinic text, approved bigint, open bigint, pending bigint, median_days numeric,
               baseline_days numeric, target_days numeric)
language sql stable set search_path = '' as $$
    with today as (
        select c.id, c.name, c.time_zone, coalesce(p_on, (now() at time zone c.time_zone)::date) as day
          from public.clinics c where c.bpjs_facility_code is not null)
    select t.id, t.name, k.approved, k.open, k.pending, k.median_days, b.days, round(b.days * 0.6, 2)
      from today t
     cross join lateral (
            select count(*) filter (where x.fresh) as approved,
                   count(*) filter (where x.state in ('draft', 'checked', 'sent', 'in_verification', 'pending')) as open,
                   count(*) filter (where x.state = 'pending') as pending,
                   round((percentile_cont(0.5) within group (order by x.seconds) filter (where x.fresh) / 86400)::numeric, 2) as median_days
              from (select q.state, extract(epoch from q.approved_at - v.finished_at) as seconds,
                           coalesce((q.approved_at at time zone t.time_zone)::date between t.day - 27 and t.day, false) as fresh
                      from public.claims q join public.visits v on v.id = q.visit_id
                     where q.clinic_id = t.id) x) k
      left join lateral (
            select s.numerator::numeric / s.denominator as days from integration.kpi_snapshots s
             where s.clinic_id = t.id and s.name = 'claim_cycle_days.baseline' order by s.taken_on desc limit 1) b on true
     order by t.name
$$;
comment on function integration.claim_kpi(date) is
    'Claim cycle time: median days from visit finished to approved, of claims approved in four rolling weeks, beside the baseline and the target of 40 % less.';

alter table public.claims enable row level security;
alter table public.claim_history enable row level security;
alter table public.claim_pairings enable row level security;
create policy "Cashier and management read claims" on public.claims
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'cashier'))::uuid[]));
create policy "Cashiers fill in claims" on public.claims
    for update to authenticated
    using (clinic_id = any ((select private.clinics_as('admin', 'cashier'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin', 'cashier'))::uuid[]));
create policy "Cashier and management read the history of claims" on public.claim_history
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'cashier'))::uuid[]));
create policy "Carers, cashier and management read pairings" on public.claim_pairings
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'cashier'))::uuid[]));
create policy "Admins add pairings" on public.claim_pairings
    for insert to authenticated with check (clinic_id = any ((select private.clinics_as('admin'))::uuid[]));
create policy "Admins edit pairings" on public.claim_pairings
    for update to authenticated using (clinic_id = any ((select private.clinics_as('admin'))::uuid[]))
    with check (clinic_id = any ((select private.clinics_as('admin'))::uuid[]));
create policy "Admins take pairings out" on public.claim_pairings
    for delete to authenticated using (clinic_id = any ((select private.clinics_as('admin'))::uuid[]));
grant select on public.claims, public.claim_history to authenticated;
grant update (ward_code, room_class_code, specialism_code, way_out_code, condition_code, follow_up_code, control_on,
              control_poli_code, referred_to, requested_rupiah, tariff_rupiah) on public.claims to authenticated;
grant select, insert, delete on public.claim_pairings to authenticated;
grant update (procedure_code, diagnosis_prefix) on public.claim_pairings to authenticated;
grant select, update on public.claims to service_role;
grant select on public.claim_history to service_role;
grant select, insert, update, delete on public.claim_pairings to service_role;

revoke all on function private.check_claim(uuid), private.sign_claim(uuid), private.settle_claim(uuid, text, bigint, text, date),
    public.check_claim(uuid), public.sign_claim(uuid), public.settle_claim(uuid, text, bigint, text, date),
    public.non_capitation(date, date) from public, anon;
grant execute on function private.check_claim(uuid), private.sign_claim(uuid), private.settle_claim(uuid, text, bigint, text, date),
    public.check_claim(uuid), public.sign_claim(uuid), public.settle_claim(uuid, text, bigint, text, date),
    public.non_capitation(date, date) to authenticated;
call private.hand_to_workers();
alter publication supabase_realtime add table public.claims;
