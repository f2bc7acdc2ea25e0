"""Writes endings down in batches: whatever ended while the last record was on its way goes next."""

import asyncio
import time
from collections.abc import Callable

import structlog

from workers.deliveries import Deliveries, Lease
from workers.errors import DatabaseAway, DatabaseError
from workers.outcome import Report

log = structlog.get_logger()

MOST_PER_RECORD = 100
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
GATHER_S = 0.03
"""Records begin no closer together: under load a call costs as much as ten of its rows."""


class Recorder:
    """A queue of endings in front of ``Deliveries.record``; ``done`` hears of each that is settled."""

    def __init__(self, deliveries: Deliveries, done: Callable[[Lease], None]) -> None:
        self._deliveries = deliveries
        self._done = done
        self._queue: asyncio.Queue[tuple[Lease, Report]] = asyncio.Queue()
        self._began_at = -GATHER_S

    def put(self, lease: Lease, report: Report) -> None:
        """Hand over an ending; returns at once."""
        self._queue.put_nowait((lease, report))

    async def run(self) -> None:
        """Record until cancelled; an ending that Supabase cannot take now is kept and tried again."""
        batch: list[tuple[Lease, Report]] = []
        pause = FIRST_PAUSE_S
        while True:
            if not batch:
                batch, pause = [await self._queue.get()], FIRST_PAUSE_S
                await self._gather()
            while not self._queue.empty() and len(batch) < MOST_PER_RECORD:
                batch.append(self._queue.get_nowait())
            # A shutdown must not lose the truth about what was sent.
            again = await asyncio.shield(self._record(batch))
            for _ in range(len(batch) - len(again)):
                self._queue.task_done()
            if again:
                await asyncio.sleep(pause)
                pause = FIRST_PAUSE_S if len(again) < len(batch) else min(LONGEST_PAUSE_S, pause * 2)
            batch = again

    async def _gather(self) -> None:
        """Let endings come together, unless the last record is long ago: then the first goes at once."""
        now = time.monotonic()
        if (early_s := self._began_at + GATHER_S - now) > 0:
            await asyncio.sleep(early_s)
        self._began_at = max(now, now + early_s)

    async def close(self) -> None:
        """Wait until everything handed over is settled."""
        await self._queue.join()

    async def _record(self, batch: list[tuple[Lease, Report]]) -> list[tuple[Lease, Report]]:
        """Record a batch; answers what has to be tried again."""
        try:
            results = {row.id: row.result for row in await self._deliveries.record(batch)}
        except DatabaseAway as error:
            log.warning("record.postponed", code=error.code, rows=len(batch))
            # After its lease a row belongs to the sweep, and its story to the next worker.
            return [(lease, report) for lease, report in batch if self._still_ours(lease)]
        except DatabaseError as error:
            log.error("record.refused", code=error.code, rows=len(batch))  # noqa: TRY400
            if len(batch) == 1:
                self._done(batch[0][0])
                return []
            # One row that cannot be written must not take its neighbours along.
            return [item for one in batch for item in await self._record([one])]
        return [item for item in batch if not self._settled(item[0], results.get(item[0].id, "lost"))]

    def _still_ours(self, lease: Lease) -> bool:
        if lease.holds_for(0):
            return True
        log.warning("lease.lost", delivery=lease.id)
        self._done(lease)
        return False

    def _settled(self, lease: Lease, result: str) -> bool:
        if result == "busy":
            return not self._still_ours(lease)
        if result == "lost":
            log.warning("lease.lost", delivery=lease.id)
        self._done(lease)
        return True
