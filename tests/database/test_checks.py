"""Our own lint of the database, and proof that each rule can turn red."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from sandbox.supabase.postgres import SUPERUSER, Postgres
from sandbox.supabase.stack import Project
from tests.database.conftest import World

FOLDER = Path(__file__).parents[2] / "sql" / "checks"
CHECKS = {file.stem: file.read_text() for file in sorted(FOLDER.glob("*.sql"))}
PLANTED = tomllib.loads(Path(__file__).with_name("planted.toml").read_text())

by_check = pytest.mark.parametrize("check", CHECKS)


@pytest.fixture
async def alone(books: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of the owner's that leaves nothing behind."""
    connection = await asyncpg.connect(books.socket_dsn(SUPERUSER))
    changes = connection.transaction()
    await changes.start()
    await connection.execute("set local role postgres")
    yield connection
    await changes.rollback()
    await connection.close()


@by_check
async def test_nothing_offends(alone: asyncpg.Connection, check: str) -> None:
    """The migrated database has no row of the kind the check looks for."""
    assert [] == [tuple(row) for row in await alone.fetch(CHECKS[check])]


@by_check
async def test_the_check_turns_red(alone: asyncpg.Connection, check: str) -> None:
    """A violation planted on purpose is found."""
    await alone.execute(PLANTED[check])

    assert await alone.fetch(CHECKS[check])


async def test_a_new_table_belongs_to_nobody(alone: asyncpg.Connection) -> None:
    """A migration that forgets its revokes gives nothing away."""
    await alone.execute("create table public.planted (id uuid primary key)")

    for role in ("anon", "authenticated", "service_role"):
        assert not await alone.fetchval("select has_table_privilege($1, 'public.planted', 'select')", role)


async def test_the_advisors_find_no_error(world: World) -> None:
    """The lint that the vendor ships: no errors, and no warnings either."""
    project = Project.open()
    report = await project.cli.command(
        "db", "advisors", f"--remote={world.stack.dsn}", "--level=warn", "--fail-on=warn"
    )
    assert '"level"' not in report
