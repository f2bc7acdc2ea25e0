"""Which rows of the clinic a refusal hangs on: when one of them changes, the delivery goes on by itself.

Changes of the visit's own rows are wishes anyway; these are the rows that many visits share.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from workers.outcome import Problem
from workers.satusehat.snapshot import VisitSnapshot


def waiting(problems: Iterable[Problem], snapshot: VisitSnapshot) -> tuple[Problem, ...]:
    """The problems, each once for every shared row of the visit that its ``field`` may mean."""
    return tuple(
        waits
        for problem in problems
        for waits in ([replace(problem, waits_for=key) for key in _keys(problem.field, snapshot)] or [problem])
    )


def _keys(field: str, snapshot: VisitSnapshot) -> Iterator[str]:
    """``changed/…``, and not the key itself: a number merely found mends no refusal."""
    match field.partition(".")[0]:
        case "patients":
            yield f"changed/patient/{snapshot.patient.id}"
        case "practitioners":
            yield from (f"changed/practitioner/{person.id}" for person in snapshot.practitioners)
        case "drugs" | "stock_batches":
            yield from dict.fromkeys(
                f"changed/mapping/drug/{item.drug.id}" for sheet in snapshot.prescriptions for item in sheet.items
            )
        case "locations" if snapshot.location:
            yield f"changed/location/{snapshot.location.id}"
        case "clinics":
            yield f"changed/clinic/{snapshot.clinic.id}"
        case _:
            pass
