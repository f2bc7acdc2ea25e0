"""Lease, deliver, record: the loop against a small honest backlog."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from workers.clock import elapsed
from workers.deliveries import Lease, Recorded
from workers.errors import DatabaseAway
from workers.loop import TargetLoop
from workers.outcome import Delivered, Failure, Outcome, Postponed, Report, Uncertain
from workers.traffic import Traffic
from workers.wakeup import Bell

REST = timedelta(seconds=60)
CONCURRENCY = 4


class Backlog:
    """Rows that wait, are leased, and end; as fenced as the real ones."""

    def __init__(self, rows: int) -> None:
        self.waiting = list(range(rows))
        self.leased: set[int] = set()
        self.endings: dict[int, Outcome] = {}
        self.given_back: list[int] = []
        self.suspects: set[int] = set()
        self.alone: list[bool] = []
        self.away = 0
        self.leases = 0
        self._news = asyncio.Condition()

    async def lease(
        self, target: str, limit: int, seconds: float, _busy: Mapping[str, int], *, alone: bool
    ) -> list[Lease]:
        """Take up to so many; a suspect only alone, and by itself."""
        self.alone.append(alone)
        self.leases += 1
        if self.away:
            self.away -= 1
            raise DatabaseAway("lease", "57P01")
        suspects = [n for n in self.waiting if n in self.suspects]
        taken = suspects[:1] if alone and suspects else [n for n in self.waiting if n not in self.suspects][:limit]
        self.waiting = [n for n in self.waiting if n not in taken]
        self.leased |= set(taken)
        return [
            Lease(
                id=n, target=target, kind="visit", subject_id=str(n), clinic_id="c", generation=1, lease_number=1,
                attempt=1, ask_first=False, suspect=n in self.suspects, snapshot={}, known=[],
                deadline=elapsed() + seconds, started_at=datetime.now(UTC),
            )
            for n in taken
        ]  # fmt: skip

    async def heartbeat(self, leases: Sequence[Lease], _seconds: float) -> set[int]:
        """Extend what is held."""
        return {one.id for one in leases} & self.leased

    async def record(self, reports: Sequence[tuple[Lease, Report]]) -> list[Recorded]:
        """Write endings down, of rows that are leased."""
        for lease, report in reports:
            self.leased.remove(lease.id)
            self.endings[lease.id] = report.outcome
        async with self._news:
            self._news.notify_all()
        return [Recorded(lease.id, "recorded", None) for lease, _ in reports]

    async def written(self, row: int) -> None:
        """Wait until the ending of a row is written down."""
        async with self._news:
            await self._news.wait_for(lambda: row in self.endings)

    async def suspects_wait(self, _target: str) -> bool:
        """Whether one must run alone."""
        return bool(self.suspects & set(self.waiting))

    async def release(self, leases: Sequence[Lease]) -> set[int]:
        """Take rows back unsent."""
        ids = [one.id for one in leases]
        self.leased -= set(ids)
        self.given_back += ids
        return set(ids)


class World:
    """Counts what is under way, and ends each delivery as it is told."""

    def __init__(self, ending: Callable[[int], Outcome] | None = None) -> None:
        self.ending = ending or (lambda _: Delivered())
        self.under_way = self.most = self.carried = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, lease: Lease) -> Report:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.gate.wait()
        self.under_way -= 1
        self.carried += 1
        return Report(self.ending(lease.id), requests=1)


def loop(backlog: Backlog, deliver: Callable[[Lease], Awaitable[Report]], bell: Bell | None = None) -> TargetLoop:
    """A loop that would poll in five minutes."""
    traffic = Traffic(CONCURRENCY, 1e6)
    return TargetLoop(
        "satusehat", deliver, traffic, backlog, bell=bell or Bell(), lease_seconds=60, poll_seconds=300, rest=REST
    )


@asynccontextmanager
async def running(subject: TargetLoop) -> AsyncIterator[asyncio.Task[None]]:
    """A loop at work, stopped at the end."""
    task = asyncio.create_task(subject.run())
    try:
        yield task
    finally:
        subject.stop()
        await task


async def turns(count: int = 20) -> None:
    """Let everybody have a few turns."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_drain_carries_everything_within_its_limit() -> None:
    """No more are under way at once than the target allows."""
    backlog, world = Backlog(50), World()
    assert 50 == await loop(backlog, world).drain()
    assert set(range(50)) == backlog.endings.keys()
    assert CONCURRENCY >= world.most
    assert not backlog.leased


async def test_a_bell_wakes_the_loop() -> None:
    """The poll is minutes away."""
    backlog, world, bell = Backlog(0), World(), Bell()
    async with running(loop(backlog, world, bell)):
        await turns()
        backlog.waiting = [1, 2, 3]
        bell.ring()
        await turns()
        assert {1, 2, 3} == backlog.endings.keys()


async def test_a_bug_ends_one_attempt_and_is_a_doubt() -> None:
    """It may have sent: the row rests, and its neighbours are carried."""
    backlog = Backlog(5)

    async def deliver(lease: Lease) -> Report:
        if lease.id == 2:
            message = "invented"
            raise ValueError(message)
        return Report(Delivered(), requests=1)

    await loop(backlog, deliver).drain()
    assert Uncertain(Failure.CRASHED, REST) == backlog.endings.pop(2)
    assert [Delivered()] * 4 == list(backlog.endings.values())


async def test_a_stop_finishes_what_is_under_way_and_gives_the_rest_back() -> None:
    """Nothing stays leased."""
    backlog, world = Backlog(100), World()
    world.gate.clear()
    async with running(subject := loop(backlog, world)) as task:
        await turns()
        assert CONCURRENCY == world.under_way
        subject.stop()
        await turns()
        assert not task.done()
        world.gate.set()
    assert CONCURRENCY == world.carried == len(backlog.endings)
    assert backlog.given_back
    assert not backlog.leased
    assert 100 == len(backlog.endings) + len(backlog.given_back) + len(backlog.waiting)


async def test_a_database_that_is_away_is_asked_again() -> None:
    """The loop neither ends nor spins."""
    backlog = Backlog(3)
    backlog.away = 1
    async with running(loop(backlog, World())) as task:
        await turns()
        assert 1 == backlog.leases
        assert not task.done()


async def test_a_throttle_gives_back_what_has_not_started() -> None:
    """What waits for its turn is somebody else's to send, later."""
    backlog = Backlog(12)
    subject = loop(backlog, World(lambda _: Postponed(Failure.THROTTLED, timedelta(seconds=30))))
    async with running(subject):
        await turns(60)
        assert not backlog.leased
        assert CONCURRENCY >= len(backlog.endings)
        assert 0 == subject.traffic.room(0)
