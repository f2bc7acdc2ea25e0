-- Results: one row per analyte and version. The database itself says what a value means (flag, reference range at
-- the patient's age and sex), so that every way in is judged alike; what was reported is kept with the result.

create table public.patient_accounts (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    patient_id uuid not null,
    user_id uuid not null references auth.users (id) on delete restrict,
    linked_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint patient_account_is_once unique (clinic_id, patient_id, user_id),
    constraint patient_account_is_of_the_same_clinic
        foreign key (clinic_id, patient_id) references public.patients (clinic_id, id)
);
comment on table public.patient_accounts is 'Which login may read whose released results. Linked by the clinic after it has checked who that is.';
create index patient_accounts_user on public.patient_accounts (user_id);

create function private.my_patients() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(a.patient_id), '{}') from public.patient_accounts a
     where a.user_id = (select auth.uid()) and a.revoked_at is null
$$;
comment on function private.my_patients() is 'The patients whose released results the calling user may read.';

create table public.results (
    id uuid primary key default gen_random_uuid(),
    clinic_id uuid not null,
    patient_id uuid not null,
    order_id uuid not null,
    item_id uuid not null,
    specimen_id uuid,
    examination_id uuid not null,
    first_id uuid not null,
    code text not null,
    name text not null,
    position smallint not null default 1,
    value_type text not null,
    value_numeric numeric,
    comparator text,
    value_code text,
    value_display text,
    value_text text,
    unit text,
    flag text,
    range_low numeric,
    range_high numeric,
    range_text text,
    comment text,
    status text not null default 'preliminary',
    source text not null default 'typed',
    analyser_id uuid,
    observed_at timestamptz not null default now(),
    entered_by uuid,
    entered_at timestamptz not null default now(),
    verifier_id uuid,
    verified_at timestamptz,
    released_at timestamptz,
    superseded_at timestamptz,
    reason text,
    constraint result_belongs_to_clinic unique (clinic_id, id),
    constraint result_is_of_a_type check (case value_type
        when 'numeric' then value_numeric is not null and unit is not null and value_code is null
        when 'coded' then value_code is not null and value_display is not null and value_numeric is null
        when 'text' then value_text is not null and value_numeric is null and value_code is null
        else false end),
    constraint result_comparator_is_known check (comparator is null or (value_type = 'numeric' and comparator in ('<', '<=', '>', '>='))),
    constraint result_flag_is_known check (flag in ('N', 'L', 'H', 'LL', 'HH', 'A', 'AA')),
    constraint result_status_is_known check (status in ('preliminary', 'final', 'corrected', 'void')),
    constraint result_source_is_known check (source in ('typed', 'analyser')),
    constraint result_verified_has_a_time check ((status in ('final', 'corrected')) <= (verified_at is not null)),
    constraint result_released_is_verified check (released_at is null or verified_at is not null),
    constraint result_order_is_of_the_same_patient
        foreign key (clinic_id, patient_id, order_id) references public.diagnostic_orders (clinic_id, patient_id, id),
    constraint result_item_is_of_the_same_clinic
        foreign key (clinic_id, item_id) references public.diagnostic_order_items (clinic_id, id),
    constraint result_specimen_is_of_the_same_clinic
        foreign key (clinic_id, specimen_id) references public.specimens (clinic_id, id),
    constraint result_examination_is_of_the_same_clinic
        foreign key (clinic_id, examination_id) references public.examinations (clinic_id, id),
    constraint result_enterer_is_of_the_same_clinic
        foreign key (clinic_id, entered_by) references public.staff (clinic_id, id),
    constraint result_verifier_is_of_the_same_clinic
        foreign key (clinic_id, verifier_id) references public.practitioners (clinic_id, id)
);
comment on table public.results is 'What was found for one analyte; a later version supersedes and never overwrites.';
comment on column public.results.first_id is 'The id of the first version: what stays the same through every amendment.';
comment on column public.results.flag is 'HL7 table 0078: N normal, L/H outside the range, LL/HH beyond the critical limit, A/AA abnormal and critical coded value; null: nobody can say.';
comment on column public.results.observed_at is 'When it was measured.';
comment on column public.results.released_at is 'Since when the patient may read it.';
create unique index result_current_is_one on public.results (item_id, code) where superseded_at is null;
create index results_order on public.results (clinic_id, patient_id, order_id);
create index results_of_order on public.results (order_id) where superseded_at is null;
create index results_item on public.results (clinic_id, item_id);
create index results_specimen on public.results (clinic_id, specimen_id);
create index results_examination on public.results (clinic_id, examination_id);
create index results_enterer on public.results (clinic_id, entered_by);
create index results_verifier on public.results (clinic_id, verifier_id);
create index results_first on public.results (first_id);
create index results_patient on public.results (patient_id);

