"""What a worker may know of a visit for VClaim: snapshots of sep, claim, control_letter (docs/snapshot.md). Pure."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

INPATIENT: Final = "1"
OUTPATIENT: Final = "2"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clinic(_Part):
    """The facility that sends."""

    id: str
    facility_code: str
    time_zone: str
    referral_days: int
    """How long a referral counts; a setting, for no number is published."""


class Patient(_Part):
    """The member, as the clinic has them."""

    id: str
    nik: str | None
    phone: str | None
    medical_record_number: str


class Membership(_Part):
    """What BPJS last said about the patient."""

    status: str
    card_number: str | None
    class_code: str | None


class Visit(_Part):
    """The visit itself."""

    id: str
    status: str
    payer: str
    visit_class: str
    arrived_at: datetime
    finished_at: datetime | None
    disposition: str | None
    location_id: str | None
    practitioner_id: str | None


class Codes(_Part):
    """BPJS's codes for the clinic's things; None where nobody has mapped them."""

    poli: str | None
    doctor: str | None


class Sep(_Part):
    """What staff entered for the SEP, and what VClaim gave before (columns of ``bpjs_seps``)."""

    referral_number: str | None = None
    referral_level: str = "1"
    letter_number: str | None = None
    purpose: str = "0"
    procedure_flag: str = ""
    support_code: str = ""
    assessment_code: str = ""
    raised_class: str = ""
    raised_payer: str = ""
    raised_by: str | None = None
    executive: bool = False
    coordinated: bool = False
    cataract: bool = False
    accident: str = "0"
    accident_on: date | None = None
    accident_report: str | None = None
    accident_note: str | None = None
    note: str | None = None
    leaving_code: str | None = None
    died_on: date | None = None
    death_letter_number: str | None = None
    sep_number: str | None = None
    sep_on: date | None = None
    card_number: str | None = None
    service_type: str | None = None
    linked: bool = False
    found_number: str | None = None
    found_on: date | None = None
    found_facility_code: str | None = None
    found_poli_code: str | None = None
    found_diagnosis: str | None = None


class Diagnosis(_Part):
    """One ICD-10 diagnosis; the primary one comes first."""

    code: str
    role: str


class VclaimVisit(_Part):
    """What every kind of fact tells of its visit."""

    subject_id: str
    clinic: Clinic
    patient: Patient
    membership: Membership | None
    visit: Visit
    codes: Codes
    sep: Sep | None
    diagnoses: tuple[Diagnosis, ...]

    @property
    def wanted(self) -> bool:
        """Whether BPJS is to hold the visit at all: it was not cancelled, and BPJS still pays."""
        return self.visit.status != "cancelled" and self.visit.payer == "bpjs"

    @property
    def entered(self) -> Sep:
        """What was entered and held, or what applies when nobody wrote anything."""
        return self.sep or Sep()

    @property
    def day(self) -> date:
        """The day of service by the clinic's own calendar, however late it is sent."""
        return self._there(self.visit.arrived_at)

    @property
    def left_on(self) -> date:
        """The day the patient left, by the clinic's own calendar."""
        return self._there(self.visit.finished_at or self.visit.arrived_at)

    @property
    def card(self) -> str:
        """The member's card number; empty while unknown."""
        return (self.membership.card_number if self.membership else None) or ""

    @property
    def service_type(self) -> str:
        """Values of jnsPelayanan: 1 inpatient, 2 outpatient."""
        return INPATIENT if self.visit.visit_class == "inpatient" else OUTPATIENT

    @property
    def needs_referral(self) -> bool:
        """Emergencies and inpatients come without."""
        return self.visit.visit_class == "ambulatory"

    def _there(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.clinic.time_zone)).date()


class SepVisit(VclaimVisit):
    """A visit for its SEP."""

    other_seps: tuple[str, ...]
    """SEPs of the same patient's other visits."""
    earlier_same_day: int
    claim_held: str | None
    """Id of the claim whose LPK VClaim holds: it goes before the SEP can."""

    @property
    def first_diagnosis(self) -> str | None:
        """The value of diagAwal: as the referral has it; without one, as the doctor has it."""
        return self.entered.found_diagnosis or (self.diagnoses[0].code if self.diagnoses else None)

    @property
    def referral_known(self) -> bool:
        """Whether the referral to go by has been looked up."""
        entered = self.entered
        return entered.found_number is not None and entered.referral_number in (None, "", entered.found_number)

    @property
    def referral_ends(self) -> date | None:
        """The last day the referral counts."""
        found = self.entered.found_on
        return None if found is None else found + timedelta(days=self.clinic.referral_days)


class Claim(_Part):
    """The claim's row; money in whole rupiah."""

    id: str
    state: str
    ward_code: str | None
    room_class_code: str | None
    specialism_code: str | None
    way_out_code: str | None
    condition_code: str | None
    follow_up_code: str
    control_on: date | None
    control_poli_code: str | None
    referred_to: str | None
    pending_reason: str | None
    lpk_held: bool


class Found(_Part):
    """One thing the pre-check of the claim found."""

    rule: str
    role: str
    field: str
    reason: str
    waits_for: str | None


class ClaimVisit(VclaimVisit):
    """A visit for its claim."""

    claim: Claim
    procedures: tuple[str, ...]
    """ICD-9-CM codes, in the order performed."""
    problems: tuple[Found, ...]


class Letter(_Part):
    """A planned visit."""

    letter_kind: str
    planned_on: date
    location_id: str
    practitioner_id: str
    voided: bool
    letter_number: str | None
    poli: str | None
    doctor: str | None


class LetterVisit(VclaimVisit):
    """A visit for the letter by which the patient comes again."""

    letter: Letter
