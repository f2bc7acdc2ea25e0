"""What a worker knows about one visit, read from the JSON of docs/snapshot.md."""

from datetime import date
from typing import Any, Literal

from workers.satusehat.facts import (
    Fact,
    Known,
    MappingError,
    Moment,
    Number,
    Patient,
    Practitioner,
    Snapshot,
    Words,
    parse_known,
    understood,
)

__all__ = [
    "Known", "MappingError", "Moment", "Patient", "Practitioner", "VisitSnapshot", "parse", "parse_known",
]  # fmt: skip

Status = Literal["arrived", "in_progress", "finished", "cancelled"]


class Visit(Fact):
    """The visit itself."""

    id: str
    registration_number: str | None = None
    visit_class: Literal["ambulatory", "emergency", "inpatient"]
    status: Status
    practitioner_id: str | None = None
    location_id: str | None = None
    chief_complaint: Words = None
    chief_complaint_snomed: str | None = None
    arrived_at: Moment
    finished_at: Moment | None = None
    cancelled_at: Moment | None = None
    disposition: Literal["home", "referred", "other", "deceased"] | None = None
    disposition_note: Words = None


class StatusPeriod(Fact):
    """From when to when the visit was in one status."""

    status: Status
    started_at: Moment
    ended_at: Moment | None = None


class Location(Fact):
    """The poli or room of the visit."""

    id: str
    code: str | None = None
    name: str | None = None


class Diagnosis(Fact):
    """One ICD-10 diagnosis."""

    id: str
    icd10_code: str | None = None
    name: Words = None
    role: Literal["primary", "secondary"]
    recorded_at: Moment
    practitioner_id: str | None = None


Consciousness = Literal["alert", "confusion", "voice", "pain", "unresponsive"]


class VitalSigns(Fact):
    """One taking of vital signs; each measure has its unit in its name."""

    id: str
    taken_at: Moment
    practitioner_id: str | None = None
    systolic_mmhg: Number | None = None
    diastolic_mmhg: Number | None = None
    heart_rate_per_min: Number | None = None
    respiratory_rate_per_min: Number | None = None
    temperature_celsius: Number | None = None
    oxygen_saturation_percent: Number | None = None
    height_cm: Number | None = None
    weight_kg: Number | None = None
    consciousness: Consciousness | None = None


class Procedure(Fact):
    """One ICD-9-CM procedure."""

    id: str
    icd9cm_code: str | None = None
    name: Words = None
    category: Literal["diagnostic", "therapeutic", "counselling", "education", "emergency"]
    performed_at: Moment
    practitioner_id: str | None = None


class Allergy(Fact):
    """One allergy or intolerance recorded at this visit."""

    id: str
    category: Literal["medication", "food", "environment", "biologic"] | None = None
    substance: Words = None
    code_system: Literal["kfa", "snomed"] | None = None
    code: str | None = None
    clinical_status: Literal["active", "inactive", "resolved"] | None = None
    verification_status: Literal["unconfirmed", "confirmed", "refuted"] | None = None
    recorded_at: Moment
    practitioner_id: str | None = None
    note: Words = None


class Kfa(Fact):
    """A product of the national drug dictionary."""

    code: str
    display: Words = None


class Drug(Fact):
    """A drug of the clinic's own list, with its KFA product when mapped."""

    id: str
    name: Words = None
    kfa: Kfa | None = None
    form_code: str | None = None
    form_name: Words = None


class Dispense(Fact):
    """What the pharmacy prepared and handed over for one prescription item."""

    id: str
    quantity: Number
    prepared_at: Moment | None = None
    handed_over_at: Moment | None = None
    practitioner_id: str | None = None
    batch_number: Words = None
    expires_on: date | None = None


class PrescriptionItem(Fact):
    """One drug of a prescription; ``frequency`` times per ``period`` ``period_unit``."""

    id: str
    line: int = 1
    drug: Drug
    quantity: Number | None = None
    unit: str | None = None
    dose_quantity: Number | None = None
    dose_unit: str | None = None
    frequency: int | None = None
    period: Number | None = None
    period_unit: str | None = None
    route: str | None = None
    instruction: Words = None
    days_supply: Number | None = None
    dispenses: tuple[Dispense, ...] = ()


class Prescription(Fact):
    """One prescription sheet."""

    id: str
    number: str | None = None
    prescribed_at: Moment
    practitioner_id: str | None = None
    items: tuple[PrescriptionItem, ...] = ()


class VisitSnapshot(Snapshot):
    """All the facts of one visit, as ``integration.visit_snapshot`` tells them."""

    visit: Visit
    status_history: tuple[StatusPeriod, ...] = ()
    location: Location | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    vital_signs: tuple[VitalSigns, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()


def parse(json: Any) -> VisitSnapshot:
    """Read a visit's snapshot; raises MappingError naming every wrong field."""
    return understood(VisitSnapshot, json)