-- The range that fits: of those for this sex, age and pregnancy, the one that says most about the patient.
create function private.range_for(p_ranges jsonb, p_sex text, p_age_days integer, p_pregnant boolean) returns jsonb
language sql immutable set search_path = '' as $$
    select r.value from jsonb_array_elements(p_ranges) with ordinality r (value, place)
     where coalesce(r.value ->> 'sex', p_sex) = p_sex
       and p_age_days between coalesce((r.value ->> 'from_days')::integer, 0) and coalesce((r.value ->> 'to_days')::integer, 2147483647)
       and coalesce((r.value ->> 'pregnant')::boolean, p_pregnant) = p_pregnant
     order by r.value ->> 'pregnant' is null, r.value ->> 'sex' is null,
              coalesce((r.value ->> 'to_days')::bigint, 2147483647) - coalesce((r.value ->> 'from_days')::bigint, 0), r.place
     limit 1
$$;
comment on function private.range_for(jsonb, text, integer, boolean) is 'The reference range of a patient; null when the catalogue has none.';

-- "<5" is known to be under 5 and nothing else: it is judged only where that is enough.
create function private.flag_of(p_value numeric, p_comparator text, p_range jsonb) returns text
language sql immutable set search_path = '' as $$
    with b as (select (p_range ->> 'critical_low')::numeric as critical_low, (p_range ->> 'low')::numeric as low,
                      (p_range ->> 'high')::numeric as high, (p_range ->> 'critical_high')::numeric as critical_high)
    select case
        when coalesce(critical_low, low, high, critical_high) is null then null
        when p_comparator is null then case
            when p_value < critical_low then 'LL' when p_value > critical_high then 'HH'
            when p_value < low then 'L' when p_value > high then 'H' else 'N' end
        when p_comparator in ('<', '<=') then case
            when p_value < critical_low or (p_comparator = '<' and p_value = critical_low) then 'LL'
            when p_value < low or (p_comparator = '<' and p_value = low) then case when critical_low is null then 'L' end
            when coalesce(critical_low, low) is null and p_value <= coalesce(high, critical_high) then 'N' end
        else case
            when p_value > critical_high or (p_comparator = '>' and p_value = critical_high) then 'HH'
            when p_value > high or (p_comparator = '>' and p_value = high) then case when critical_high is null then 'H' end
            when coalesce(critical_high, high) is null and p_value >= coalesce(low, critical_low) then 'N' end
        end
      from b
$$;
comment on function private.flag_of(numeric, text, jsonb) is 'L, H, LL, HH or N; null when the range or a comparator leaves it open.';

create function private.refuse_reference(p_table text, p_constraint text) returns void
language plpgsql set search_path = '' as $$
begin
    raise exception 'insert or update on table "%" violates foreign key constraint "%"', p_table, p_constraint
        using errcode = 'foreign_key_violation', constraint = p_constraint;
end $$;
comment on function private.refuse_reference(text, text) is 'Says that a row points at nothing of its clinic.';

create function private.judge_result() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    e public.examinations;
    p record;
    v_choice jsonb;
    v_range jsonb;
