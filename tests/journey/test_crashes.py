"""Workers die at every step between lease and record, and nothing is lost or doubled (F1, F2, F3)."""

from pathlib import Path

import pytest

from tests.journey.books import complaints
from tests.journey.cast import acting
from tests.journey.stage import Scene
from tests.journey.subject import CRASH_POINTS, Subject

SLOW = {"name": "latency", "match": {"path": "/fhir-r4"}, "effect": {"kind": "latency", "ms": 60}}
LATE = {"name": "late", "match": {"path": "/fhir-r4", "method": "POST"}, "effect": {"kind": "late_answer", "ms": 120}}


@pytest.mark.parametrize(
    ("seed", "visits"), [(1, 36), *(pytest.param(n, 120, marks=pytest.mark.soak) for n in range(2, 12))]
)
async def test_a_worker_may_die_at_any_step(routine: Scene, tmp_path: Path, seed: int, visits: int) -> None:
    """One process after another is killed, each at its own step; the last one cleans up."""
    values = routine.values(satusehat_concurrency=2)  # so that each leaves some of the backlog to the next
    await routine.behave(SLOW, LATE, seed=seed)
    await routine.visits(visits)
    for number, point in enumerate(CRASH_POINTS):
        subject = Subject(values, tmp_path / "log", crash_at=point, crash_on=1 + (number + seed) % 3)
        async with acting(subject) as actor:
            assert -9 == await actor.ended()
    async with acting(Subject(routine.values(), tmp_path / "log")):
        await routine.drained()
    assert {} == await complaints(routine)
    assert {"delivered": visits} == await routine.states()
