"""Workers die, answers are lost and the gateway babbles: every visit is at P-Care once, with one drug each."""

from pathlib import Path

import pytest

from tests.journey.cast import acting
from tests.journey.subject import CRASH_POINTS, Subject
from tests.journey_bpjs.stage import Counter

SLOW = {"name": "slow", "match": {"service": "pcare"}, "effect": {"kind": "latency", "ms": 60}}
DOUBTS = ("drop_after_commit", "error_after_commit", "html", "undecryptable", "bad_gateway", "drop_before_commit")
STORM = [{"name": kind, "match": {"method": "POST", "probability": 0.06}, "effect": {"kind": kind}} for kind in DOUBTS]
LOST_DRUG = {"match": {"method": "POST", "path": "obat", "next": 2}, "effect": {"kind": "drop_after_commit"}}


def soaked(short: int, long: int) -> list[object]:
    """A seeded short form for every run, and long ones for `make soak`: (seed, visits)."""
    return [(1, short), *(pytest.param(seed, long, marks=pytest.mark.soak) for seed in (2, 3, 4))]


@pytest.mark.parametrize(("seed", "visits"), soaked(14, 60))
async def test_a_worker_may_die_at_any_step(clinic: Counter, tmp_path: Path, seed: int, visits: int) -> None:
    """One process after another is killed, each at its own step; the last one cleans up."""
    await clinic.crowd(visits)
    await clinic.behave(SLOW, seed=seed)
    values = clinic.values(bpjs_concurrency=1)  # so that each leaves some of the backlog to the next
    for number, point in enumerate(CRASH_POINTS):
        subject = Subject(values, tmp_path / "log", crash_at=point, crash_on=1 + (number + seed) % 3)
        async with acting(subject) as actor:
            assert -9 == await actor.ended()
    async with acting(Subject(clinic.values(), tmp_path / "log")):
        await clinic.drained()
    await clinic.whole(visits)


@pytest.mark.parametrize(("seed", "visits"), soaked(12, 80))
async def test_a_storm_of_lost_and_broken_answers(clinic: Counter, seed: int, visits: int) -> None:
    """Every third POST ends in doubt."""
    await clinic.crowd(visits)
    await clinic.behave(*STORM, seed=seed)
    async with clinic.daemon():
        await clinic.drained()
    await clinic.whole(visits)


async def test_a_worker_that_does_not_look_is_caught(clinic: Counter, tmp_path: Path) -> None:
    """The suite can fail: sending again without looking bills drugs twice, and the ledger shows it."""
    visits = 6
    await clinic.crowd(visits)
    await clinic.behave(LOST_DRUG)
    async with acting(Subject(clinic.values(), tmp_path / "log", careless=True)):
        await clinic.drained()
    assert (await clinic.summary())["duplicates"]


async def test_two_daemons_share_one_backlog(clinic: Counter) -> None:
    """Neither repeats what the other has done."""
    await clinic.crowd(10)
    async with clinic.daemon(), clinic.daemon():
        await clinic.drained()
    await clinic.whole(10)
