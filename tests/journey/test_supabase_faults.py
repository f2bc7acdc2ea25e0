"""Supabase goes away and comes back: the database restarts, the bell is cut or goes dead (F6, F7, F14)."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.journey.books import complaints
from tests.journey.cast import acting
from tests.journey.stage import Scene, until
from tests.journey.subject import Subject
from tests.journey.wire import wire

# The realtime library reads an attribute of a closed connection that websockets has deprecated; as an
# error, that warning would kill its listening task.
old_words = pytest.mark.filterwarnings("ignore:ConnectionClosed:DeprecationWarning")
SLOW = {"name": "slow", "match": {"path": "/fhir-r4"}, "effect": {"kind": "latency", "ms": 150}}
LOST = {"name": "lost", "match": {"type": "Bundle", "probability": 0.15}, "effect": "drop_after_commit"}


@pytest.mark.parametrize("mode", ["immediate", pytest.param("fast", marks=pytest.mark.soak)])
async def test_the_database_restarts_in_the_middle(routine: Scene, tmp_path: Path, mode: str) -> None:
    """The daemon stays up, reconnects by itself, and what it had sent is not sent again."""
    await routine.behave(SLOW, LOST)
    await routine.visits(40)
    async with acting(Subject(routine.values(satusehat_concurrency=4), tmp_path / "log")) as actor:

        async def half_way() -> bool:
            return (await routine.states()).get("delivered", 0) > 8

        await until(half_way, "some are delivered")
        await routine.pool.expire_connections()
        await routine.running.stack.restart_postgres(mode)
        await _reconnected(routine)
        await routine.drained()
        assert actor.alive
        assert 0 == await actor.stop()
    assert {} == await complaints(routine)
    assert {"delivered": 40} == await routine.states()


async def _reconnected(scene: Scene) -> None:
    async def answers() -> bool:
        try:
            return await scene.one("select true")
        except Exception:  # noqa: BLE001  # whatever a dead connection raises
            return False

    await until(answers, "the database answers again")


async def test_connections_are_killed_and_locks_are_held(routine: Scene, tmp_path: Path) -> None:
    """Terminated back ends and rows held by a slow clinic write cost time, and nothing else."""
    await routine.behave(SLOW)
    visits = await routine.visits(24)
    async with acting(Subject(routine.values(satusehat_concurrency=4), tmp_path / "log")):
        async with routine.pool.acquire() as slow, slow.transaction():
            await slow.execute("select 1 from integration.deliveries where subject_id = any($1) for update", visits[:6])
            for _ in range(10):
                await routine.sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'"
                )
                await asyncio.sleep(0.1)
        await routine.drained()
    assert {} == await complaints(routine)
    assert {"delivered": 24} == await routine.states()


FULL = """
    create function journey.full() returns trigger language plpgsql as
    'begin raise exception using errcode = ''disk_full'', message = ''could not extend file''; end'
