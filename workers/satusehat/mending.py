"""Which rows of the clinic a refusal hangs on: when one of them changes, the delivery goes on by itself.

Changes of the subject's own rows are wishes anyway; these are the rows that many subjects share.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from workers.outcome import Problem
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.snapshot import VisitSnapshot

Told = VisitSnapshot | OrderSnapshot


def together(found: Iterable[Problem], checked: Iterable[Problem]) -> tuple[Problem, ...]:
    """Both lists; what was looked for and not found says more than that it is missing."""
    sought = tuple(found)
    told = {problem.waits_for for problem in sought}
    return (*sought, *(p for p in checked if p.waits_for is None or p.waits_for not in told))


def waiting(problems: Iterable[Problem], snapshot: Told) -> tuple[Problem, ...]:
    """The problems, each once for every shared row of the subject that its ``field`` may mean."""
    return tuple(
        waits
        for problem in problems
        for waits in ([replace(problem, waits_for=key) for key in _keys(problem.field, snapshot)] or [problem])
    )


def _keys(field: str, snapshot: Told) -> Iterator[str]:
    """``changed/…``, and not the key itself: a number merely found mends no refusal."""
    match field.partition(".")[0]:
        case "patients":
            yield f"changed/patient/{snapshot.patient.id}"
        case "practitioners":
            yield from (f"changed/practitioner/{person.id}" for person in snapshot.practitioners)
        case "clinics":
            yield f"changed/clinic/{snapshot.clinic.id}"
        case table:
            yield from _of_order(table, snapshot) if isinstance(snapshot, OrderSnapshot) else _of_visit(table, snapshot)


def _of_visit(table: str, snapshot: VisitSnapshot) -> Iterator[str]:
    match table:
        case "drugs" | "stock_batches":
            yield from dict.fromkeys(
                f"changed/mapping/drug/{item.drug.id}" for sheet in snapshot.prescriptions for item in sheet.items
            )
        case "locations" if snapshot.location:
            yield f"changed/location/{snapshot.location.id}"


def _of_order(table: str, snapshot: OrderSnapshot) -> Iterator[str]:
    """The catalogue is shared: of the items, and of the members of their panels."""
    if table == "examinations":
        items = snapshot.items
        members = (result.examination_id for item in items for result in item.results)
        named = (*(item.examination.id for item in items), *members)
        yield from dict.fromkeys(f"changed/examination/{one}" for one in named if one)
