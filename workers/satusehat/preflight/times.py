"""Moments: in order, not in the future, not before SatuSehat accepts any (3 June 2014)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from workers.outcome import Problem
from workers.satusehat.mapping.encounter import history
from workers.satusehat.rules import problem
from workers.satusehat.snapshot import VisitSnapshot

EARLIEST: Final = datetime(2014, 6, 3, tzinfo=UTC)
AHEAD: Final = timedelta(minutes=1)
"""How far a clinic's clock may run ahead of the database's before we call it the future."""

Dated = tuple[str, datetime | None]


def _odd(snapshot: VisitSnapshot, moments: Iterator[Dated]) -> Iterator[Problem]:
    """The moments no clock of a clinic can have meant."""
    latest = snapshot.as_of + AHEAD if snapshot.as_of else None
    for rule, at in moments:
        if at is not None and (at < EARLIEST or (latest is not None and at > latest)):
            yield problem(rule)


def _whole(at: datetime) -> datetime:
    """Seconds are all that is sent."""
    return at.replace(microsecond=0)


def _ended(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """A finished visit ends, and later than it began (rule 10121); a cancelled one not earlier."""
    visit = snapshot.visit
    if visit.status == "finished":
        end = visit.finished_at
        if end is None or _whole(end) <= _whole(visit.arrived_at):
            yield problem("10121")
    elif visit.status == "cancelled":
        end = visit.cancelled_at
        if end is None or end < visit.arrived_at:
            yield problem("10121")


def _steps(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """The history reaches the present status, and no step ends before it begins."""
    steps = history(snapshot)
    if not steps or steps[-1].status != snapshot.visit.status:
        yield problem("10122")
    for step in steps:
        if step.ended_at is not None and step.ended_at < step.started_at:
            yield problem("10175")


def _visit_moments(snapshot: VisitSnapshot) -> Iterator[Dated]:
    visit = snapshot.visit
    yield "10123", visit.arrived_at
    yield "10173", visit.cancelled_at if visit.status == "cancelled" else visit.finished_at
    for step in snapshot.status_history:
        yield "10174", step.started_at
        yield "10175", step.ended_at


def visit(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """The moments of the visit and its statuses."""
    yield from _ended(snapshot)
    yield from _steps(snapshot)
    yield from _odd(snapshot, _visit_moments(snapshot))


def _care_moments(snapshot: VisitSnapshot) -> Iterator[Dated]:
    yield from (("10403", row.recorded_at) for row in snapshot.diagnoses)
    yield from (("10295", row.taken_at) for row in snapshot.vital_signs)
    yield from (("10400", row.performed_at) for row in snapshot.procedures)
    yield from (("10358", row.recorded_at) for row in snapshot.allergies)
    for sheet in snapshot.prescriptions:
        yield "10337", sheet.prescribed_at
        for given in (row for item in sheet.items for row in item.dispenses):
            yield "10351", given.prepared_at
            yield "10352", given.handed_over_at


def _handed_over_too_soon(snapshot: VisitSnapshot) -> Iterator[Problem]:
    for given in (d for sheet in snapshot.prescriptions for item in sheet.items for d in item.dispenses):
        if given.prepared_at and given.handed_over_at and given.handed_over_at < given.prepared_at:
            yield problem("10352")


def care(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """The moments of what was done in the visit."""
    yield from _handed_over_too_soon(snapshot)
    yield from _odd(snapshot, _care_moments(snapshot))
