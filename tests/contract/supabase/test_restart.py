"""The embedded project after a crash of its database."""

import asyncio

import asyncpg
import httpx
import pytest

from sandbox.supabase.stack import Stack
from supabase import AsyncClient
from tests.contract.supabase.conftest import PASSWORD, Person
from tests.contract.supabase.listening import Listener


async def test_everything_works_again(stack: Stack, ani: Person, notes: str) -> None:
    """REST and Auth find the database by themselves, and committed rows are still there."""
    written = (await ani.client.table(notes).insert({"body": "tetap"}).execute()).data[0]

    await stack.restart_postgres("immediate")
    await _until_rest_answers(stack)

    found = await ani.client.table(notes).select("body").eq("id", written["id"]).execute()
    assert [{"body": "tetap"}] == found.data
    await ani.client.auth.sign_in_with_password({"email": ani.email, "password": PASSWORD})


# The client itself uses what its websocket library has deprecated, just where it reconnects.
@pytest.mark.filterwarnings("ignore:ConnectionClosed:DeprecationWarning")
async def test_listeners_are_sent_away_and_find_back(
    stack: Stack, service: AsyncClient, ani: Person, notes: str
) -> None:
    """A change may have been missed, so the socket closes; the client's own reconnect suffices."""
    listener = await Listener().on_changes(service, notes)
    listener.live.clear()

    await stack.restart_postgres("immediate")
    async with asyncio.timeout(15):
        await listener.live.wait()
    await _until_rest_answers(stack)
    await ani.client.table(notes).insert({"body": "sesudah"}).execute()

    assert "sesudah" == (await listener.next())["record"]["body"]


async def test_no_log_is_kept_for_nobody(stack: Stack, service: AsyncClient, notes: str) -> None:
    """Every replication slot is temporary and in use."""
    await Listener().on_changes(service, notes)
    database = await asyncpg.connect(stack.superuser_dsn)

    slots = await database.fetch("select temporary, active from pg_replication_slots")

    await database.close()
    assert {(True, True)} == {tuple(slot) for slot in slots}


async def _until_rest_answers(stack: Stack) -> None:
    headers = {"apikey": stack.service_key}
    async with httpx.AsyncClient(headers=headers) as client, asyncio.timeout(20):
        address = f"{stack.url}/rest/v1/contract_notes?limit=1"
        while (await client.get(address)).status_code != 200:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)
