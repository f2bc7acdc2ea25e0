-- The state machine, kept by the database: which moves exist, and what every move clears.

create function private.guard_delivery() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.state <> old.state and not (old.state::text, new.state::text) in (
        ('ready', 'leased'), ('ready', 'exempt'),
        ('leased', 'ready'), ('leased', 'uncertain'), ('leased', 'delivered'),
        ('leased', 'blocked'), ('leased', 'rejected'), ('leased', 'exempt'),
        ('uncertain', 'leased'),
        ('delivered', 'ready'), ('delivered', 'uncertain'),
        ('blocked', 'ready'), ('blocked', 'uncertain'), ('blocked', 'exempt'),
        ('rejected', 'ready'), ('rejected', 'uncertain'), ('rejected', 'exempt'),
        ('exempt', 'ready'), ('exempt', 'uncertain')) then
        raise exception 'A delivery cannot go from % to %', old.state, new.state
            using errcode = 'check_violation', constraint = 'delivery_moves_along_its_states';
    end if;
    if new.state <> 'leased' then
        new.leased_by := null; new.leased_until := null; new.leased_generation := null;
        new.lease_snapshot := case when new.state = 'blocked' then new.lease_snapshot end;
    end if;
    -- Doubt outlives a park or a release and ends only with an answer of the target.
    new.ask_first := new.state = 'uncertain' or (new.ask_first and new.state in ('ready', 'leased', 'blocked', 'exempt'));
    if new.state not in ('blocked', 'rejected') then
        new.waits_for := '{}'; new.problems := '[]';
    end if;
    if new.state <> 'exempt' then new.exempt_reason := null; end if;
    if new.state not in ('ready', 'leased', 'uncertain') then new.unfound := 0; end if;
    if new.state is distinct from old.state then new.changed_at := now(); end if;
    return new;
end $$;
comment on function private.guard_delivery() is 'Refuses a move the state machine does not know (docs/states.md) and clears what the new state does not carry.';
create trigger deliveries_guard before update on integration.deliveries
    for each row execute function private.guard_delivery();

-- A fact changed: whatever the target was told before, it is behind now.
create function private.want_delivery(p_target text, p_kind text, p_subject uuid, p_clinic uuid,
                                      p_service_date date, p_eligible boolean) returns void
language plpgsql security definer set search_path = '' as $$
begin
    update integration.deliveries d
       set generation = d.generation + 1,
           service_date = p_service_date,
           state = case when d.state in ('delivered', 'blocked', 'rejected')
                        then 'ready'::integration.delivery_state else d.state end,
           due_at = case when d.state in ('delivered', 'blocked', 'rejected') then now() else d.due_at end,
           attempt = case when d.state in ('delivered', 'blocked', 'rejected') then 0 else d.attempt end
     where d.target = p_target and d.kind = p_kind and d.subject_id = p_subject;
    if not found and p_eligible then
        insert into integration.deliveries (target, kind, subject_id, clinic_id, service_date)
        values (p_target, p_kind, p_subject, p_clinic, p_service_date)
        on conflict on constraint delivery_is_one_per_fact
        do update set generation = integration.deliveries.generation + 1;
    end if;
end $$;
comment on function private.want_delivery(text, text, uuid, uuid, date, boolean) is
    'Says, in the writer''s own transaction, that a target is behind on a subject.';

-- A missing fact arrived: what waited for it is ready, with no click.
create function private.resolve(p_keys text[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
    insert into integration.resolved_keys (key) select distinct unnest(p_keys);
    update integration.deliveries d
       set state = 'ready', due_at = now(), attempt = 0
     where d.id in (select b.id from integration.deliveries b
                     where b.state = 'blocked' and b.waits_for && p_keys
                       for update skip locked);
end $$;
comment on function private.resolve(text[]) is
    'Makes the deliveries ready that wait for one of the keys; sweep() catches those it could not see yet.';

-- Least rights: nobody calls these but triggers and RPCs that run as the owner, or the service role.
revoke all on function private.want_delivery(text, text, uuid, uuid, date, boolean) from public;
revoke all on function private.resolve(text[]) from public;
grant execute on function private.resolve(text[]) to service_role;