begin
    -- Somebody else's is refused in the words the foreign key would use, before anything is read of it.
    select * into e from public.examinations x where x.clinic_id = new.clinic_id and x.id = new.examination_id;
    if not found then perform private.refuse_reference('results', 'result_examination_is_of_the_same_clinic'); end if;
    select t.gender, t.birth_date, o.pregnant, (new.observed_at at time zone c.time_zone)::date as day into p
      from public.diagnostic_orders o join public.patients t on t.id = o.patient_id join public.clinics c on c.id = o.clinic_id
     where o.clinic_id = new.clinic_id and o.id = new.order_id;
    if not found then perform private.refuse_reference('results', 'result_order_is_of_the_same_patient'); end if;
    new.first_id := coalesce(new.first_id, new.id);
    new.code := e.code; new.name := e.name; new.value_type := e.value_type;
    v_range := private.range_for(e.ranges, p.gender, greatest(0, p.day - p.birth_date), p.pregnant and p.gender = 'female');
    new.range_low := (v_range ->> 'low')::numeric; new.range_high := (v_range ->> 'high')::numeric;
    new.range_text := v_range ->> 'text'; new.flag := null;
    if e.value_type = 'numeric' then
        new.flag := private.flag_of(new.value_numeric, new.comparator, v_range);
    elsif e.value_type = 'coded' then
        select c into v_choice from jsonb_array_elements(e.choices) c where c ->> 'code' = new.value_code;
        new.value_display := v_choice ->> 'display';
        new.flag := case when (v_choice ->> 'critical')::boolean then 'AA' when (v_choice ->> 'abnormal')::boolean then 'A' else 'N' end;
    end if;
    return new;
end $$;
comment on function private.judge_result() is 'Fills name, range and flag from the catalogue and the patient; whatever the writer said of them is not asked.';
create trigger results_judge before insert on public.results
    for each row execute function private.judge_result();

-- One value for one analyte of an item: refused with one sentence, the same as what is there, or a new version.
-- p_value: {numeric, comparator, coded, text, unit, comment, observed_at}
create function private.file_result(o public.diagnostic_orders, p_item uuid, p_examination public.examinations, p_value jsonb,
                                    p_source text, p_status text, p_analyser uuid, p_reason text) returns text
language plpgsql security definer set search_path = '' as $$
declare
    e alias for p_examination;
    old public.results;
    v_number numeric;
    v_code text;
    v_text text := nullif(btrim(p_value ->> 'text'), '');
    v_received timestamptz := coalesce((p_value ->> 'received_at')::timestamptz, now());
    v_at timestamptz := coalesce((p_value ->> 'observed_at')::timestamptz, v_received);
