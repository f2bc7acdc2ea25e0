-- What operators ask about the laboratory: how many results reach the record without anybody retyping them, how long
-- they take, what waits for a person, and what to print on the tubes.

create function integration.laboratory_kpi(p_days integer default 28)
returns table (clinic_id uuid, clinic text, items bigint, without_retyping bigint, median_minutes numeric,
               critical bigint, acknowledged bigint, median_acknowledged_minutes numeric, worklist bigint, files_held bigint)
language sql stable set search_path = '' as $$
    with clinics as (
        select c.id, c.name, ((now() at time zone c.time_zone)::date - p_days + 1)::timestamp at time zone c.time_zone as since from public.clinics c),
    done as (
        select c.id as clinic_id, i.id,
               extract(epoch from o.final_at - o.ordered_at) / 60 as minutes,
               -- Measured by the analyser, all of it; or the report itself is in the record as it was made.
               not exists (select from public.results r where r.item_id = i.id and r.superseded_at is null and r.source = 'typed')
               or exists (select from public.result_files f where f.clinic_id = o.clinic_id and f.patient_id = o.patient_id and f.order_id = o.id
                             and f.state = 'available' and coalesce(f.item_id, i.id) = i.id) as digital
          from clinics c
          join public.diagnostic_orders o on o.clinic_id = c.id and o.ordered_at >= c.since and o.final_at is not null
          join public.diagnostic_order_items i on i.clinic_id = o.clinic_id and i.order_id = o.id and i.cancelled_at is null)
    select c.id, c.name, count(d.id), count(d.id) filter (where d.digital),
           round((percentile_cont(0.5) within group (order by d.minutes))::numeric, 1),
           a.critical, a.acknowledged, a.minutes,
           (select count(*) from public.unmatched_results u where u.clinic_id = c.id and u.resolved_at is null),
           (select count(*) from public.result_files f where f.clinic_id = c.id and (f.state = 'held' or f.state = 'quarantined' and f.order_id is null))
      from clinics c
      left join done d on d.clinic_id = c.id
      left join lateral (
            select count(*) as critical, count(x.acknowledged_at) as acknowledged,
                   round((percentile_cont(0.5) within group (order by extract(epoch from x.acknowledged_at - x.raised_at) / 60)
                          filter (where x.acknowledged_at is not null))::numeric, 1) as minutes
              from public.critical_alerts x where x.clinic_id = c.id and x.raised_at >= c.since) a on true
     group by c.id, c.name, a.critical, a.acknowledged, a.minutes
    having count(d.id) > 0 or a.critical > 0
     order by c.name
$$;
comment on function integration.laboratory_kpi(integer) is 'Per clinic, so many days: final examinations, those nobody retyped, minutes from order to final, critical results and their answer, what waits.';

create function integration.take_laboratory_kpi_snapshot() returns integer
language sql set search_path = '' as $$
    with taken as (
        insert into integration.kpi_snapshots (taken_on, clinic_id, name, numerator, denominator)
        select (now() at time zone c.time_zone)::date, k.clinic_id, 'results_without_retyping.four_weeks', k.without_retyping, k.items
          from integration.laboratory_kpi() k join public.clinics c on c.id = k.clinic_id
        on conflict (clinic_id, name, taken_on) do update set numerator = excluded.numerator, denominator = excluded.denominator
        returning 1)
    select count(*)::integer from taken
$$;
comment on function integration.take_laboratory_kpi_snapshot() is 'Keep today''s share of results without retyping.';

-- What lies in Storage is compared with what was recorded of it, a page at a time.
create function integration.stored_files(p_after uuid default null, p_limit integer default 100)
returns table (id uuid, clinic text, path text, sha256 text)
language sql stable set search_path = '' as $$
    select f.id, c.name, f.stored_path, f.sha256
      from public.result_files f join public.clinics c on c.id = f.clinic_id
     where f.state = 'available' and (p_after is null or f.id > p_after)
     order by f.id limit p_limit
$$;
comment on function integration.stored_files(uuid, integer) is 'A page of available files with the fingerprint that was recorded when they were made safe.';

create function integration.laboratory_worklist()
returns table (clinic text, what text, analyser text, code text, waiting bigint, oldest timestamptz)
language sql stable set search_path = '' as $$
    select c.name, u.reason, n.name, u.analyser_code, count(*), min(u.received_at)
      from public.unmatched_results u join public.clinics c on c.id = u.clinic_id join public.analysers n on n.id = u.analyser_id
     where u.resolved_at is null
     group by c.name, u.reason, n.name, u.analyser_code
    union all
    select c.name, case when f.order_id is null then 'file_without_order' else 'file_held' end, null, null, count(*), min(f.arrived_at)
      from public.result_files f join public.clinics c on c.id = f.clinic_id
     where f.state = 'held' or (f.state = 'quarantined' and f.order_id is null)
     group by 1, 2
    union all
    select c.name, 'critical_unacknowledged', null, null, count(*), min(a.raised_at)
      from public.critical_alerts a join public.clinics c on c.id = a.clinic_id
     where a.acknowledged_at is null
     group by 1
     order by 1, 2, 3, 4
$$;
comment on function integration.laboratory_worklist() is 'What waits for somebody in the laboratory, counted: reasons and codes of analysers, no patients and no values.';

create function integration.specimen_labels(p_accession text, p_clinic uuid default null)
returns table (accession_number text, specimen text, container text, patient_name text, medical_record_number text,
               birth_date date, examinations text, ordered_at timestamptz, time_zone text)
language sql stable set search_path = '' as $$
    select l.*, c.time_zone
      from public.diagnostic_orders o join public.clinics c on c.id = o.clinic_id
     cross join lateral private.specimen_labels(o.id) l
     where o.accession_number = p_accession and (p_clinic is null or o.clinic_id = p_clinic)
$$;
comment on function integration.specimen_labels(text, uuid) is 'What to print on the tubes of an order, by its accession number.';
grant execute on function private.specimen_labels(uuid) to service_role;

create function integration.install_examinations(p_clinic uuid default null)
returns table (clinic text, installed integer)
language sql set search_path = '' as $$
    select c.name, private.install_examinations(c.id) from public.clinics c where p_clinic is null or c.id = p_clinic order by c.name
$$;
comment on function integration.install_examinations(uuid) is 'Give clinics the standard tests they do not have yet.';
call private.hand_to_workers();
