"""Every policy is dropped and loosened in turn, and each time some cell of the access matrix notices.

A matrix that does not notice proves nothing about the policy. What a mutant changes without a cell that
could tell is named in EQUIVALENT, with the reason.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.database.access import PERSONAS, Table, tables
from tests.database.conftest import HERE, THERE, World
from tests.database.people import answer
from tests.database.test_access_matrix import _may, _of, _sees

POLICIES = """
    select schemaname || '.' || tablename as "table", policyname as name, lower(cmd) as operation,
           qual is not null as filters, with_check is not null as checks,
           exists (select from information_schema.columns c where c.table_schema = schemaname
                      and c.table_name = tablename and c.column_name = 'clinic_id') as has_clinic,
           format('create policy %I on %I.%I for %s to %s%s%s', policyname, schemaname, tablename, cmd,
                  array_to_string(roles, ', '), coalesce(' using (' || qual || ')', ''),
                  coalesce(' with check (' || with_check || ')', '')) as definition
      from pg_catalog.pg_policies where schemaname = 'public' order by 1, 2
"""
ALL_CLINICS = "true"
ALL_ROLES = "clinic_id = any ((select private.my_clinics())::uuid[])"
EQUIVALENT = {
    # An update also needs the row to be read, and others' staff rows are not; that an admin does not touch
    # owners is tried by itself (test_access_rules).
    "public.staff: Owner edits staff; admin edits staff who are no owners",
    # Likewise: others' contacts are not read.
    "public.staff_contacts: Staff edit their own contact; owner and admin edit any",
}
OWN_ALONE = {
    # Nobody of the matrix is told by its rows; that people mark their own is tried by itself (test_notifications).
    "public.notifications: Staff mark what they have read",
}
STAFF = frozenset(PERSONAS) - {"anon", "service_role"}
"""anon has no grant and the service role no policy: neither tells anything about one."""


@pytest.fixture(scope="module")
async def policies(world: World) -> list[asyncpg.Record]:
    """All of them."""
    return await world.database.fetch(POLICIES)


@asynccontextmanager
async def _mutated(world: World, policy: asyncpg.Record, condition: str | None) -> AsyncIterator[None]:
    """The policy gone, or with another condition, while the block lasts."""
    drop = f'drop policy "{policy["name"]}" on {policy["table"]}'
    await world.database.execute(drop)
    if condition is not None:
        using = f" using ({condition})" if policy["filters"] else ""
        check = f" with check ({condition})" if policy["checks"] else ""
        head = policy["definition"].split(" using (")[0].split(" with check (")[0]
        await world.database.execute(head + using + check)
    try:
        yield
    finally:
        if condition is not None:
            await world.database.execute(drop)
        await world.database.execute(policy["definition"])


async def _works(world: World, table: Table, operation: str, persona: str, clinic: str) -> bool:
    """Whether somebody can do something to a clinic's row."""
    match operation:
        case "select":
            return await _sees(world, table, persona, clinic)
        case "insert":
            row = await world.rows.fresh(table.name, clinic)
            refused, _ = await answer(_of(world, table, persona).insert(row, returning="minimal"))
            return refused is None
        case "update":
            key = world.rows.key(table.name, world.rows.seeds[clinic][table.name])
            change, before = await world.rows.changed(table.name, clinic), await world.rows.checksum(table.name)
            await answer(_of(world, table, persona).update(change, returning="minimal").match(key))
            return before != await world.rows.checksum(table.name)
        case _:
            row = await world.rows.insert(table.name, await world.rows.fresh(table.name, clinic))
            key = world.rows.key(table.name, row)
            await answer(_of(world, table, persona).delete(returning="minimal").match(key))
            return await world.rows.held(table.name, key) is None


async def _noticed(world: World, policy: asyncpg.Record) -> bool:
    """Whether any cell of the matrix differs from what the file says."""
    table, operation = tables()[policy["table"]], policy["operation"]
    for persona in sorted(STAFF, key=PERSONAS.index):
        for clinic in (HERE, THERE):
            if await _works(world, table, operation, persona, clinic) != _may(table, operation, persona, clinic):
                return True
    return False


async def _survivors(world: World, policies: list[asyncpg.Record], condition: str | None) -> set[str]:
    found = set()
    for policy in policies:
        async with _mutated(world, policy, condition):
            if not await _noticed(world, policy):
                found.add(f"{policy['table']}: {policy['name']}")
    return found


async def test_a_missing_policy_is_noticed(world: World, policies: list[asyncpg.Record]) -> None:
    """Somebody cannot do their work any more."""
    assert len(policies) > 60
    assert OWN_ALONE == await _survivors(world, policies, None)


async def test_a_policy_for_everybody_is_noticed(world: World, policies: list[asyncpg.Record]) -> None:
    """Somebody reads or writes another clinic's rows."""
    assert EQUIVALENT == await _survivors(world, policies, ALL_CLINICS)


async def test_a_policy_for_every_role_is_noticed(world: World, policies: list[asyncpg.Record]) -> None:
    """Somebody of the clinic does what is not their work; policies that are meant for all staff cannot tell."""
    narrow = [one for one in policies if one["has_clinic"] and not _for_all_staff(one)]
    assert EQUIVALENT == await _survivors(world, narrow, ALL_ROLES)


def _for_all_staff(policy: asyncpg.Record) -> bool:
    at_work = STAFF - {"stranger", "patient", "deactivated", "elsewhere"}
    return at_work <= tables()[policy["table"]].allowed[policy["operation"]]
