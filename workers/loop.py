"""Lease → deliver → record, for one target; knows no government.

Each target has a loop of its own, so that one that is down never slows another. The loop keeps
two more loads leased than it has in flight, and records endings in batches: whatever ended while the
last record was on its way goes with the next.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from workers.deliveries import PAGE_ROWS, Deliveries, Lease
from workers.errors import DatabaseError
from workers.outcome import NEEDS_A_PERSON, Failure, Outcome, Postponed, Report, Uncertain
from workers.recorder import Recorder
from workers.traffic import Traffic
from workers.wakeup import Bell, wait

log = structlog.get_logger()

Deliver = Callable[[Lease], Awaitable[Report]]

SHORTEST_WAIT_S = 0.05
DATABASE_PAUSE_S = 0.5
SUSPECTS_EVERY_S = 30.0
"""How long a row that must run alone waits, at most, before a worker under load makes way for it."""


class TargetLoop:
    """Carries one target's deliveries until told to stop."""

    def __init__(  # noqa: PLR0913  # everything it is handed is used on every turn
        self, target: str, deliver: Deliver, traffic: Traffic, deliveries: Deliveries,
        *, bell: Bell, lease_seconds: float, poll_seconds: float, rest: timedelta,
    ) -> None:  # fmt: skip
        self.target = target
        self.traffic = traffic
        self._deliver = deliver
        self._deliveries = deliveries
        self._wake = bell.listener()
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self.rest = rest
        self._slots = asyncio.Semaphore(traffic.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[int, Lease] = {}
        self._unsent: list[Lease] = []
        self._rests: dict[int, float] = {}
        self._recorder = Recorder(deliveries, self._forget)
        self._carried = 0
        self._suspect_ran = False
        self._making_way = False
        self._look_for_suspects_at = time.monotonic() + SUSPECTS_EVERY_S
        self._hungry = True
        self._away: DatabaseError | None = None
        self._stopping = False

    async def run(self) -> None:
        """Work until ``stop``; returns once everything held is finished or given back."""
        await self._work(until_empty=False)

    async def drain(self) -> int:
        """Work until nothing is due now; answers how many deliveries were carried (``workers once``)."""
        await self._work(until_empty=True)
        return self._carried

    def stop(self) -> None:
        """Lease nothing more; what is in flight is finished, what has not started is given back."""
        self._stopping = True
        self._wake.set()

    async def _work(self, *, until_empty: bool) -> None:
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._recorder.run()), group.create_task(self._beat())]
            while not self._stopping:
                await self._give_back()
                leased = await self._top_up()
                if until_empty and not leased and not self._held:
                    break
                if not leased or not self._hungry:
                    await wait(self._wake, self._wait_s())
            await self._finish()
            for helper in helpers:
                helper.cancel()
        if until_empty and self._away is not None:
            raise self._away  # nothing came because nothing could be asked, not because nothing is due

    async def _top_up(self) -> int:
        """Lease as many as there is room for, a whole load at a time; answers how many came."""
        room = self.traffic.room(len(self._held))
        if not self._held:
            room = min(room, self.traffic.concurrency)  # what waits ready may come while these are under way
        # One at a time costs seven times as much per row as ten at once.
        little = bool(self._held) and room < self.traffic.concurrency
        if room == 0 or little or await self._makes_way():
            self._hungry = True  # a bell may have rung: look as soon as there is room
            return 0
        try:
            leases = await self._lease(room)
        except DatabaseError as error:
            log.warning("lease.failed", target=self.target, code=error.code)
            self._away = error
            await asyncio.sleep(DATABASE_PAUSE_S)
            return 0
        self._away = None
        self._hungry = len(leases) == min(room, PAGE_ROWS)
        for lease in leases:
            self._start(lease)
        return len(leases)

    async def _lease(self, room: int) -> list[Lease]:
        """Lease, one suspect at most in turn with everybody else."""
        alone = not self._held
        turn = alone and not self._suspect_ran
        busy = Counter(lease.clinic_id for lease in self._held.values())
        leases = await self._deliveries.lease(self.target, room, self._lease_seconds, busy, alone=turn)
        if not leases and alone and not turn:  # nobody else waits
            leases = await self._deliveries.lease(self.target, room, self._lease_seconds, busy, alone=True)
        self._making_way = False
        self._suspect_ran = any(lease.suspect for lease in leases)
        return leases

    async def _makes_way(self) -> bool:
        """Whether what is held is to end before more is leased: a suspect runs, or waits to run, alone."""
        if self._held and time.monotonic() >= self._look_for_suspects_at:
            with contextlib.suppress(DatabaseError):
                self._making_way = await self._deliveries.suspects_wait(self.target)
            self._look_for_suspects_at = time.monotonic() + SUSPECTS_EVERY_S
        return bool(self._held) and (self._making_way or self._suspect_ran)

    def _start(self, lease: Lease) -> None:
        self.traffic.breaker.probe_started()
        self._held[lease.id] = lease
        task = asyncio.create_task(self._carry(lease))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, lease: Lease) -> None:
        """Carry one row to its end, and hand over which end that was."""
        async with self._slots:
            if self._stopping or self.traffic.blocked or not lease.holds_for(0):
                self.traffic.breaker.undecided()  # it may have been the probe
                self._unsent.append(lease)
                self._wake.set()
                return
            with structlog.contextvars.bound_contextvars(
                delivery=lease.id, target=lease.target, kind=lease.kind, attempt=lease.attempt
            ):
                report = await self._attempt(lease)
                self.traffic.learn(report.outcome, report.requests)
                self._note_rest(lease, report.outcome)
                await self._rest_lane(lease, report.outcome)
                log.info("delivery.ended", outcome=type(report.outcome).__name__.lower(),
                         failure=getattr(report.outcome, "failure", None))  # fmt: skip
        self._carried += 1
        self._recorder.put(lease, report)

    async def _attempt(self, lease: Lease) -> Report:
        try:
            return await self._deliver(lease)
        except Exception as error:  # the one broad except: a bug ends one attempt, never the loop
            # Not log.exception: an error's text may quote a row.
            log.error("delivery.crashed", exc_info=error)  # noqa: TRY400
            return Report(Uncertain(Failure.CRASHED, self.rest), requests=1)

    async def _rest_lane(self, lease: Lease, outcome: Outcome) -> None:
        """What needs a person is one clinic's trouble: its lane rests, the others go on."""
        match outcome:
            case Postponed(failure, rest, alert) if failure in NEEDS_A_PERSON:
                log.error("lane.paused", clinic=lease.clinic_id, failure=failure, wait_s=rest.total_seconds())
                with contextlib.suppress(DatabaseError):
                    await self._deliveries.pause(self.target, lease.clinic_id, rest.total_seconds(), alert or failure)
            case _:
                pass

    def _note_rest(self, lease: Lease, outcome: Outcome) -> None:
        match outcome:
            case Postponed(wait=rest) | Uncertain(rest=rest):
                self._rests[lease.id] = rest.total_seconds()
            case _:
                pass

    def _forget(self, lease: Lease) -> None:
        """A lease is settled; if the row rests now, no bell rings when that is over, so the loop sets its own."""
        if self._held.get(lease.id) is lease:  # the row may have been lost and leased anew
            del self._held[lease.id]
        if (rest_s := self._rests.pop(lease.id, None)) is not None:
            asyncio.get_running_loop().call_later(rest_s + 0.05, self._wake.set)
        if self._hungry or not self._held:
            self._wake.set()

    async def _give_back(self) -> None:
        """Return the leases that will not be sent; failing that, they expire and are asked about."""
        # A row that was lost and leased anew is in other hands, be they ours: those leases are left alone.
        unsent = [lease for lease in self._unsent if self._held.get(lease.id) is lease]
        self._unsent = []
        if not unsent:
            return
        try:
            await self._deliveries.release(unsent)
        except DatabaseError as error:
            log.warning("release.failed", code=error.code)
        for lease in unsent:
            self._forget(lease)

    async def _beat(self) -> None:
        """Extend what is held, three times per lease."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            leases = list(self._held.values())
            if not leases:
                continue
            try:
                await self._deliveries.heartbeat(leases, self._lease_seconds)
            except DatabaseError as error:
                log.warning("heartbeat.failed", code=error.code)

    async def _finish(self) -> None:
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        await self._give_back()
        await self._recorder.close()

    def _wait_s(self) -> float:
        """Until the poll, or until a breaker or a throttle lets the next one through."""
        pauses = (self.traffic.breaker.reopens_in_s(), self.traffic.pace.quiet_for_s)
        return max(SHORTEST_WAIT_S, min([self._poll_seconds, *(p for p in pauses if p > 0)]))