begin
    -- Age, and so the range, is that of the moment of measuring: a clock that was reset makes nobody an infant.
    if v_at > now() + interval '5 minutes' or v_at < o.ordered_at - interval '1 day' then
        if p_source = 'typed' then return format('Waktu pengukuran %s tidak masuk akal', e.name); end if;
        v_at := v_received;
    end if;
    if e.value_type <> 'numeric' and p_value ->> 'comparator' is not null then
        return format('Hasil %s tidak memakai tanda %s', e.name, left(p_value ->> 'comparator', 2));
    elsif e.value_type = 'numeric' then
        if coalesce(p_value ->> 'numeric', '') !~ '^-?[0-9]{1,12}(\.[0-9]{1,8})?$' then
            return format('Nilai %s bukan angka; tulis angka dengan titik desimal', e.name);
        elsif p_value ->> 'unit' is distinct from e.unit then
            return format('Satuan %s harus %s, bukan %s; nilai tidak dikonversi', e.name, e.unit, coalesce(p_value ->> 'unit', 'kosong'));
        elsif coalesce(p_value ->> 'comparator', '<') not in ('<', '<=', '>', '>=') then
            return format('Tanda di depan nilai %s tidak dikenal', e.name);
        end if;
        v_number := (p_value ->> 'numeric')::numeric; v_text := null;
    elsif e.value_type = 'coded' then
        select c ->> 'code' into v_code from jsonb_array_elements(e.choices) c
         where lower(coalesce(p_value ->> 'coded', v_text)) in (lower(c ->> 'code'), lower(c ->> 'display'));
        if v_code is null then
            return format('Pilihan hasil %s tidak ada dalam katalog', e.name);
        end if;
        v_text := null;
    elsif v_text is null then
        return format('Hasil %s kosong', e.name);
    end if;
    select * into old from public.results r where r.item_id = p_item and r.code = e.code and r.superseded_at is null;
    if old.id is not null and (old.value_numeric, old.comparator, old.value_code, old.value_text)
            is not distinct from (v_number, p_value ->> 'comparator', v_code, v_text)
       and coalesce(p_value ->> 'comment', old.comment) is not distinct from old.comment then
        return 'same';
    end if;
    update public.results r set superseded_at = now() where r.id = old.id;
    insert into public.results (clinic_id, patient_id, order_id, item_id, specimen_id, examination_id, first_id, position, value_type, code, name,
            value_numeric, comparator, value_code, value_display, value_text, unit, comment, status, source, analyser_id,
            observed_at, entered_by, verifier_id, verified_at, reason)
    select o.clinic_id, o.patient_id, o.id, i.id, i.specimen_id, e.id, old.first_id,
           coalesce(array_position(pe.members, e.code), 1) + 100 * i.position, e.value_type, e.code, e.name,
           v_number, p_value ->> 'comparator', v_code, v_code, v_text, e.unit, nullif(btrim(p_value ->> 'comment'), ''), p_status, p_source,
           p_analyser, v_at, private.my_staff(o.clinic_id),
           case when p_status = 'corrected' then private.my_practitioner(o.clinic_id) end, case when p_status = 'corrected' then now() end, p_reason
      from public.diagnostic_order_items i join public.examinations pe on pe.id = i.examination_id where i.id = p_item;
    -- A tube that something was found in was taken; the others of its order may still be awaited.
    update public.specimens s
       set collected_at = coalesce(s.collected_at, now()), received_at = coalesce(s.received_at, greatest(now(), s.collected_at))
      from public.diagnostic_order_items i
     where i.id = p_item and s.id = i.specimen_id and (s.collected_at is null or s.received_at is null);
    return 'taken';
end $$;
comment on function private.file_result(public.diagnostic_orders, uuid, public.examinations, jsonb, text, text, uuid, text) is
    'taken, same, or a sentence that says why not.';

-- Where a code belongs in an order: the item that is the test, or else the first whose panel has it as a member. A
-- panel's member is read in the version that was current when the order was placed.
create function private.analyte_of(p_order uuid, p_code text, out item_id uuid, out examination public.examinations)
language plpgsql stable security definer set search_path = '' as $$
begin
    select i.id into item_id
      from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
     where i.order_id = p_order and i.cancelled_at is null and (e.code = p_code or p_code = any (e.members))
     order by e.code <> p_code, i.position limit 1;
    select x.* into examination
      from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
      join public.examinations x on x.clinic_id = i.clinic_id and x.code = p_code and x.kind <> 'panel'
       and (x.id = e.id or (e.kind = 'panel' and x.created_at <= greatest(i.created_at, e.created_at)))
     where i.id = item_id
     order by x.version desc limit 1;
end $$;
comment on function private.analyte_of(uuid, text) is 'The item of an order that a test belongs to, and the version of the test that counts there.';

create function private.void_results(p_clinic uuid, p_order uuid, p_specimen uuid) returns void
language sql security definer set search_path = '' as $$
    update public.results r set status = 'void', superseded_at = now()
      from public.diagnostic_order_items i
     where r.clinic_id = p_clinic and r.order_id = p_order and r.item_id = i.id and i.specimen_id = p_specimen and r.superseded_at is null
$$;
comment on function private.void_results(uuid, uuid, uuid) is 'Results of a specimen that was rejected count no more.';

create function private.refuse_result(p_sentence text) returns void
language plpgsql set search_path = '' as $$
begin
    raise exception '%', p_sentence using errcode = 'check_violation', constraint = 'result_fits_its_examination';
end $$;
comment on function private.refuse_result(text) is 'Ends the caller''s transaction with a sentence for the laboratory.';

