"""The door: a hint rings the loop, and nobody without the secret can ring it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.supabase.ports import free_port
from tests.journey.cast import program
from tests.journey.stage import Scene, until

SECRET = "a-hook-secret-of-32-characters-00"
HEADER = "X-Webhook-Secret"
DEAF = 300.0

TARGETS = ("satusehat", "pcare", "vclaim", "antrean", "files", "email", "whatsapp")


@asynccontextmanager
async def bridge(scene: Scene, folder: Path, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """The daemon with its door in a process of its own; Realtime has nothing to say to it."""
    port = free_port()
    values = scene.values(bridge_port=port, bridge_hook_secret=SECRET, poll_seconds=DEAF, **changes)
    base = f"http://127.0.0.1:{port}"
    async with (
        program(values, folder / "log", module="edge_bridge"),
        httpx.AsyncClient(base_url=base, trust_env=False) as door,
    ):

        async def open_() -> bool:
            try:
                return (await door.get("/health")).status_code in {200, 503}
            except httpx.TransportError:
                return False

        await until(open_, "the door opens")
        yield door


@pytest.fixture
async def deaf(routine: Scene) -> AsyncIterator[Scene]:
    """A project that does not publish deliveries: Realtime stays silent."""
    await routine.sql("alter publication supabase_realtime drop table integration.deliveries")
    yield routine
    await routine.sql("alter publication supabase_realtime add table integration.deliveries")


async def _rung_for(visit: str, scene: Scene, door: httpx.AsyncClient) -> None:
    async def delivered() -> bool:
        await door.post("/hooks/supabase", json={}, headers={HEADER: SECRET})
        return await scene.state(visit) == "delivered" and (await door.get("/health")).json()["realtime"] == "live"

    await until(delivered, "the worker is past its start")


async def test_a_hook_with_the_secret_rings(deaf: Scene, tmp_path: Path) -> None:
    """Nothing but the hook can have woken the worker; a wrong secret does not."""
    async with bridge(deaf, tmp_path) as door:
        body = {"type": "UPDATE", "table": "deliveries", "record": {"id": "anything"}}
        # A first visit brings the worker past its start, after which it sleeps until it is rung for.
        await _rung_for(await deaf.visit(), deaf, door)
        visit = await deaf.visit()
        for headers in ({}, {HEADER: "wrong"}, [(HEADER, SECRET), (HEADER, SECRET)]):
            assert 401 == (await door.post("/hooks/supabase", json=body, headers=headers)).status_code
        assert 413 == (await door.post("/hooks/supabase", content=b"x" * 70_000, headers={HEADER: SECRET})).status_code
        assert "ready" == await deaf.state(visit)
        assert 202 == (await door.post("/hooks/supabase", json=body, headers={HEADER: SECRET})).status_code
        await deaf.reaches(visit, "delivered")
        replayed = await deaf.last_seq()
        for _ in range(5):
            assert 202 == (await door.post("/hooks/supabase", content=b"\xff{", headers={HEADER: SECRET})).status_code
        assert replayed == await deaf.last_seq()


async def test_health_says_whether_supabase_answers(routine: Scene, tmp_path: Path) -> None:
    """200 while it does, 503 while the database is down, 200 again."""
    async with bridge(routine, tmp_path) as door:
        told = await door.get("/health")
        assert (200, "ok", dict.fromkeys(TARGETS, "closed")) == (
            told.status_code, told.json()["database"], told.json()["breakers"])  # fmt: skip
        await routine.running.stack.postgres.stop("fast")
        try:
            assert 503 == (await door.get("/health", timeout=60)).status_code
        finally:
            await routine.running.stack.postgres.start()

        async def well() -> bool:
            return (await door.get("/health", timeout=60)).status_code == 200

        await until(well, "the door sees the database again")
