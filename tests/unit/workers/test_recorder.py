"""Endings are written down in batches, kept while Supabase is away, and one bad one takes nobody along."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from workers.clock import elapsed
from workers.deliveries import Lease, Recorded
from workers.errors import DatabaseAway, DatabaseError
from workers.outcome import Delivered, Report
from workers.recorder import MOST_PER_RECORD, Recorder

DONE = Report(Delivered())


def lease(number: int, holds_s: float = 60.0) -> Lease:
    """A lease that lasts so long."""
    return Lease(
        id=number, target="satusehat", kind="visit", subject_id="s", clinic_id="c", generation=1, lease_number=1,
        attempt=1, ask_first=False, suspect=False, snapshot=None, known=[], deadline=elapsed() + holds_s,
        started_at=datetime.now(UTC),
    )  # fmt: skip


class Book:
    """Deliveries as far as a recorder knows them: takes endings down, or answers as it is told."""

    def __init__(self, *troubles: Exception | str) -> None:
        self.troubles = list(troubles)
        self.poison: set[int] = set()
        self.calls: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def record(self, reports: Sequence[tuple[Lease, Report]]) -> list[Recorded]:
        """Take a batch down."""
        ids = [one.id for one, _ in reports]
        self.calls.append(ids)
        await self.open.wait()
        trouble = self.troubles.pop(0) if self.troubles else "recorded"
        if isinstance(trouble, Exception):
            raise trouble
        if self.poison & set(ids):
            raise DatabaseError("record", "23514")
        return [Recorded(number, trouble, "delivered") for number in ids]


@asynccontextmanager
async def recording(book: Book) -> AsyncIterator[tuple[Recorder, list[int]]]:
    """A recorder at work, and the ids it has settled."""
    settled: list[int] = []
    recorder = Recorder(book, lambda one: settled.append(one.id))
    running = asyncio.create_task(recorder.run())
    try:
        yield recorder, settled
    finally:
        running.cancel()


async def test_what_ends_during_a_record_goes_with_the_next() -> None:
    """A thousand endings are a dozen calls."""
    book = Book()
    book.open.clear()
    async with recording(book) as (recorder, settled):
        recorder.put(lease(0), DONE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for number in range(1, 251):
            recorder.put(lease(number), DONE)
        book.open.set()
        await recorder.close()
    assert [1, MOST_PER_RECORD, MOST_PER_RECORD, 50] == [len(call) for call in book.calls]
    assert list(range(251)) == settled


async def test_an_ending_survives_a_database_that_is_away() -> None:
    """It is tried again until it is written; nobody is told before."""
    book = Book(DatabaseAway("record", "57P01"), DatabaseAway("record", "ConnectError"))
    async with recording(book) as (recorder, settled):
        recorder.put(lease(1), DONE)
        await recorder.close()
    assert [[1], [1], [1]] == book.calls
    assert [1] == settled


async def test_a_busy_row_is_recorded_again() -> None:
    """A clinic write held it for an instant."""
    book = Book("busy")
    async with recording(book) as (recorder, settled):
        recorder.put(lease(1), DONE)
        await recorder.close()
    assert [[1], [1]] == book.calls
    assert [1] == settled


async def test_after_its_lease_a_row_is_let_go() -> None:
    """While the database was away the lease ended: the row is the sweep's affair now."""
    book = Book(DatabaseAway("record", "57P01"))
    async with recording(book) as (recorder, settled):
        recorder.put(lease(1, holds_s=-1), DONE)
        await recorder.close()
    assert [[1]] == book.calls
    assert [1] == settled


async def test_one_row_that_cannot_be_written_takes_nobody_along() -> None:
    """Its neighbours are written one by one."""
    book = Book()
    book.poison = {2}
    book.open.clear()
    async with recording(book) as (recorder, settled):
        for number in (1, 2, 3):
            recorder.put(lease(number), DONE)
        book.open.set()
        await recorder.close()
    assert [[1, 2, 3], [1], [2], [3]] == book.calls
    assert [1, 2, 3] == settled


async def test_endings_close_together_are_written_together() -> None:
    """A call costs as much as ten rows: what ends soon after one waits a moment for company."""
    book = Book()
    async with recording(book) as (recorder, settled):
        recorder.put(lease(0), DONE)
        await recorder.close()
        assert [[0]] == book.calls
        for number in range(1, 6):
            recorder.put(lease(number), DONE)
            await asyncio.sleep(0)
        await recorder.close()
    assert [[0], [1, 2, 3, 4, 5]] == book.calls
    assert list(range(6)) == settled
