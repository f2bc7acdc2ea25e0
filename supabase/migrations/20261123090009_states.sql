-- The state machine, kept by the database: which moves exist, and what every move clears.

create function private.guard_delivery() returns trigger
language plpgsql set search_path = '' as $$
begin
    -- A newer wish opens what was closed.
    if new.generation > old.generation and new.state = old.state and old.state in ('delivered', 'blocked', 'rejected') then
        new.state := 'ready'; new.due_at := now(); new.attempt := 0;
    end if;
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
        new.lease_snapshot := case when new.state in ('blocked', 'rejected') then new.lease_snapshot end;
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
           priority = 0  -- whoever edits an old visit waits for it now
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
                     where b.state in ('blocked', 'rejected') and b.waits_for && p_keys
                       for update skip locked);
end $$;
comment on function private.resolve(text[]) is
    'Makes the deliveries ready that wait for one of the keys; sweep() catches those it could not see yet.';

-- A fact that many visits share was corrected. They are only noted in the writer's transaction and wanted
-- again some at a time, the first at once and the others by sweep(): saving a doctor's NIK takes no longer
-- after twenty years, and old visits stay behind the live ones. What is closed for another reason stays so;
-- it is told the corrected fact whenever it goes.
create function private.want_corrected(p_limit integer default 200) returns integer
language plpgsql security definer set search_path = '' as $$
declare
    v_wanted integer;
begin
    with due as (
        select c.id, c.delivery_id from integration.corrections c
          join integration.deliveries d on d.id = c.delivery_id
         order by c.id limit p_limit
           for update of c, d skip locked),
    done as (
        delete from integration.corrections c using due where c.id = due.id)
    update integration.deliveries d
       set generation = d.generation + 1,
           priority = case when d.state = 'delivered' then 10 else d.priority end
     where d.id in (select due.delivery_id from due) and d.state in ('ready', 'leased', 'uncertain', 'delivered');
    get diagnostics v_wanted = row_count;
    return v_wanted;
end $$;
comment on function private.want_corrected(integer) is 'Want some of the deliveries again that were told of a fact corrected since.';

-- Least rights: nobody calls these but triggers and RPCs that run as the owner, or the service role.
revoke all on function private.want_delivery(text, text, uuid, uuid, date, boolean) from public;
revoke all on function private.resolve(text[]), private.want_corrected(integer) from public;
grant execute on function private.resolve(text[]), private.want_corrected(integer) to service_role;