-- p_results: [{code, numeric | coded | text, comparator, unit, comment, observed_at}]
create function private.file_results(o public.diagnostic_orders, p_results jsonb, p_status text, p_reason text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    r jsonb;
    a record;
    v_old public.results;
    v_told text;
    v_changes jsonb := '[]';
begin
    if jsonb_typeof(p_results) is distinct from 'array' or p_results = '[]' then
        perform private.refuse_result('Tidak ada hasil yang diisi');
    end if;
    for r in select * from jsonb_array_elements(p_results) loop
        select * into a from private.analyte_of(o.id, r ->> 'code');
        if a.item_id is null or (a.examination).id is null then
            perform private.refuse_result(format('Pemeriksaan %s tidak ada dalam permintaan %s', coalesce(r ->> 'code', '(kosong)'), o.accession_number));
        end if;
        select * into v_old from public.results x where x.item_id = a.item_id and x.code = r ->> 'code' and x.superseded_at is null;
        v_told := private.file_result(o, a.item_id, a.examination, r, 'typed', p_status, null, p_reason);
        if v_told not in ('taken', 'same') then perform private.refuse_result(v_told); end if;
        if v_told = 'taken' then
            if p_status = 'corrected' then
                update public.diagnostic_order_items i set amended_at = now() where i.id = a.item_id;
            end if;
            v_changes := v_changes || (select jsonb_build_object('code', n.code, 'name', n.name,
                    'before', private.value_of(v_old), 'after', private.value_of(n), 'flag', n.flag)
                from public.results n where n.item_id = a.item_id and n.code = r ->> 'code' and n.superseded_at is null);
        end if;
    end loop;
    return v_changes;
end $$;

create function private.value_of(r public.results) returns text
language sql immutable set search_path = '' as $$
    select case r.value_type when 'numeric' then concat_ws(' ', coalesce(r.comparator, '') || r.value_numeric, r.unit)
                             when 'coded' then r.value_display else r.value_text end
$$;
comment on function private.value_of(public.results) is 'A result as one reads it.';

create function private.enter_results(p_order uuid, p_results jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab}', '{lab,doctor}', '{in_process,preliminary}');
begin
    perform private.file_results(o, p_results, 'preliminary', null);
    if o.state = 'in_process' then perform private.move_order(o.id, 'preliminary'); end if;
    return private.order_told(o.id);
end $$;

-- What still has to be found before an order can be final. Found once it is found, also where two panels share it.
create function private.outstanding(p_order uuid) returns text
language sql stable security definer set search_path = '' as $$
    select string_agg(w.code, ', ' order by i.position, w.place)
      from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
     cross join lateral unnest(case e.kind when 'panel' then e.members else array[e.code] end) with ordinality w (code, place)
     where i.order_id = p_order and i.cancelled_at is null and w.code <> all (e.optional_members)
       and not exists (select from public.results r where r.order_id = i.order_id and r.code = w.code and r.superseded_at is null)
$$;
comment on function private.outstanding(uuid) is 'Codes without a result; null when there are none.';

-- p_conclusions: [{code, conclusion, conclusion_code, conclusion_display, study_uid}]; answers what that changed.
create function private.conclude(o public.diagnostic_orders, p_conclusions jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    v_changes jsonb;
begin
    if exists (select from jsonb_array_elements(coalesce(p_conclusions, '[]')) c where not exists (
                select from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
                 where i.order_id = o.id and e.code = c ->> 'code')) then
        perform private.refuse_result('Kesimpulan untuk pemeriksaan yang tidak diminta');
    end if;
    with said as (
        select i.id, i.position, e.code, e.name, concat_ws(' ', i.conclusion, '(' || i.conclusion_code || ')') as before,
               coalesce(nullif(btrim(c.conclusion), ''), i.conclusion) as conclusion,
               coalesce(c.conclusion_code, i.conclusion_code) as conclusion_code,
               coalesce(c.conclusion_display, i.conclusion_display) as conclusion_display, coalesce(c.study_uid, i.study_uid) as study_uid
          from public.diagnostic_order_items i join public.examinations e on e.id = i.examination_id
          join jsonb_to_recordset(coalesce(p_conclusions, '[]'))
               as c (code text, conclusion text, conclusion_code text, conclusion_display text, study_uid text) on c.code = e.code
         where i.order_id = o.id),
    changed as (
        update public.diagnostic_order_items i
           set conclusion = s.conclusion, conclusion_code = s.conclusion_code, conclusion_display = s.conclusion_display,
               study_uid = s.study_uid, amended_at = case when o.final_at is not null then now() else i.amended_at end
          from said s
         where i.id = s.id and (i.conclusion, i.conclusion_code, i.conclusion_display, i.study_uid)
                               is distinct from (s.conclusion, s.conclusion_code, s.conclusion_display, s.study_uid)
        returning s.*)
    select coalesce(jsonb_agg(jsonb_build_object('code', x.code, 'name', x.name, 'before', nullif(x.before, ''),
                'after', concat_ws(' ', x.conclusion, '(' || x.conclusion_code || ')'), 'flag', null) order by x.position), '[]')
      into v_changes from changed x;
    if o.category = 'imaging' and exists (select from public.diagnostic_order_items i
            where i.order_id = o.id and i.cancelled_at is null and i.conclusion is null) then
        perform private.refuse_result('Tulis kesimpulan untuk setiap pemeriksaan radiologi');
    end if;
    return v_changes;
end $$;

create function private.finalize_order(p_order uuid, p_conclusions jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab}', '{doctor}', '{preliminary}');
    v_missing text := private.outstanding(p_order);
begin
    if v_missing is not null then
        perform private.refuse_result(format('Hasil belum lengkap: %s', v_missing));
    end if;
    perform private.conclude(o, p_conclusions);
    update public.results r set status = 'final', verifier_id = private.my_practitioner(o.clinic_id), verified_at = now()
     where r.order_id = o.id and r.superseded_at is null;
    update public.diagnostic_orders d set performer_id = coalesce(private.my_practitioner(o.clinic_id), d.performer_id) where d.id = o.id;
    perform private.move_order(o.id, 'final');
    perform private.release(o.id, '{immediate}');
    perform private.tell_of_final(o.id);
    return private.order_told(o.id);
end $$;

create function private.amend_results(p_order uuid, p_results jsonb, p_reason text, p_conclusions jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{lab}', '{doctor}', '{final,amended}');
    v_changes jsonb := '[]';
begin
    if nullif(btrim(p_reason), '') is null then
        perform private.refuse_result('Tulis alasan perubahan hasil');
    end if;
    if coalesce(p_results, '[]') <> '[]' then v_changes := private.file_results(o, p_results, 'corrected', btrim(p_reason)); end if;
    v_changes := v_changes || private.conclude(o, p_conclusions);
    if v_changes = '[]' then
        perform private.refuse_result('Tidak ada hasil yang berubah');
    end if;
    update public.diagnostic_orders d set reviewed_at = null where d.id = o.id;
    perform private.move_order(o.id, 'amended', btrim(p_reason), v_changes);
    perform private.withhold(o.id);
    perform private.release(o.id, '{immediate}');
    perform private.tell_of_amendment(o.id, v_changes);
    return private.order_told(o.id);
end $$;

-- A panel with a test in it that is held by name is held.
create function private.policy_of(i public.diagnostic_order_items) returns public.release_policy
language sql stable security definer set search_path = '' as $$
    select case when exists (select from public.results r join public.examinations x on x.id = r.examination_id
                              where r.item_id = i.id and r.superseded_at is null and x.release_policy = 'held')
                then 'held' else e.release_policy end
      from public.examinations e where e.id = i.examination_id
$$;
comment on function private.policy_of(public.diagnostic_order_items) is 'When the patient may read an item.';

-- What was amended in this transaction was released as it was before: item and files wait again for whoever reviews them.
create function private.withhold(p_order uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
    update public.diagnostic_order_items i set released_at = null
     where i.order_id = p_order and i.amended_at = now() and i.released_at is not null;
    update public.result_files f set released_at = null
     where f.order_id = p_order and f.released_at is not null and exists (
            select from public.diagnostic_order_items i
             where i.order_id = p_order and i.cancelled_at is null and i.released_at is null and coalesce(f.item_id, i.id) = i.id);
end $$;
comment on function private.withhold(uuid) is 'Take back from the patient the files of what has just been amended.';

-- What a policy allows the patient to read now: an item, its results, and the files of an order all of whose items are free.
create function private.release(p_order uuid, p_policies public.release_policy[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
    update public.diagnostic_order_items i set released_at = now()
     where i.order_id = p_order and private.policy_of(i) = any (p_policies)
       and i.cancelled_at is null and i.released_at is null;
    update public.results r set released_at = now()
      from public.diagnostic_order_items i
     where r.order_id = p_order and i.id = r.item_id and i.released_at is not null and private.policy_of(i) = any (p_policies)
       and r.superseded_at is null and r.verified_at is not null and r.released_at is null;
    perform private.release_files(p_order, p_policies);
end $$;
comment on function private.release(uuid, public.release_policy[]) is 'Let the patient read what these policies hold back no longer.';

create function private.review_order(p_order uuid, p_release_held boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
    o public.diagnostic_orders := private.order_for(p_order, '{doctor}', '{doctor}', '{final,amended}');
begin
    update public.diagnostic_orders d set reviewed_at = now() where d.id = o.id;
    perform private.release(o.id, case when p_release_held then '{immediate,after_review,held}'
                                       else '{immediate,after_review}' end::public.release_policy[]);
    return private.order_told(o.id);
end $$;

create function public.enter_results(order_id uuid, results jsonb) returns jsonb
language sql security invoker set search_path = '' as $$ select private.enter_results(order_id, results) $$;
comment on function public.enter_results(uuid, jsonb) is
    'Laboratory (imaging: also doctors): values by code, [{code, numeric | coded | text, comparator, unit, comment, observed_at}]; all of them or none.';
create function public.finalize_order(order_id uuid, conclusions jsonb default '[]') returns jsonb
language sql security invoker set search_path = '' as $$ select private.finalize_order(order_id, conclusions) $$;
comment on function public.finalize_order(uuid, jsonb) is
    'Laboratory (imaging: the doctor who reports): the results are verified; the ordering doctor is told in the same moment.';
create function public.amend_results(order_id uuid, results jsonb, reason text, conclusions jsonb default '[]') returns jsonb
language sql security invoker set search_path = '' as $$ select private.amend_results(order_id, results, reason, conclusions) $$;
comment on function public.amend_results(uuid, jsonb, text, jsonb) is
    'Laboratory (imaging: the doctor who reports): correct what was final; the doctor is told what changed.';
create function public.review_order(order_id uuid, release_held boolean default false) returns jsonb
language sql security invoker set search_path = '' as $$ select private.review_order(order_id, release_held) $$;
comment on function public.review_order(uuid, boolean) is
    'Doctor: the results are seen; the patient may read what waits for that, and with release_held also what is held.';

alter table public.patient_accounts enable row level security;
alter table public.results enable row level security;
create policy "Registration and management read who is linked; patients their own" on public.patient_accounts
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'front_desk'))::uuid[])
           or (user_id = (select auth.uid()) and revoked_at is null));
create policy "Carers, lab and management read results; patients their released ones" on public.results
    for select to authenticated
    using (clinic_id = any ((select private.clinics_as('owner', 'admin', 'doctor', 'nurse', 'lab'))::uuid[])
           or (released_at is not null and superseded_at is null and patient_id = any ((select private.my_patients())::uuid[])));
grant select on public.patient_accounts, public.results to authenticated;
grant select, insert, update on public.patient_accounts to service_role;
grant select on public.results to service_role;
call private.hand_to_people('enter_results', 'finalize_order', 'amend_results', 'review_order');
grant execute on function private.my_patients() to authenticated, service_role;
