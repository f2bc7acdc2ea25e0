"""A project of this room's own, two clinics in it, and everybody who may knock."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from sandbox.supabase.stack import Stack, database_alone
from sandbox.supabase.statements import load
from supabase import AsyncClient
from tests.database import bench as benches
from tests.database.bench import Bench
from tests.database.desk import SQL, Clinic, Worker, connected
from tests.database.people import People
from tests.database.poli import Poli, opened
from tests.database.rows import Rows

CATALOGUE = load(Path(__file__).with_name("catalogue.sql"))
HERE, THERE = "here", "there"


@dataclass(frozen=True, slots=True)
class World:
    """Two clinics that must not know of each other."""

    stack: Stack
    database: asyncpg.Connection
    rows: Rows
    people: People

    @property
    def clients(self) -> dict[str, AsyncClient]:
        """The client of each persona."""
        return self.people.clients


@pytest.fixture(scope="session")
async def world() -> AsyncIterator[World]:
    """Its own project: thousands of rows and people that other tests need not meet."""
    async with Stack.start() as stack, AsyncExitStack() as exits:
        database = await asyncpg.connect(stack.superuser_dsn)
        exits.push_async_callback(database.close)
        keys = {row["full_name"]: row["columns"] for row in await database.fetch(CATALOGUE["keys"])}
        rows = Rows(database, keys)
        for clinic in (HERE, THERE):
            await rows.found(clinic)
        people = People(stack, rows, exits)
        await people.gather(HERE, THERE)
        yield World(stack, database, rows, people)


@pytest.fixture(scope="session")
async def books() -> AsyncIterator[Postgres]:
    """A migrated database alone, where time and state may be bent as a test likes."""
    async with database_alone(migrations=True) as cluster:
        yield cluster


@pytest.fixture
async def clinic(books: Postgres) -> AsyncIterator[Clinic]:
    """The only clinic of an otherwise empty project."""
    async with connected(books) as connection:
        await connection.execute(SQL["clear"])
        yield await Clinic.open(connection)


@pytest.fixture
async def ana(books: Postgres) -> AsyncIterator[Worker]:
    """One worker."""
    async with connected(books, "service_role") as connection:
        yield Worker(connection, "ana")


@pytest.fixture
async def bob(books: Postgres) -> AsyncIterator[Worker]:
    """Another."""
    async with connected(books, "service_role") as connection:
        yield Worker(connection, "bob")


@pytest.fixture
async def other(books: Postgres) -> AsyncIterator[asyncpg.Connection]:
    """A second transaction of the clinic's, to be held open."""
    async with connected(books) as connection:
        yield connection


@pytest.fixture
async def poli(books: Postgres) -> AsyncIterator[Poli]:
    """A poli of an otherwise empty project."""
    async with connected(books) as connection:
        yield await opened(connection)


@pytest.fixture
async def bench(books: Postgres) -> AsyncIterator[Bench]:
    """A laboratory of its own."""
    async with connected(books) as connection:
        yield await benches.opened(connection)
