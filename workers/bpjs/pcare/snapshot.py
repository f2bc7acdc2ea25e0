"""What a worker may know of a visit for P-Care: ``pcare_visit_snapshot`` as docs/snapshot.md describes it. Pure."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from workers.bpjs.pcare.dates import dashed


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clinic(_Part):
    """The facility that sends."""

    id: str
    facility_code: str | None
    time_zone: str


class Patient(_Part):
    """The member, as the clinic has them."""

    id: str
    nik: str | None


class Membership(_Part):
    """What BPJS last said about the patient."""

    status: str
    card_number: str | None
    facility_code: str | None


class Visit(_Part):
    """The visit itself."""

    id: str
    status: str
    payer: str
    chief_complaint: str | None
    arrived_at: datetime
    finished_at: datetime | None
    disposition: str | None
    location_id: str | None
    practitioner_id: str | None


class Codes(_Part):
    """BPJS's codes for the clinic's things; None where nobody has mapped them."""

    poli: str | None
    doctor: str | None
    disposition: str | None


class Details(_Part):
    """What P-Care asks beyond the record."""

    sick_visit: bool = True
    care_type: str = "10"
    back_referral: bool = False
    anamnesis: str | None = None
    waist_cm: int | None = None
    prognosis_code: str | None = None
    food_allergy_code: str = "00"
    air_allergy_code: str = "00"
    drug_allergy_code: str = "00"
    non_drug_therapy: str | None = None
    supplies: str | None = None
    tacc_code: int = -1
    tacc_reason: str | None = None


class Referral(_Part):
    """Rujukan lanjut."""

    planned_on: date
    facility_code: str
    subspecialty_code: str | None
    service_code: str | None
    special_code: str | None
    special_subspecialty_code: str | None
    note: str | None


class Diagnosis(_Part):
    """One ICD-10 diagnosis; the primary one comes first."""

    code: str
    name: str


class VitalSigns(_Part):
    """The last round of measurements."""

    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    heart_rate_per_min: int | None = None
    respiratory_rate_per_min: int | None = None
    temperature_celsius: Decimal | None = None
    height_cm: Decimal | None = None
    weight_kg: Decimal | None = None
    consciousness: str | None = None


class Procedure(_Part):
    """One tindakan; money in whole rupiah."""

    id: str
    code: str
    amount_rupiah: int
    note: str | None
    result: int
    largest_rupiah: int | None
    """maxTarif of BPJS's list; None when the list does not have the code."""


class Drug(_Part):
    """One prescribed drug with what was handed out."""

    id: str
    drug_id: str
    name: str
    code: str | None
    """DPHO code; ``-`` for a drug that DPHO does not have; None when nobody has mapped it."""
    quantity: Decimal
    unit: str | None
    dose_quantity: Decimal | None
    frequency: int | None
    period: Decimal | None
    period_unit: str | None
    dispensed: Decimal


class Voided(_Part):
    """A procedure or drug that was taken back here; it may still be there when an answer was lost."""

    id: str
    code: str | None
    name: str


class Held(_Part):
    """What P-Care gave before."""

    card_number: str | None = None
    registered_on: date | None = None
    poli_code: str | None = None
    queue_number: str | None = None
    visit_number: str | None = None
    referral_number: str | None = None
    linked: bool = False


class PcareVisit(_Part):
    """A visit with everything P-Care may be told."""

    subject_id: str
    clinic: Clinic
    patient: Patient
    membership: Membership | None
    visit: Visit
    codes: Codes
    details: Details | None
    referral: Referral | None
    diagnoses: tuple[Diagnosis, ...]
    vital_signs: VitalSigns | None
    allergy_categories: tuple[str, ...]
    procedures: tuple[Procedure, ...]
    drugs: tuple[Drug, ...]
    voided_procedures: tuple[Voided, ...] = ()
    voided_drugs: tuple[Voided, ...] = ()
    earlier_same_day: int
    """Other visits that keep this one from P-Care's one place per member, poli and day."""
    held: Held | None

    @property
    def wanted(self) -> bool:
        """Whether BPJS is to hold the visit at all: it was not cancelled, and BPJS still pays."""
        return self.visit.status != "cancelled" and self.visit.payer == "bpjs"

    @property
    def finished(self) -> bool:
        """Whether the kunjungan may be told; before that only the pendaftaran is."""
        return self.wanted and self.visit.status == "finished"

    @property
    def day(self) -> date:
        """The day of service by the clinic's own calendar, however late it is sent."""
        return self.visit.arrived_at.astimezone(ZoneInfo(self.clinic.time_zone)).date()

    @property
    def left_on(self) -> date:
        """The day the patient left, by the clinic's own calendar."""
        return (self.visit.finished_at or self.visit.arrived_at).astimezone(ZoneInfo(self.clinic.time_zone)).date()

    @property
    def asked(self) -> Details:
        """The details, or what holds when nobody wrote any."""
        return self.details or Details()

    @property
    def place(self) -> tuple[str, str, str]:
        """What identifies a registration at P-Care: card, day dd-mm-yyyy, poli; empty where unknown."""
        card = self.membership.card_number if self.membership else None
        return card or "", dashed(self.day), self.codes.poli or ""
