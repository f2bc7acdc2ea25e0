"""A target that hangs, and a target that counts: neither is ever asked more than it was promised (F11, I8)."""

import asyncio
from pathlib import Path

import pytest

from tests.journey.books import complaints
from tests.journey.cast import acting
from tests.journey.stage import HASTE, Scene
from tests.journey.subject import Subject

CONCURRENCY = 4
HANG_MS = 4 * 1000 * HASTE["satusehat_timeout_seconds"]  # as 120 s are to a timeout of 30 s
PER_SECOND = 20.0


@pytest.mark.parametrize("hangs_s", [3.0, pytest.param(30.0, marks=pytest.mark.soak)])
async def test_a_target_that_hangs_is_not_besieged(routine: Scene, tmp_path: Path, hangs_s: float) -> None:
    """It takes what it gets and says nothing for four timeouts: no more is held or sent than ever, nothing twice."""
    late = {"kind": "late_answer", "ms": HANG_MS}
    await routine.behave({"name": "hang", "match": {"type": "Bundle"}, "effect": late})
    await routine.visits(60)
    async with acting(Subject(routine.values(satusehat_concurrency=CONCURRENCY), tmp_path / "log")):
        watching = asyncio.create_task(_most_leased(routine))
        await asyncio.sleep(hangs_s)  # how long it hangs is what is played
        await routine.behave()
        await routine.drained(within_s=120)
        most_leased = watching.cancel() and await watching
    assert {} == await complaints(routine)
    assert {"delivered": 60} == await routine.states()
    assert 0 < most_leased <= 3 * CONCURRENCY
    # Requests we gave up are still open there for three more timeouts.
    assert (await routine.summary())["most_in_flight"] <= 4 * CONCURRENCY


async def _most_leased(scene: Scene) -> int:
    """The most rows that were ever leased at once, told when cancelled."""
    most = 0
    try:
        while True:
            most = max(most, (await scene.states()).get("leased", 0))
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        return most


@pytest.mark.parametrize("visits", [60, pytest.param(600, marks=pytest.mark.soak)])
async def test_a_quota_that_is_told_is_kept(routine: Scene, tmp_path: Path, visits: int) -> None:
    """A worker that was told the quota is never once refused for asking too often."""
    quota = {"kind": "quota", "per_second": PER_SECOND, "burst": PER_SECOND + 1}
    await routine.behave({"name": "quota", "match": {"path": "/fhir-r4"}, "effect": quota})
    await routine.visits(visits)
    values = routine.values(satusehat_requests_per_second=PER_SECOND)
    async with acting(Subject(values, tmp_path / "log")):
        await routine.drained(within_s=120)
    assert {} == await complaints(routine)
    assert {"delivered": visits} == await routine.states()
    assert [] == [request["seq"] for request in await routine.requests() if request["status"] == 429]


async def test_a_quota_that_nobody_told_is_found(routine: Scene, tmp_path: Path) -> None:
    """A worker that is too fast slows down instead of storming: few are refused, and all arrive."""
    quota = {"kind": "quota", "per_second": PER_SECOND, "burst": 5, "retry_after_s": 1}
    await routine.behave({"name": "quota retry-after=1", "match": {"path": "/fhir-r4"}, "effect": quota})
    await routine.visits(80)
    async with acting(Subject(routine.values(satusehat_requests_per_second=100), tmp_path / "log")):
        await routine.drained(within_s=120)
    assert {} == await complaints(routine)
    assert {"delivered": 80} == await routine.states()
    refused = [request for request in await routine.requests() if request["status"] == 429]
    assert 0 < len(refused) < 80
