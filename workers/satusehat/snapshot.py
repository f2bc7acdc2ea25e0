"""What a worker knows about one visit, read from the JSON of docs/snapshot.md.

Absent facts stay ``None``: whether they matter is for the preflight to say. Unknown extra keys are
ignored, so a clinic may add columns; a word outside the vocabularies is a ``MappingError``.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from workers.outcome import Accepted

Known = Mapping[str, Accepted]
"""Local key → what SatuSehat holds under it (docs/snapshot.md, "Local keys")."""


class MappingError(Exception):
    """A clinic fact cannot be said in FHIR; names the fields and never their values."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        super().__init__("cannot be mapped: " + ", ".join(self.paths))


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as impossible:  # the year 1 or 9999, near the edge of the calendar
        raise ValueError("outside the calendar") from impossible


def _plain(value: float) -> float:
    """Whole numbers lose their ``.0``: the same measure must always be the same content."""
    return int(value) if value == int(value) else value


def _said(text: str | None) -> str | None:
    """Free text that says something; blanks say nothing."""
    return text if text and text.strip() else None


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Number = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_plain)]
Words = Annotated[str | None, AfterValidator(_said)]


class Fact(BaseModel):
    """One row of the clinic, frozen."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Clinic(Fact):
    """Who sends; ``organization_id`` is the facility's SatuSehat number."""

    id: str
    name: str
    organization_id: str | None = None
    time_zone: str = "Asia/Jakarta"
    capability: str | None = None


class Patient(Fact):
    """Whose visit it is; only the IHS number found by ``nik`` ever leaves the clinic."""

    id: str
    medical_record_number: str | None = None
    nik: str | None = None
    full_name: str | None = None
    birth_date: date | None = None
    gender: Literal["male", "female"] | None = None


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


class Practitioner(Fact):
    """A health worker named anywhere in the visit."""

    id: str
    full_name: str | None = None
    nik: str | None = None
    profession: str | None = None


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


class VisitSnapshot(Fact):
    """All the facts of one visit, as ``integration.visit_snapshot`` tells them."""

    as_of: Moment | None = None
    """When it was taken, by the database's clock: the worker's own may be wrong."""
    clinic: Clinic
    patient: Patient
    visit: Visit
    status_history: tuple[StatusPeriod, ...] = ()
    practitioners: tuple[Practitioner, ...] = ()
    location: Location | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    vital_signs: tuple[VitalSigns, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    voided: tuple[str, ...] = ()
    """Ids of rows of this visit that were taken back; only they say that a stray resource is ours."""


class _KnownRow(Fact):
    key: str
    type: str
    remote_id: str
    version: str | None = None
    content_hash: str | None = None


_KNOWN = TypeAdapter(tuple[_KnownRow, ...], config=ConfigDict(hide_input_in_errors=True))


def _paths(refused: ValidationError) -> tuple[str, ...]:
    """Where the JSON went wrong, without what stood there."""
    errors = refused.errors(include_url=False, include_context=False, include_input=False)
    return tuple(".".join(str(step) for step in error["loc"]) or "snapshot" for error in errors)


def parse(json: Any) -> VisitSnapshot:
    """Read a snapshot, given as decoded JSON; raises MappingError naming every wrong field."""
    try:
        return VisitSnapshot.model_validate(json)
    except ValidationError as refused:
        paths = _paths(refused)
    raise MappingError(paths)  # outside the except: the original carries the values


def parse_known(rows: Any) -> Known:
    """Read the ``known`` list of a lease; rows that have no remote id yet say nothing."""
    present = [row for row in rows or () if not isinstance(row, Mapping) or row.get("remote_id")]
    try:
        read = _KNOWN.validate_python(present)
    except ValidationError as refused:
        paths = tuple(f"known.{path}" for path in _paths(refused))
    else:
        return {r.key: Accepted(r.key, r.type, r.remote_id, r.version, r.content_hash or "") for r in read}
    raise MappingError(paths)
