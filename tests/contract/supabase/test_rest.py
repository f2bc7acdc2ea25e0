"""REST: rows in, rows out, under the caller's own rights."""

import httpx
import pytest
from postgrest.exceptions import APIError

from sandbox.supabase.client import client
from sandbox.supabase.stack import Stack
from supabase import AsyncClient
from tests.conftest import Project
from tests.contract.supabase.conftest import Person


async def test_what_is_written_is_read_back(ani: Person, notes: str) -> None:
    """JSON, numbers and generated columns survive the way there and back."""
    row = {"body": "halo", "amount": 12.5, "details": {"a": [1, None]}}

    written = (await ani.client.table(notes).insert(row).execute()).data[0]

    assert {**row, "author": ani.id} == {name: written[name] for name in (*row, "author")}


async def test_people_see_their_own_rows_only(ani: Person, budi: Person, service: AsyncClient, notes: str) -> None:
    """Row level security holds for people and not for the service key."""
    note = (await ani.client.table(notes).insert({"body": "rahasia"}).execute()).data[0]

    mine = await ani.client.table(notes).select("id").eq("id", note["id"]).execute()
    his = await budi.client.table(notes).select("id").eq("id", note["id"]).execute()
    all_ = await service.table(notes).select("id").eq("id", note["id"]).execute()

    assert (1, 0, 1) == (len(mine.data), len(his.data), len(all_.data))


async def test_writing_in_another_name_is_refused(ani: Person, budi: Person, notes: str) -> None:
    """A policy's check is a permission error."""
    with pytest.raises(APIError) as refused:
        await ani.client.table(notes).insert({"body": "palsu", "author": budi.id}).execute()

    assert "42501" == refused.value.code


async def test_a_stranger_reads_nothing(anon: AsyncClient, notes: str) -> None:
    """The anonymous key has no grant on the table."""
    with pytest.raises(APIError) as refused:
        await anon.table(notes).select("id").execute()

    assert "42501" == refused.value.code


async def test_rows_are_changed_counted_and_deleted(ani: Person, notes: str) -> None:
    """Update, exact count and delete act on what the filter names."""
    table = ani.client.table
    await table(notes).insert([{"body": text, "amount": 1} for text in ("a", "b", "c")]).execute()

    changed = await table(notes).update({"amount": 2}).in_("body", ["a", "b"]).execute()
    counted = await table(notes).select("id", count="exact", head=True).eq("amount", 2).execute()
    deleted = await table(notes).delete().eq("amount", 1).execute()

    assert (2, 2, 1) == (len(changed.data), counted.count, len(deleted.data))


async def test_a_function_is_called_with_the_callers_rights(ani: Person, notes: str) -> None:
    """An RPC sees what its caller sees."""
    await ani.client.table(notes).insert({"body": "satu"}).execute()

    counted = await ani.client.rpc("contract_count", {"author": ani.id}).execute()

    assert 1 == counted.data


async def test_an_unknown_table_is_named_as_such(service: AsyncClient) -> None:
    """The code is the one hosted projects answer with."""
    with pytest.raises(APIError) as missing:
        await service.table("no_such_table").select("*").execute()

    assert "PGRST205" == missing.value.code


async def test_a_wrong_key_opens_nothing(project: Project) -> None:
    """The gateway itself turns strangers away."""
    async with httpx.AsyncClient() as browser:
        reply = await browser.get(f"{project.url}/rest/v1/", headers={"apikey": "wrong"})

    assert 401 == reply.status_code


async def test_keys_of_the_newer_form_are_as_good(stack: Stack, notes: str) -> None:
    """sb_secret_… is the service role, sb_publishable_… a stranger."""
    async with client(stack.url, stack.keys.secret) as secret:
        await secret.table(notes).select("id").execute()

    async with client(stack.url, stack.keys.publishable) as publishable:
        with pytest.raises(APIError) as refused:
            await publishable.table(notes).select("id").execute()

    assert "42501" == refused.value.code
