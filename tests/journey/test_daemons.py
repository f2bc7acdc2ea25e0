"""What happens to worker processes: company, signals, sleep, wrong clocks, poison (F1, F8, F10, F12, F13)."""

import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.journey.books import complaints
from tests.journey.cast import acting, program
from tests.journey.stage import Scene, until
from tests.journey.subject import Subject

SLOW = {"name": "slow", "match": {"path": "/fhir-r4"}, "effect": {"kind": "latency", "ms": 150}}
LOST = {"name": "lost", "match": {"type": "Bundle", "probability": 0.15}, "effect": "drop_after_commit"}
TEN_MINUTES_S = 600.0


async def under_load(scene: Scene) -> None:
    """Wait until requests are under way and leases are held."""

    async def busy() -> bool:
        return (await scene.summary())["in_flight"] > 0 and "leased" in await scene.states()

    await until(busy, "the worker is under load")


async def test_two_daemons_share_one_backlog(routine: Scene, tmp_path: Path) -> None:
    """Each visit is carried once, and both do their share."""
    await routine.behave(SLOW, LOST)
    await routine.visits(60)
    subject = Subject(routine.values(satusehat_concurrency=4), tmp_path / "log")
    async with acting(subject), acting(subject):
        await routine.drained()
    assert {} == await complaints(routine)
    workers = await routine.one("select count(distinct worker) from integration.attempts where outcome = 'delivered'")
    assert 2 == workers
    assert (await routine.summary())["most_in_flight"] <= 2 * 4


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.soak) for n in range(2, 6))])
async def test_two_versions_work_beside_each_other(routine: Scene, tmp_path: Path, seed: int) -> None:
    """During a deploy: whatever one version left in doubt the other settles, and nobody doubles anything."""
    await routine.behave(SLOW, LOST, seed=seed)
    await routine.visits(40)
    values = routine.values(satusehat_concurrency=4)
    async with acting(Subject(values, tmp_path / "log", older=True)) as old:
        await under_load(routine)
        async with acting(Subject(values, tmp_path / "log")):
            await until(lambda: _doubts(routine), "an answer is lost")
            assert 0 == await old.stop()
            await routine.drained()
    assert {} == await complaints(routine)
    assert {"delivered": 40} == await routine.states()
    titles = {held["body"]["title"] for held in await routine.held("Composition")}
    assert len(titles) == 2, titles


async def _doubts(scene: Scene) -> int:
    return await scene.one("select count(*) from integration.attempts where outcome = 'uncertain'")


async def test_wrong_clocks_change_nothing(routine: Scene, tmp_path: Path) -> None:
    """Leases and waits are judged by the database's clock; a wrong one only shows in the audit."""
    await routine.behave(SLOW, LOST)
    await routine.visits(36)
    clocks = {"right": 0.0, "fast": TEN_MINUTES_S, "slow": -TEN_MINUTES_S}
    async with AsyncExitStack() as actors:
        for name, off_s in clocks.items():
            values = routine.values(satusehat_concurrency=2, worker_name=name)
            await actors.enter_async_context(acting(Subject(values, tmp_path / "log", clock_off_s=off_s)))
        await routine.drained()
    assert {} == await complaints(routine)
    rows = await routine.sql(
        """select worker, round(avg(extract(epoch from started_at - ended_at)) / 600) as off
             from integration.attempts where requests > 0 group by worker"""
    )
    assert {"right": 0, "fast": 1, "slow": -1} == {row["worker"].rpartition("-")[0]: row["off"] for row in rows}
    assert 0 == await routine.one("select count(*) from integration.attempts where outcome = 'lost'")


async def test_sigterm_under_load_finishes_or_gives_back(routine: Scene, tmp_path: Path) -> None:
    """The daemon ends with 0, holds nothing, and leaves no doubt behind; the next one does the rest."""
    await routine.behave(SLOW)
    await routine.visits(60)
    log = tmp_path / "log"
    async with program(routine.values(satusehat_concurrency=4), log, "run") as process:
        await under_load(routine)
        process.send_signal(signal.SIGTERM)
        assert 0 == await process.wait()
    states = await routine.states()
    assert {"ready", "delivered"} == states.keys()
    assert 60 == sum(states.values())
    async with acting(Subject(routine.values(), log)):
        await routine.drained()
    assert {} == await complaints(routine)
    assert 0 == await routine.one("select count(*) from integration.attempts where outcome in ('expired', 'lost')")


async def test_a_sleeper_that_wakes_is_fenced(routine: Scene, tmp_path: Path) -> None:
    """A process stopped for longer than its lease wakes up, is told that it lost the rows, and does no harm."""
    await routine.behave(SLOW)
    await routine.visits(30)
    values = routine.values(satusehat_timeout_seconds=0.5, lease_seconds=3, satusehat_uncertain_rest_seconds=1.0)
    async with acting(Subject({**values, "satusehat_concurrency": 4}, tmp_path / "log")) as sleeper:
        await under_load(routine)
        sleeper.signal(signal.SIGSTOP)
        async with acting(Subject(values, tmp_path / "log")) as other:
            await routine.drained()
            sleeper.signal(signal.SIGCONT)
            late = await routine.visits(5)
            for visit in late:
                await routine.reaches(visit, "delivered")
            assert 0 == await sleeper.stop()
            assert 0 == await other.stop()
    assert {} == await complaints(routine)
    assert {"delivered": 35} == await routine.states()


async def test_a_row_that_kills_workers_is_parked_alone(routine: Scene, tmp_path: Path) -> None:
    """After five dead workers the row is a person's affair; its neighbours are all delivered."""
    sound = await routine.visits(12)
    [poison] = await routine.visits(1)
    values = routine.values(satusehat_timeout_seconds=0.15, lease_seconds=2.3, satusehat_uncertain_rest_seconds=0.3,
                            sweep_seconds=0.2, satusehat_concurrency=4)  # fmt: skip
    deaths = 0
    while await routine.state(poison) != "blocked":
        async with acting(Subject(values, tmp_path / "log", poison=frozenset({poison}))) as actor:

            async def over(actor=actor) -> bool:
                return not actor.alive or await routine.state(poison) == "blocked"

            await until(over, "the worker dies, or the row is parked")
            deaths += not actor.alive
    assert 5 == deaths
    async with acting(Subject(values, tmp_path / "log")):
        await routine.drained()
    assert {} == await complaints(routine, parked=[poison])
    assert {"delivered"} == {await routine.state(visit) for visit in sound}
    assert ("admin",) == tuple(await _roles(routine, poison))
    most = await routine.one("select max(strikes) from integration.deliveries where state = 'delivered'")
    assert 0 == most


async def _roles(scene: Scene, visit: str) -> list[str]:
    rows = await scene.sql("select distinct role from public.work_items where subject_id = $1", visit)
    return [row["role"] for row in rows]
