"""What a worker may know of a place in the queue: ``queue_snapshot`` as docs/snapshot.md describes it. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clinic(_Part):
    """The facility that sends."""

    id: str
    facility_code: str | None
    capability: str
    time_zone: str


class Entry(_Part):
    """The place in the queue itself."""

    id: str
    location_id: str
    day: date
    number: int
    queue_number: str
    booking_code: str
    source: str
    member: bool
    card_number: str | None
    reference_number: str | None
    visit_type: int
    status: str
    taken_at: datetime
    called_at: datetime | None
    absent_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    told_card_number: str | None
    told_poli_code: str | None


class Patient(_Part):
    """Who stands there."""

    id: str
    nik: str | None
    phone: str | None
    medical_record_number: str
    registered_at: datetime
    is_new: bool
    """Registered that very day and never here before (pasienbaru)."""


class Membership(_Part):
    """What BPJS last said about the patient."""

    status: str
    card_number: str | None


class Visit(_Part):
    """What became of the patient once they arrived."""

    status: str
    arrived_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Thing(_Part):
    """A poli or a doctor with BPJS's code and name; both None where nobody has mapped it."""

    id: str
    code: str | None
    name: str | None


class Hours(_Part):
    """The doctor's practice hours at the poli that day, and how much of them is taken."""

    opens: time
    closes: time
    quota: int
    quota_other: int
    taken: int
    taken_other: int


class Pharmacy(_Part):
    """When the pharmacy began with the visit's drugs, and when the last of them was handed over."""

    prepared_at: datetime | None
    handed_over_at: datetime | None


class Queue(_Part):
    """A place in the queue with everything Antrean may be told."""

    subject_id: str
    as_of: datetime
    clinic: Clinic
    entry: Entry
    patient: Patient
    membership: Membership | None
    visit: Visit | None
    poli: Thing
    doctor: Thing | None
    hours: Hours | None
    pharmacy: Pharmacy | None
    earlier_same_day: int

    @property
    def cancelled(self) -> bool:
        """Whether nobody stands there any more."""
        return self.entry.status == "cancelled"

    @property
    def over(self) -> bool:
        """Whether the day has gone by, by the clinic's own calendar: BPJS takes no entry for it any more."""
        return self.as_of.astimezone(self.zone).date() > self.entry.day

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's calendar."""
        return ZoneInfo(self.clinic.time_zone)

    @property
    def card(self) -> str:
        """The member's card; empty for everybody whom BPJS does not pay for."""
        if not self.entry.member:
            return ""
        return self.entry.card_number or (self.membership.card_number if self.membership else None) or ""

    @property
    def told_place(self) -> tuple[str, str] | None:
        """Card and poli under which BPJS was told of the entry; None when it was not, or cancelled there."""
        if self.entry.told_card_number is None or self.entry.told_poli_code is None:
            return None
        return self.entry.told_card_number, self.entry.told_poli_code
