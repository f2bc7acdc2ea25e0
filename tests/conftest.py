"""What every test may ask for: the running stack, and the official clients to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from sandbox.environment import supabase_under_test
from sandbox.supabase.client import client
from sandbox.supabase.stack import Stack
from supabase import AsyncClient


@dataclass(frozen=True, slots=True)
class Project:
    """A Supabase project under test, wherever it runs."""

    url: str
    anon_key: str
    service_key: str
    dsn: str


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """The embedded Supabase with the migrations of this checkout, started once."""
    async with Stack.start() as running:
        yield running


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest) -> Project:
    """The project the environment names, or else the embedded one."""
    named = supabase_under_test()
    if "SUPABASE_URL" in named:
        names = ("SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_KEY", "SUPABASE_DB_URL")
        return Project(*(named[name] for name in names))
    running: Stack = request.getfixturevalue("stack")
    return Project(running.url, running.anon_key, running.service_key, running.dsn)


@pytest.fixture
async def service(project: Project) -> AsyncIterator[AsyncClient]:
    """The official client with the service key: row level security does not hold it."""
    async with client(project.url, project.service_key) as opened:
        yield opened


@pytest.fixture
async def anon(project: Project) -> AsyncIterator[AsyncClient]:
    """The official client of somebody who has not signed in."""
    async with client(project.url, project.anon_key) as opened:
        yield opened
