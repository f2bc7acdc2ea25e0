-- When a target is known not to work: hours announced, and hours learned from what happened before.

create table integration.maintenance_windows (
    id bigint generated always as identity primary key,
    target text not null references integration.targets (target),
    weekday smallint,
    starts_at time not null,
    ends_at time not null,
    learned boolean not null default false,
    note text not null default '',
    valid_until date,
    created_at timestamptz not null default now(),
    constraint window_weekday_is_iso check (weekday between 1 and 7),
    constraint window_has_a_length check (starts_at <> ends_at),
    constraint window_is_once unique nulls not distinct (target, weekday, starts_at, ends_at, learned)
);
comment on table integration.maintenance_windows is 'Hours in which a target does not work, by the clock of Jakarta. Deliveries wait and burn no attempt.';
comment on column integration.maintenance_windows.weekday is '1 Monday … 7 Sunday, of the day the window starts; null: every day.';
comment on column integration.maintenance_windows.ends_at is 'Earlier than starts_at: on the next day.';
comment on column integration.maintenance_windows.learned is 'Guessed from failures: one delivery at a time still tries, in case the guess is wrong.';
alter table integration.maintenance_windows enable row level security;
revoke all on integration.maintenance_windows from public, anon, authenticated;
grant select, insert, update, delete on integration.maintenance_windows to service_role;

-- 'open' · 'learned' · 'announced', for a moment.
create function private.maintenance(p_target text, p_at timestamptz default now()) returns text
language sql stable set search_path = '' as $$
    select coalesce(max(case when w.learned then 'learned' else 'announced' end) filter (where not w.learned),
                    max(case when w.learned then 'learned' end), 'open')
      from integration.maintenance_windows w
     cross join lateral (select (p_at at time zone 'Asia/Jakarta') as moment) m
     where w.target = p_target and coalesce(w.valid_until, 'infinity'::date) >= m.moment::date
       and (case when w.starts_at < w.ends_at
                 then m.moment::time >= w.starts_at and m.moment::time < w.ends_at
                      and coalesce(w.weekday, extract(isodow from m.moment)) = extract(isodow from m.moment)
                 when m.moment::time >= w.starts_at
                 then coalesce(w.weekday, extract(isodow from m.moment)) = extract(isodow from m.moment)
                 when m.moment::time < w.ends_at
                 then coalesce(w.weekday, extract(isodow from m.moment - interval '1 day')) = extract(isodow from m.moment - interval '1 day')
                 else false end)
$$;
comment on function private.maintenance(text, timestamptz) is 'Whether a target works at a moment: open, learned (probably not) or announced (not).';
grant execute on function private.maintenance(text, timestamptz) to service_role;

-- An hour in which, on at least three of the last four same weekdays (or five of the last seven days),
-- attempts failed and none came through. Two quiet weeks unlearn it.
create function integration.learn_windows() returns integer
language sql set search_path = '' as $$
    with hours as (
        select d.target, date_trunc('hour', a.started_at at time zone 'Asia/Jakarta') as hour,
               count(*) filter (where a.failure in ('unreachable', 'no_reply', 'server_error')) as failed,
               count(*) filter (where a.outcome in ('delivered', 'rejected') and a.requests > 0) as through
          from integration.attempts a
          join integration.deliveries d on d.id = a.delivery_id
         where a.started_at > now() - interval '28 days'
         group by 1, 2),
    dark as (
        select h.target, h.hour from hours h where h.failed >= 3 and h.through = 0),
    guessed as (
        select k.target, extract(isodow from k.hour)::smallint as weekday, k.hour::time as starts_at
          from dark k group by 1, 2, 3 having count(*) >= 3
        union
        select k.target, null, k.hour::time
          from dark k where k.hour > (now() at time zone 'Asia/Jakarta') - interval '7 days'
         group by 1, 3 having count(*) >= 5),
    learnt as (
        insert into integration.maintenance_windows as w (target, weekday, starts_at, ends_at, learned, note, valid_until)
        select g.target, g.weekday, g.starts_at, g.starts_at + interval '1 hour', true, 'learned from failures',
               ((now() at time zone 'Asia/Jakarta') + interval '14 days')::date
          from guessed g
        on conflict on constraint window_is_once do update set valid_until = excluded.valid_until
        returning 1)
    select count(*)::integer from learnt
$$;
comment on function integration.learn_windows() is 'Guess hours of maintenance from the attempts of four weeks; answers how many are held.';

create function integration.windows() returns table (id bigint, target text, weekday smallint, starts_at time, ends_at time,
                                                     learned boolean, note text, valid_until date, now_closed boolean)
language sql stable set search_path = '' as $$
    select w.id, w.target, w.weekday, w.starts_at, w.ends_at, w.learned, w.note, w.valid_until,
           private.maintenance(w.target) <> 'open'
      from integration.maintenance_windows w
     where coalesce(w.valid_until, 'infinity'::date) >= (now() at time zone 'Asia/Jakarta')::date
     order by w.target, w.weekday nulls first, w.starts_at
$$;
comment on function integration.windows() is 'The calendar of maintenance, announced and learned.';

create function integration.add_window(p_target text, p_weekday smallint, p_starts time, p_ends time, p_note text default '')
returns bigint
language sql set search_path = '' as $$
    insert into integration.maintenance_windows as w (target, weekday, starts_at, ends_at, note)
    values (p_target, p_weekday, p_starts, p_ends, coalesce(p_note, ''))
    on conflict on constraint window_is_once do update set note = excluded.note
    returning w.id
$$;
comment on function integration.add_window(text, smallint, time, time, text) is 'Announce hours in which a target does not work.';

create function integration.remove_window(p_id bigint) returns boolean
language sql set search_path = '' as $$
    with gone as (delete from integration.maintenance_windows w where w.id = p_id returning 1)
    select exists (select from gone)
$$;
comment on function integration.remove_window(bigint) is 'Take hours out of the calendar.';

call private.hand_to_workers();
