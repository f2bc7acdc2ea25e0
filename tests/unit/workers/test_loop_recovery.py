"""What must not leave the loop waiting: a probe given back, a rest that ends, a row that somebody keeps busy."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.test_traffic import Clock
from tests.unit.workers.test_loop import CONCURRENCY, REST, Backlog, World, running, turns
from tests.unit.workers.test_recorder import DONE, Book, lease, recording
from workers import loop as module
from workers.clock import elapsed
from workers.deliveries import Lease, Recorded
from workers.loop import TargetLoop
from workers.outcome import Delivered, Failure, Postponed, Report
from workers.traffic import TRIPS_AFTER, Traffic
from workers.wakeup import Bell


def looping(backlog: Backlog, world: World, traffic: Traffic | None = None, bell: Bell | None = None) -> TargetLoop:
    """A loop that would poll in five minutes."""
    return TargetLoop(
        "satusehat", world, traffic or Traffic(CONCURRENCY, 1e6), backlog, bell=bell or Bell(), lease_seconds=60,
        poll_seconds=300, rest=REST,
    )  # fmt: skip


class Late(Backlog):
    """The first lease it gives has ended before it is looked at."""

    async def lease(self, target: str, limit: int, seconds: float, busy: Mapping[str, int], **how: bool) -> list[Lease]:
        """Take rows; the first time too late."""
        taken = await super().lease(target, limit, seconds, busy, **how)
        return [replace(one, deadline=0.0) for one in taken] if self.leases == 1 else taken

    async def release(self, leases: Sequence[Lease]) -> set[int]:
        """Back into the backlog."""
        self.waiting += [one.id for one in leases]
        return await super().release(leases)


async def test_a_probe_given_back_unsent_leaves_the_way_open() -> None:
    """Otherwise nothing would be sent until the process is started anew."""
    clock, backlog, world = Clock(), Late(3), World()
    traffic = Traffic(CONCURRENCY, 1e6, clock)
    for _ in range(TRIPS_AFTER):
        traffic.breaker.failed()
    clock.now += 60
    async with running(looping(backlog, world, traffic)):
        await asyncio.sleep(0.2)
        assert {0, 1, 2} == backlog.endings.keys()


class Slow(Backlog):
    """Takes a while to write an ending down; a rest begins only then."""

    async def record(self, reports: Sequence[tuple[Lease, Report]]) -> list[Recorded]:
        """Write endings down, and let the rows rest that are to rest."""
        await asyncio.sleep(0.2)
        for one, report in reports:
            match report.outcome:
                case Postponed(_, rest):
                    asyncio.get_running_loop().call_later(rest.total_seconds(), lambda n=one.id: self.waiting.append(n))
                case _:
                    pass
        return await super().record(reports)


async def test_a_rest_is_counted_from_its_record() -> None:
    """The row is due when the database says so, and the loop is there."""
    backlog = Slow(1)
    world = World(
        lambda _: Postponed(Failure.UNREACHABLE, timedelta(seconds=0.1)) if world.carried == 1 else DONE.outcome
    )
    async with running(looping(backlog, world)):
        await asyncio.sleep(0.8)
        assert Delivered() == backlog.endings[0]


async def test_a_bell_that_rings_while_there_is_no_room_is_not_forgotten() -> None:
    """One slow delivery among the held ones must not keep new work waiting beside idle slots."""
    held = 2 * CONCURRENCY + 1
    backlog, bell = Backlog(held), Bell()
    slow = asyncio.Event()

    class OneSlow(World):
        async def __call__(self, lease: Lease) -> Report:
            await self.gate.wait()
            if lease.id == 0:
                await slow.wait()
            return await super().__call__(lease)

    world = OneSlow()
    world.gate.clear()
    async with running(looping(backlog, world, bell=bell)):
        await turns()
        backlog.waiting = [100]
        bell.ring()
        await turns()
        world.gate.set()
        try:
            async with asyncio.timeout(5):
                await backlog.written(100)
        finally:
            slow.set()


class Twice(Backlog):
    """Gives a row of ours again, with a new lease, because the old one had ended."""

    async def lease(self, target: str, limit: int, seconds: float, busy: Mapping[str, int], **how: bool) -> list[Lease]:
        """The old lease first, ended; then the new one."""
        if self.leases >= 2:
            self.leases += 1
            return []
        self.leases += 1
        blocker, row = (await self._leases(target, 9, seconds))[0], (await self._leases(target, 0, seconds))[0]
        if self.leases == 1:
            others = [replace(blocker, id=90 + n) for n in range(CONCURRENCY)]
            self.leased |= {one.id for one in others} | {0}
            return [*others, replace(row, deadline=elapsed() + 0.05)]
        return [replace(row, lease_number=2)]

    async def _leases(self, target: str, number: int, seconds: float) -> list[Lease]:
        self.waiting = [number]
        self.leases -= 1
        return await super().lease(target, 1, seconds, {}, alone=True)


async def test_giving_back_spares_a_row_that_was_leased_anew() -> None:
    """Its new lease may be sending at this moment."""
    backlog, world, bell = Twice(0), World(), Bell()
    world.gate.clear()
    async with running(looping(backlog, world, bell=bell)):
        await turns()
        await asyncio.sleep(0.1)
        bell.ring()
        await turns()
        world.gate.set()
        await turns(60)
        assert 0 not in backlog.given_back


async def test_a_row_kept_busy_delays_nobody_else() -> None:
    """A clinic's open transaction may last; its neighbours' endings do not wait for it."""

    class Busy(Book):
        async def record(self, reports: Sequence[tuple[Lease, Report]]) -> list[Recorded]:
            """Row 1 is busy for ever."""
            await asyncio.sleep(0)
            return [Recorded(one.id, "busy" if one.id == 1 else "recorded", None) for one, _ in reports]

    async with recording(Busy()) as (recorder, settled):
        recorder.put(lease(1), DONE)
        await asyncio.sleep(0.05)
        recorder.put(lease(2), DONE)
        await asyncio.sleep(0.5)
        assert [2] == settled


async def test_a_row_kept_busy_beyond_its_lease_is_let_go() -> None:
    """A stop does not wait for a transaction that nobody ends."""
    async with recording(Book(*["busy"] * 50)) as (recorder, settled):
        recorder.put(lease(1, holds_s=0.2), DONE)
        async with asyncio.timeout(3):
            await recorder.close()
    assert [1] == settled


async def test_a_worker_under_load_makes_way_for_a_suspect(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits no longer than its turn, runs alone, and the others go on after it, also before a second suspect."""
    monkeypatch.setattr(module, "SUSPECTS_EVERY_S", 0.0)
    many = 12 * CONCURRENCY
    backlog = Backlog(many)
    company: list[int] = []

    class Watched(World):
        async def __call__(self, lease: Lease) -> Report:
            if lease.suspect:
                company.append(len(backlog.leased))
            await asyncio.sleep(0.02 * (1 + lease.id % CONCURRENCY))  # so that all is never over at once
            return await super().__call__(lease)

    backlog.suspects = {100, 101}
    backlog.waiting += [100, 101]
    subject = looping(backlog, Watched())
    subject._suspect_ran = True  # so that it begins under load
    assert many + 2 == await subject.drain()
    assert [1, 1] == company
    order = list(backlog.endings)
    assert order.index(100) < many // 2
    assert order.index(101) - order.index(100) > 1


async def test_without_company_suspects_follow_each_other() -> None:
    """Nobody else waits: no time is lost."""
    backlog = Backlog(0)
    backlog.suspects = {1, 2, 3}
    backlog.waiting = [1, 2, 3]
    assert 3 == await looping(backlog, World()).drain()


async def test_what_is_given_back_was_not_carried() -> None:
    """``once``, stopped by a signal, tells how many it really carried."""
    backlog, world = Backlog(3 * CONCURRENCY), World()
    world.gate.clear()
    subject = looping(backlog, world)
    draining = asyncio.create_task(subject.drain())
    await turns()
    subject.stop()
    world.gate.set()
    assert CONCURRENCY == await draining == len(backlog.endings)
    assert backlog.given_back
