"""Asked on demand: a fresh answer from the database, a stale one from BPJS, the last known one when BPJS is away."""

import asyncio
import time
from datetime import timedelta

from tests.journey_bpjs.stage import ACTIVE, Counter
from workers.app import built
from workers.bpjs.eligibility import Eligibilities, Eligibility

OLD = timedelta(minutes=5)


async def ask(counter: Counter, patient: str, **changes: object) -> Eligibility:
    """Ask as the bridge will."""
    async with built(counter.settings(**changes)) as app:
        found = await Eligibilities(app.deliveries, app.bpjs, app.settings).of(patient)
    assert found is not None
    return found


async def test_whoever_asks_first_waits_for_bpjs(counter: Counter) -> None:
    """No daemon runs: the question itself is enough."""
    found = await ask(counter, await counter.registers(ACTIVE))
    assert ("active", True) == (found.row["status"], found.fresh)


async def test_the_second_question_does_not_reach_bpjs(counter: Counter) -> None:
    """The answer is fresh for hours."""
    patient = await counter.registers(ACTIVE)
    await ask(counter, patient)
    before = len(await counter.requests())
    assert (await ask(counter, patient)).fresh
    assert before == len(await counter.requests())


async def test_bpjs_down_gives_the_last_known_answer(counter: Counter) -> None:
    """With its age, without waiting for the outage to end; the right one comes afterwards by itself."""
    patient = await counter.registers(ACTIVE)
    await ask(counter, patient)
    await counter.sql("update public.bpjs_memberships set as_of = as_of - interval '3 days'")
    await counter.behave({"match": {}, "effect": {"kind": "latency", "ms": 30_000}})
    began = time.monotonic()
    found = await ask(counter, patient)
    waited = time.monotonic() - began
    assert ("active", False) == (found.row["status"], found.fresh)
    assert found.age is not None
    assert found.age > timedelta(days=2)
    assert waited < 30  # far less than BPJS takes; how much is the benchmark's business
    await counter.behave()
    async with counter.daemon():
        await counter.drained()
    assert (await ask(counter, patient)).fresh


async def test_many_at_once_share_the_queue(counter: Counter) -> None:
    """Ten counters ask about one patient: one row, one delivery."""
    patient = await counter.registers(ACTIVE)
    await asyncio.gather(*(ask(counter, patient) for _ in range(10)))
    assert 1 == await counter.one("select count(*) from public.bpjs_memberships")
    assert 1 == await counter.one("select count(*) from integration.deliveries where kind = 'membership'")
