"""Task ids of a hospital's queue: what happened when, in numbers and times that only increase (reference 6.3). Pure.

1 to 2 the counter registers a new patient · 3 waits for the poli · 4 is called · 5 is done ·
6 the pharmacy begins · 7 the last drug is handed over · 99 cancelled.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workers.bpjs.antrean.bodies import milliseconds
from workers.bpjs.antrean.snapshot import Queue, Visit

CANCELLED: Final = 99
SERVED: Final = 4
"""From here on the doctor has seen the patient: a booking is not cancelled any more, only ended with 99."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task that happened."""

    number: int
    moment: int
    """Milliseconds since 1970."""


def happened(queue: Queue) -> tuple[Task, ...]:
    """The tasks there are so far, in order; those that were left out do not come later."""
    if queue.visit is None:
        return ()
    times = {number: moment for number, moment in _times(queue, queue.visit) if moment is not None}
    return tuple(Task(number, milliseconds(moment)) for number, moment in sorted(times.items()))


def _times(queue: Queue, visit: Visit) -> Iterator[tuple[int, datetime | None]]:
    if queue.patient.is_new:
        yield 1, min(queue.patient.registered_at, visit.arrived_at)
        yield 2, visit.arrived_at
    yield 3, visit.arrived_at
    yield 4, visit.started_at
    yield 5, visit.finished_at
    if visit.finished_at is not None and queue.pharmacy is not None:
        yield 6, queue.pharmacy.prepared_at
        yield 7, queue.pharmacy.handed_over_at


def remaining(wanted: Iterable[Task], held: Mapping[int, int]) -> tuple[Task, ...]:
    """What is still to be sent after what BPJS holds: later numbers alone, each later than the one before.

    A time that is not later, because a clerk's clock ran ahead or two things happened at once, is moved
    one millisecond behind its predecessor; BPJS takes no other.
    """
    last = max(held, default=0)
    moment = max(held.values(), default=0)
    sent: list[Task] = []
    for task in sorted(wanted, key=lambda one: one.number):
        if task.number > last:
            last, moment = task.number, max(task.moment, moment + 1)
            sent.append(Task(last, moment))
    return tuple(sent)


def listed(value: Any) -> dict[int, int]:
    """The tasks in an answer of ``getlisttask``, bare or in an object; times may come as text (reference 6.3)."""
    rows = value.get("list") or () if isinstance(value, Mapping) else value or ()
    found = {}
    for row in rows:
        if isinstance(row, Mapping) and str(row.get("taskid", "")).isdecimal():
            found[int(row["taskid"])] = _moment(row.get("wakturs") or row.get("waktu"))
    return found


def _moment(value: object) -> int:
    """0 for a time we cannot read: the number alone says what was told."""
    text = str(value)
    return int(text) if text.isdecimal() else 0
