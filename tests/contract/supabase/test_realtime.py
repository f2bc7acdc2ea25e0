"""Realtime: changes of tables for those who may see them, and broadcast."""

import asyncio
from typing import Any

from supabase import AsyncClient
from tests.contract.supabase.conftest import Person
from tests.contract.supabase.listening import PATIENCE_S, Listener


async def test_every_kind_of_change_is_told(ani: Person, service: AsyncClient, notes: str) -> None:
    """Insert, update and delete arrive in order, typed as REST would show them."""
    listener = await Listener().on_changes(service, notes)
    row = {"body": "satu", "amount": 1.5, "details": {"a": 1}}
    table = ani.client.table(notes)

    written = (await table.insert(row).execute()).data[0]
    inserted = await listener.next()
    await ani.client.table(notes).update({"body": "dua"}).eq("id", written["id"]).execute()
    updated = await listener.next()
    await ani.client.table(notes).delete().eq("id", written["id"]).execute()
    deleted = await listener.next()

    key = {"id": written["id"], "author": written["author"]}
    assert written == inserted["record"]
    assert ("dua", key) == (updated["record"]["body"], updated["old_record"])
    assert key == deleted["old_record"]


async def test_a_filter_lets_only_its_own_rows_pass(ani: Person, service: AsyncClient, notes: str) -> None:
    """What does not match is never sent."""
    listener = await Listener().on_changes(service, notes, "body=eq.dicari")

    for body in ("lain", "dicari"):
        await ani.client.table(notes).insert({"body": body}).execute()

    assert "dicari" == (await listener.next())["record"]["body"]


async def test_people_hear_of_their_own_rows_only(ani: Person, budi: Person, notes: str) -> None:
    """Row level security decides who is told, for each listener."""
    listener = await Listener().on_changes(budi.client, notes)

    await ani.client.table(notes).insert({"body": "bukan untuk Budi"}).execute()
    await budi.client.table(notes).insert({"body": "untuk Budi"}).execute()

    assert "untuk Budi" == (await listener.next())["record"]["body"]


async def test_a_broadcast_reaches_the_others(ani: Person, budi: Person) -> None:
    """Everybody on the topic but its sender."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    theirs = budi.client.channel("contract-room").on_broadcast("shout", heard.put_nowait)
    await _subscribed(theirs)
    ours = ani.client.channel("contract-room")
    await _subscribed(ours)

    await ours.send_broadcast("shout", {"text": "halo"})

    async with asyncio.timeout(PATIENCE_S):
        assert {"text": "halo"} == (await heard.get())["payload"]


async def _subscribed(channel: Any) -> None:
    joined = asyncio.Event()
    await channel.subscribe(lambda state, _: joined.set() if state == "SUBSCRIBED" else None)
    async with asyncio.timeout(PATIENCE_S):
        await joined.wait()
