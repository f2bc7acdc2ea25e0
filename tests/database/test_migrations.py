"""The present (sql/) and the history (supabase/migrations/) make the same database."""

from collections.abc import AsyncIterator
from difflib import unified_diff
from pathlib import Path

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from sandbox.supabase.stack import database_alone
from sandbox.supabase.statements import load

FINGERPRINT = load(Path(__file__).with_name("fingerprint.sql"))["fingerprint"]
PRESENT = [file.read_text() for file in sorted((Path(__file__).parents[2] / "sql").glob("*.sql"))]

Things = dict[str, str]


@pytest.fixture
async def present() -> AsyncIterator[asyncpg.Connection]:
    """A new project with the files of sql/, in their order."""
    async with database_alone() as cluster:
        connection = await asyncpg.connect(cluster.dsn)
        for file in PRESENT:
            await connection.execute(file)
        yield connection
        await connection.close()


async def test_sql_and_migrations_agree(present: asyncpg.Connection, books: Postgres) -> None:
    """Tables, functions with their bodies, policies, grants, comments, publications: all of it."""
    migrated = await asyncpg.connect(books.dsn)
    history, now = await _things(migrated), await _things(present)
    await migrated.close()

    assert len(now) > 500
    assert not (differences := _differences(history, now)), "\n\n".join(differences)


async def test_a_difference_is_told_in_words(present: asyncpg.Connection) -> None:
    """Whoever forgot the migration reads which thing differs, and how."""
    before = await _things(present)
    await present.execute("alter table public.drugs alter column name drop not null; drop table public.work_items")
    differences = "\n\n".join(_differences(before, await _things(present)))

    assert "column drugs.name\n" in differences
    assert "relation work_items: only in supabase/migrations" in differences


async def _things(connection: asyncpg.Connection) -> Things:
    rows = await connection.fetch(FINGERPRINT)
    return {f"{row['kind']} {row['name']}": row["definition"] or "" for row in rows}


def _differences(history: Things, now: Things) -> list[str]:
    lonely = [f"{name}: only in supabase/migrations" for name in sorted(history.keys() - now.keys())]
    lonely += [f"{name}: only in sql/" for name in sorted(now.keys() - history.keys())]
    shared = sorted(name for name in history.keys() & now.keys() if history[name] != now[name])
    return lonely + [_difference(name, history[name], now[name]) for name in shared]


def _difference(name: str, history: str, now: str) -> str:
    lines = unified_diff(history.splitlines(), now.splitlines(), "supabase/migrations", "sql/", lineterm="", n=1)
    return "\n".join([name, *lines])
