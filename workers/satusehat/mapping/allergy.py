"""Allergies recorded at the visit (rules 10075, 10078, 10374, 10375)."""

from typing import Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    KFA,
    SNOMED,
    Body,
    Resource,
    concept,
    filled,
    moment,
)
from workers.satusehat.snapshot import Allergy, VisitSnapshot

_SYSTEMS: Final = {"kfa": KFA, "snomed": SNOMED}


def allergy_key(row: Allergy) -> str:
    """The local key of an allergy."""
    return f"allergy/{row.id}"


def in_order(rows: tuple[Allergy, ...]) -> list[Allergy]:
    """Oldest first, whatever order the rows came in."""
    return sorted(rows, key=lambda row: (row.recorded_at, row.id))


def _status(kind: str, code: str | None) -> Body | None:
    if code is None:
        return None
    return concept(f"{HL7}/allergyintolerance-{kind}", code, code.capitalize())


def _code(row: Allergy) -> Body:
    if not row.code or not row.code_system:
        raise MappingError(["allergies.code"])
    return concept(_SYSTEMS[row.code_system], row.code, text=row.substance)


def _allergy(row: Allergy, frame: Frame) -> Resource:
    if row.category is None:
        raise MappingError(["allergies.category"])
    body = filled(
        resourceType="AllergyIntolerance",
        identifier=[frame.official("allergy", row.id)],
        clinicalStatus=_status("clinical", row.clinical_status),
        verificationStatus=_status("verification", row.verification_status),
        category=[row.category],
        code=_code(row),
        patient=frame.patient,
        encounter=frame.encounter,
        recordedDate=moment(row.recorded_at),
        recorder=frame.practitioner(row.practitioner_id, "allergies.practitioner_id"),
        note=[{"text": row.note}] if row.note else None,
    )
    return Resource(allergy_key(row), "AllergyIntolerance", body)


def allergies(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """Every allergy of the visit, oldest first."""
    return tuple(_allergy(row, frame) for row in in_order(snapshot.allergies))
