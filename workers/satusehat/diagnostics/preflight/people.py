"""Whose order it is, who asked, took, verified and answers: everybody needs a number at SatuSehat."""

import re
from collections.abc import Iterator
from typing import Final

from workers.outcome import Problem
from workers.satusehat.diagnostics.preflight.words import problem
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.facts import Known
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.preflight.people import sender

__all__ = ["people", "sender", "visit"]

_NIK: Final = re.compile(r"[0-9]{16}")


def visit(snapshot: OrderSnapshot, known: Known) -> Iterator[Problem]:
    """The visit goes first: its Encounter is what everything refers to (rule 10142)."""
    key = encounter_key(snapshot)
    if key not in known:
        yield problem("10142", key)


def _patient(snapshot: OrderSnapshot, known: Known) -> Iterator[Problem]:
    key = f"patient/{snapshot.patient.id}"
    if key not in known:
        yield problem("10141" if _NIK.fullmatch(snapshot.patient.nik or "") else "10166", key)


def _signatures(snapshot: OrderSnapshot) -> Iterator[tuple[str, str | None, bool]]:
    """Who signed what: the rule, who, and whether somebody must have."""
    order = snapshot.order
    yield "10376", order.practitioner_id, True
    yield "10377", order.performer_id, True
    for row in snapshot.specimens:
        yield "10396", row.collector_id, False
    for result in (result for item in snapshot.standing for result in item.results):
        yield "10383", result.practitioner_id, False


def people(snapshot: OrderSnapshot, known: Known) -> Iterator[Problem]:
    """Patient and health workers; each unknown person is told once, for what they did first."""
    yield from _patient(snapshot, known)
    told = set()
    for rule, practitioner_id, needed in _signatures(snapshot):
        if practitioner_id is None:
            if needed:
                yield problem(rule)
        elif practitioner_id not in told:
            told.add(practitioner_id)
            key = f"practitioner/{practitioner_id}"
            if key not in known:
                yield problem(rule, key)
