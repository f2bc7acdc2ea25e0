"""ICD-9-CM procedures; ``category`` is one object here, not a list (rules 10013, 10015)."""

from typing import Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    ICD9CM,
    SNOMED,
    Resource,
    concept,
    filled,
    period,
)
from workers.satusehat.snapshot import Procedure, VisitSnapshot

_CATEGORIES: Final = {
    "diagnostic": ("103693007", "Diagnostic procedure"),
    "therapeutic": ("277132007", "Therapeutic procedure"),
    "counselling": ("409063005", "Counselling"),
    "education": ("409073007", "Education"),
    "emergency": ("373110003", "Emergency procedure"),
}


def procedure_key(row: Procedure) -> str:
    """The local key of a procedure."""
    return f"procedure/{row.id}"


def in_order(rows: tuple[Procedure, ...]) -> list[Procedure]:
    """Oldest first, whatever order the rows came in."""
    return sorted(rows, key=lambda row: (row.performed_at, row.id))


def _procedure(row: Procedure, frame: Frame) -> Resource:
    if not row.icd9cm_code:
        raise MappingError(["procedures.icd9cm_code"])
    doer = frame.practitioner_if_named(row.practitioner_id, "procedures.practitioner_id")
    body = filled(
        resourceType="Procedure",
        identifier=[frame.identifier("procedure", row.id)],
        status="completed",
        category=concept(SNOMED, *_CATEGORIES[row.category]),
        code=concept(ICD9CM, row.icd9cm_code, row.name),
        subject=frame.patient,
        encounter=frame.encounter,
        performedPeriod=period(row.performed_at, row.performed_at),
        performer=[{"actor": doer}] if doer else None,
    )
    return Resource(procedure_key(row), "Procedure", body)


def procedures(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """Every procedure of the visit, oldest first."""
    return tuple(_procedure(row, frame) for row in in_order(snapshot.procedures))
