"""Moments of an order: not in the future, not before SatuSehat accepts any, and in an order that can be."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from workers.outcome import Problem
from workers.satusehat.diagnostics.preflight.words import about, problem
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot, Result, Specimen
from workers.satusehat.preflight.times import AHEAD, EARLIEST, Dated

CLOCKS_APART: Final = timedelta(minutes=15)
"""How far an analyser's clock may differ from the database's before its result counts as impossible."""


def _moments(snapshot: OrderSnapshot) -> Iterator[Dated]:
    yield "10360", snapshot.order.ordered_at
    for tube in snapshot.specimens:
        yield "10362", tube.collected_at
        yield "10366", tube.received_at
    for result in (result for item in snapshot.standing for result in item.results):
        yield "10295", result.observed_at
        yield "10296", result.issued_at


def _odd(snapshot: OrderSnapshot) -> Iterator[Problem]:
    """The moments no clock of a clinic can have meant."""
    latest = snapshot.as_of + AHEAD if snapshot.as_of else None
    for rule, at in _moments(snapshot):
        if at is not None and (at < EARLIEST or (latest is not None and at > latest)):
            yield problem(rule)


def _too_soon(item: Item, result: Result, tube: Specimen | None) -> Iterator[Problem]:
    """A result is out after its specimen was taken and its analyte measured."""
    if result.issued_at is None:
        return
    if result.observed_at > result.issued_at + CLOCKS_APART:
        yield about(problem("10296"), result.code)
    if tube is not None and tube.collected_at is not None and tube.collected_at > result.issued_at:
        yield about(problem("10362"), item.examination.code)


def _tubes(snapshot: OrderSnapshot) -> Iterator[Problem]:
    for tube in snapshot.specimens:
        if tube.collected_at and tube.received_at and tube.received_at < tube.collected_at:
            yield problem("10366")


def check(snapshot: OrderSnapshot) -> Iterator[Problem]:
    """The moments of what was asked, taken and found."""
    tubes = {row.id: row for row in snapshot.specimens}
    yield from _odd(snapshot)
    yield from _tubes(snapshot)
    for item in snapshot.standing:
        for result in item.results:
            yield from _too_soon(item, result, tubes.get(item.specimen_id or ""))
