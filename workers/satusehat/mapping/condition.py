"""Chief complaint and ICD-10 diagnoses as Conditions (rules 10003, 10006, 10007)."""

from collections.abc import Iterable
from typing import Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    ICD10,
    KEMKES,
    SNOMED,
    Body,
    Resource,
    concept,
    filled,
    moment,
)
from workers.satusehat.snapshot import Diagnosis, VisitSnapshot

_ACTIVE: Final = concept(f"{HL7}/condition-clinical", "active", "Active")
_DIAGNOSIS: Final = concept(f"{HL7}/condition-category", "encounter-diagnosis", "Encounter Diagnosis")
_COMPLAINT: Final = concept(KEMKES, "chief-complaint", "Chief Complaint")


def in_rank(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Primary first, then in the order they were recorded, whatever order the rows came in."""
    return sorted(diagnoses, key=lambda row: (row.role != "primary", row.recorded_at, row.id))


def diagnosis_key(row: Diagnosis) -> str:
    """The local key of a diagnosis."""
    return f"condition/{row.id}"


def complaint_key(snapshot: VisitSnapshot) -> str | None:
    """The local key of the chief complaint, or None when it has no code.

    A complaint in words alone makes no Condition, for its code must come from a code system
    (rule 10003); the words then stand in the Composition.
    """
    if not snapshot.visit.chief_complaint_snomed:
        return None
    return f"condition/{snapshot.visit.id}/chief-complaint"


def _complaint(snapshot: VisitSnapshot, frame: Frame) -> Resource | None:
    key, visit = complaint_key(snapshot), snapshot.visit
    if key is None or visit.chief_complaint_snomed is None:
        return None
    body = filled(
        resourceType="Condition",
        identifier=[frame.identifier("condition", f"{visit.id}-chief-complaint")],
        clinicalStatus=_ACTIVE,
        category=[_COMPLAINT],
        code=concept(SNOMED, visit.chief_complaint_snomed),
        subject=frame.patient,
        encounter=frame.encounter,
        note=[{"text": visit.chief_complaint}] if visit.chief_complaint else None,
    )
    return Resource(key, "Condition", body)


def _code(row: Diagnosis) -> Body:
    if not row.icd10_code:
        raise MappingError(["diagnoses.icd10_code"])
    return concept(ICD10, row.icd10_code, row.name)


def _diagnosis(row: Diagnosis, frame: Frame) -> Resource:
    body = filled(
        resourceType="Condition",
        identifier=[frame.identifier("condition", row.id)],
        clinicalStatus=_ACTIVE,
        category=[_DIAGNOSIS],
        code=_code(row),
        subject=frame.patient,
        encounter=frame.encounter,
        recordedDate=moment(row.recorded_at),
        recorder=frame.practitioner_if_named(row.practitioner_id, "diagnoses.practitioner_id"),
    )
    return Resource(diagnosis_key(row), "Condition", body)


def conditions(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """The chief complaint, then the diagnoses in rank."""
    complaint = _complaint(snapshot, frame)
    diagnoses = tuple(_diagnosis(row, frame) for row in in_rank(snapshot.diagnoses))
    return diagnoses if complaint is None else (complaint, *diagnoses)
