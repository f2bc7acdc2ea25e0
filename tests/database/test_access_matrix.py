"""Every cell of access.toml, tried through the API with real tokens on real rows."""

from typing import Any

import pytest

from tests.database.access import PERSONAS, ROLES, Function, Row, Table, functions, tables
from tests.database.conftest import CATALOGUE, HERE, THERE, World
from tests.database.people import answer

TABLES = list(tables().values())
FUNCTIONS = list(functions().values())
FORBIDDEN = {"42501"}
KEPT = {"42501", "23503"}  # what others point at is kept, whoever asks
NOT_FOUND = {"P0002"}

by_table = pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
by_function = pytest.mark.parametrize("function", FUNCTIONS, ids=[function.name for function in FUNCTIONS])
by_persona = pytest.mark.parametrize("persona", PERSONAS)


async def test_the_file_names_every_table_and_view(world: World) -> None:
    """An object that nobody thought about fails here first."""
    assert {row["name"] for row in await world.database.fetch(CATALOGUE["relations"])} == set(tables())


async def test_the_file_names_every_function(world: World) -> None:
    """The same for what can be called."""
    assert {row["name"] for row in await world.database.fetch(CATALOGUE["functions"])} == set(functions())


@by_persona
@by_table
async def test_select(world: World, table: Table, persona: str) -> None:
    """People read the rows of their own clinic that are meant for them, and no others."""
    expected = {clinic for clinic in (HERE, THERE) if _may(table, "select", persona, clinic)}

    assert expected == {clinic for clinic in (HERE, THERE) if await _sees(world, table, persona, clinic)}


@by_persona
@by_table
async def test_insert(world: World, table: Table, persona: str) -> None:
    """People add rows to their own clinic where it is their work, and nowhere else."""
    for clinic in (HERE, THERE):
        row = await world.rows.fresh(table.name, clinic)
        before = await world.rows.checksum(table.name)
        refused, _ = await answer(_of(world, table, persona).insert(row, returning="minimal"))
        after = await world.rows.checksum(table.name)
        if _may(table, "insert", persona, clinic):
            assert refused is None
            assert before != after
            continue
        assert refused in FORBIDDEN
        assert before == after


@by_persona
@by_table
async def test_update(world: World, table: Table, persona: str) -> None:
    """People edit the rows of their own clinic where it is their work; else nothing changes."""
    for clinic in (HERE, THERE):
        key = world.rows.key(table.name, world.rows.seeds[clinic][table.name])
        change = await world.rows.changed(table.name, clinic)
        before = await world.rows.checksum(table.name)
        refused, _ = await answer(_of(world, table, persona).update(change, returning="minimal").match(key))
        after = await world.rows.checksum(table.name)
        if _may(table, "update", persona, clinic):
            assert refused is None
            assert before != after
            continue
        assert refused in FORBIDDEN | {None}
        assert before == after


@by_persona
@by_table
async def test_delete(world: World, table: Table, persona: str) -> None:
    """Hardly anybody deletes; a refused deletion leaves the row where it is."""
    for clinic in (HERE, THERE):
        row = await world.rows.insert(table.name, await world.rows.fresh(table.name, clinic))
        key = world.rows.key(table.name, row)
        refused, _ = await answer(_of(world, table, persona).delete(returning="minimal").match(key))
        held = await world.rows.held(table.name, key)
        if _may(table, "delete", persona, clinic):
            assert (None, None) == (refused, held)
            continue
        assert refused in KEPT | {None}
        assert row == held


@by_persona
@by_function
async def test_execute(world: World, function: Function, persona: str) -> None:
    """A function answers those it is for; for others it refuses, or knows of nothing."""
    arguments = await world.rows.filled(function.arguments, HERE)
    call = world.clients[persona].schema(function.schema).rpc(function.name, arguments)
    refused, told = await answer(call)
    if persona not in function.execute:
        assert refused in FORBIDDEN
    elif persona not in function.effect:
        assert refused in NOT_FOUND or not _mentions(told, world)
    else:
        assert refused is None


def _of(world: World, table: Table, persona: str) -> Any:
    return world.clients[persona].schema(table.schema).table(table.relation)


def _may(table: Table, operation: str, persona: str, clinic: str) -> bool:
    allowed = table.allowed[operation]
    if persona == "elsewhere":  # where they work, they hold every role
        return clinic == THERE and not allowed.isdisjoint(ROLES)
    return persona in allowed and (clinic == HERE or persona == "service_role")


async def _sees(world: World, table: Table, persona: str, clinic: str) -> bool:
    key = world.rows.key(table.name, world.rows.seeds[clinic][table.name])
    refused, found = await answer(_of(world, table, persona).select("*").match(key))
    assert refused in FORBIDDEN | {None}
    return bool(found)


def _mentions(told: object, world: World) -> bool:
    own: dict[str, Row] = world.rows.seeds[HERE]
    return any(str(own[name]["id"]) in str(told) for name in ("public.clinics", "public.drugs"))
