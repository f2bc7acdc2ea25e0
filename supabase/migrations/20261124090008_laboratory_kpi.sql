-- The laboratory's figures: how many results reach the record without anybody retyping them, how long they take, and
-- what waits for a person.

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
call private.hand_to_workers();
