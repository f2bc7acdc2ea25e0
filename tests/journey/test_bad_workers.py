"""The suite can fail: workers that are known to be wrong must be found out by the same checker."""

from pathlib import Path

from tests.journey.books import complaints
from tests.journey.cast import acting
from tests.journey.stage import Scene, until
from tests.journey.subject import Subject

FEW = 3
"""Fewer than the failures that open the breaker: it would hide the haste."""
LOST = {"name": "lost", "match": {"type": "Bundle", "probability": 0.5}, "effect": "drop_after_commit"}
STRAGGLING = {
    "name": "straggling",
    "match": {"type": "Bundle", "next": FEW},
    "effect": {"kind": "straggle", "ms": 1400},
}


async def test_blind_retry_is_found_out(routine: Scene, tmp_path: Path) -> None:
    """A worker that takes a lost answer for a failure sends a visit again that is already there."""
    await routine.behave(LOST)
    await routine.visits(20)
    async with acting(Subject(routine.values(), tmp_path / "log", blind=True)):

        async def sent_again() -> bool:
            return "I2 doubled" in await complaints(routine)

        await until(sent_again, "the checker finds the second sending")


async def test_asking_too_soon_is_found_out(routine: Scene, tmp_path: Path) -> None:
    """A worker that asks while its first request is still under way finds nothing, and sends a second one."""
    slower = {**STRAGGLING, "effect": {"kind": "straggle", "ms": 4000}}
    await routine.behave(slower)
    await routine.visits(FEW)
    values = routine.values(satusehat_timeout_seconds=0.3)
    async with acting(Subject(values, tmp_path / "log", hasty_rest_s=0.1)):

        async def overlapping() -> bool:
            return "I5 overlapping" in await complaints(routine)

        await until(overlapping, "the checker finds two requests at once")


async def test_the_same_troubles_do_not_hurt_the_real_worker(routine: Scene, tmp_path: Path) -> None:
    """It rests, asks, and adopts what is there."""
    await routine.behave(LOST, STRAGGLING)
    await routine.visits(20)
    async with acting(Subject(routine.values(), tmp_path / "log")):
        await routine.drained()
    assert {} == await complaints(routine)
    assert {"delivered": 20} == await routine.states()
