"""A table of the tests' own, and two people who do not know each other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from postgrest.exceptions import APIError

from sandbox.supabase.client import client
from supabase import AsyncClient
from tests.conftest import Project

PASSWORD = "a-password-of-tests"
TABLE = "contract_notes"
SQL = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: str
    email: str
    client: AsyncClient


@pytest.fixture(scope="session")
async def notes(project: Project) -> AsyncIterator[str]:
    """The name of a table that people write to under row level security."""
    await _execute(project, "remove.sql", "notes.sql")
    async with client(project.url, project.service_key) as opened:
        await _until_served(opened)
    yield TABLE
    await _execute(project, "remove.sql")


@pytest.fixture
async def ani(project: Project, service: AsyncClient) -> AsyncIterator[Person]:
    """One person."""
    async for person in _person(project, service):
        yield person


@pytest.fixture
async def budi(project: Project, service: AsyncClient) -> AsyncIterator[Person]:
    """Another."""
    async for person in _person(project, service):
        yield person


async def _execute(project: Project, *names: str) -> None:
    """A connection per use: a test may have restarted the database in between."""
    database = await asyncpg.connect(project.dsn)
    for name in names:
        await database.execute((SQL / name).read_text())
    await database.close()


async def _person(project: Project, service: AsyncClient) -> AsyncIterator[Person]:
    email = f"{uuid4().hex}@contract.test"
    wish = {"email": email, "password": PASSWORD, "email_confirm": True}
    user = (await service.auth.admin.create_user(wish)).user
    async with client(project.url, project.anon_key) as opened:
        await opened.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        yield Person(user.id, email, opened)
    await service.auth.admin.delete_user(user.id)


async def _until_served(service: AsyncClient) -> None:
    """The API learns of a new table by a notification that nobody else hears."""
    async with asyncio.timeout(20):
        while not await _served(service):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)


async def _served(service: AsyncClient) -> bool:
    try:
        await service.table(TABLE).select("id").limit(1).execute()
        await service.rpc("contract_count", {"author": str(uuid4())}).execute()
    except APIError:
        return False
    return True