"""
FILLED = "create trigger full_disk before insert on integration.attempts for each row execute function journey.full()"
NOT_FULL = "drop function if exists journey.full() cascade"


async def test_a_full_disk_costs_time_and_nothing_else(routine: Scene, tmp_path: Path) -> None:
    """What was sent and cannot be written down is kept, and written down when there is room again."""
    await routine.behave(SLOW)
    await routine.visits(24)
    log = tmp_path / "log"
    log.touch()
    try:
        async with acting(Subject(routine.values(satusehat_concurrency=4, lease_seconds=30), log)) as actor:
            await routine.sql(FULL)
            await routine.sql(FILLED)

            async def kept() -> bool:
                return "record.postponed" in log.read_text(encoding="utf-8")

            await until(kept, "an ending finds no room")
            await routine.sql(NOT_FULL)
            await routine.drained()
            assert 0 == await actor.stop()
    finally:
        await routine.sql(NOT_FULL)
    assert {} == await complaints(routine)
    assert {"delivered": 24} == await routine.states()
    assert ["delivered"] == [row[0] for row in await routine.sql("select distinct outcome from integration.attempts")]
    assert "record.refused" not in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("gone_s", [1.0, 6.0])
async def test_no_connection_is_to_be_had(routine: Scene, tmp_path: Path, gone_s: float) -> None:
    """For a moment, or for longer than a lease of 4 s: then the rows are doubtful, and are asked about."""
    await routine.behave(SLOW)
    await routine.visits(40)
    async with acting(Subject(routine.values(satusehat_concurrency=4), tmp_path / "log")) as actor:
        await until(lambda: _some_delivered(routine), "some are delivered")
        await routine.sql("alter role authenticator connection limit 0")
        try:
            await routine.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'")
            await asyncio.sleep(gone_s)
        finally:
            await routine.sql("alter role authenticator connection limit -1")
        await routine.drained()
        assert 0 == await actor.stop()
    assert {} == await complaints(routine)
    assert {"delivered": 40} == await routine.states()
    assert "lease.failed" in (tmp_path / "log").read_text(encoding="utf-8")


async def _some_delivered(scene: Scene) -> bool:
    return (await scene.states()).get("delivered", 0) > 4


@old_words
async def test_a_cut_bell_rings_again(routine: Scene) -> None:
    """The connection is reset twice; each time a new one is made, and bells arrive though no poll is near."""
    async with (
        wire(routine.running.stack.url) as line,
        routine.daemon(supabase_url=line.address, poll_seconds=300) as app,
    ):
        for number in range(1, 3):
            await app.realtime.live.wait()
            visit = await routine.visit(patient=f"J{number}")
            await routine.reaches(visit, "delivered")
            line.cut()

            async def noticed() -> bool:
                return not app.realtime.live.is_set()

            await until(noticed, "the worker notices the cut")
        await app.realtime.live.wait()
        assert 3 == line.opened
    assert {} == await complaints(routine)


@old_words
async def test_what_happens_while_the_bell_is_away_is_not_missed(routine: Scene) -> None:
    """Visits finished while nobody could ring are found when the bell comes back, at the latest."""
    async with (
        wire(routine.running.stack.url) as line,
        routine.daemon(supabase_url=line.address, poll_seconds=300) as app,
    ):
        await app.realtime.live.wait()
        line.refusing = True
        line.cut()
        visit = await routine.visit()
        line.refusing = False
        await routine.reaches(visit, "delivered")
    assert {} == await complaints(routine)


@old_words
async def test_a_bell_that_died_in_silence_costs_one_poll(routine: Scene) -> None:
    """No FIN, no error, no ring: the poll finds the visit, within its interval and jitter."""
    poll_s = 2.0
    async with (
        wire(routine.running.stack.url) as line,
        routine.daemon(supabase_url=line.address, poll_seconds=poll_s) as app,
    ):
        await app.realtime.live.wait()
        line.dead = True
        waited = []
        for number in range(1, 3):
            finished = time.monotonic()
            await routine.reaches(await routine.visit(patient=f"J{number}"), "delivered")
            waited.append(time.monotonic() - finished)
        line.dead = False
    assert max(waited) < 3 * poll_s
    assert {} == await complaints(routine)


async def test_a_database_restored_to_an_earlier_point_finds_what_is_there(routine: Scene, tmp_path: Path) -> None:
    """What was delivered after the backup is known to the ministry only: it is found and adopted, not doubled."""
    await routine.visits(8)
    async with acting(Subject(routine.values(), tmp_path / "log")) as actor:
        await routine.drained()
        assert 0 == await actor.stop()
    before = await routine.summary()
    await routine.sql("delete from integration.remote_resources where content_hash <> ''")
    await routine.sql("update integration.deliveries set state = 'ready', delivered_generation = 0, due_at = now()")
    async with acting(Subject(routine.values(), tmp_path / "log")):
        await routine.drained()
    after = await routine.summary()
    assert (before["resources"], []) == (after["resources"], after["duplicates"])
    assert {"delivered": 8} == await routine.states()
    # Sent once more, because nobody here knew; refused there, because the identifiers are the same.
    assert {} == {name: found for name, found in (await complaints(routine)).items() if name != "I2 doubled"}
