"""Asks BPJS about a patient's membership: as a delivery, or on demand while somebody waits at the counter."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from workers.bpjs import members
from workers.bpjs.exchange import Way, exchange, opened
from workers.bpjs.reply import Good, Nothing
from workers.bpjs.services import Service
from workers.ending import Ended
from workers.outcome import Blocked, Delivered, Failure, Outcome, Postponed, Problem, Rejected, Role

_NO_NIK = "NIK pasien belum diisi, sehingga kepesertaan BPJS tidak dapat diperiksa. Lengkapi NIK pasien."
_OTHER_PERSON = (
    "BPJS menjawab dengan peserta lain untuk NIK ini. Periksa NIK pasien pada KTP, lalu perbaiki bila salah; "
    "bila sudah benar, laporkan ke BPJS."
)


class Clinic(BaseModel):
    """The facility that asks."""

    model_config = ConfigDict(frozen=True)
    id: str
    facility_code: str | None
    capability: str
    time_zone: str


class Patient(BaseModel):
    """The person asked about."""

    model_config = ConfigDict(frozen=True)
    id: str
    nik: str | None
    birth_date: date


class MembershipSnapshot(BaseModel):
    """``membership_snapshot`` as docs/snapshot.md describes it."""

    model_config = ConfigDict(frozen=True)
    subject_id: str
    clinic: Clinic
    patient: Patient

    @property
    def service(self) -> Service:
        """First level asks P-Care, referral level asks VClaim."""
        return "pcare" if self.clinic.capability == "fktp" else "vclaim"


@dataclass(frozen=True, slots=True)
class Now:
    """The moment of an answer and the clinic's day, from one reading of the clock."""

    at: datetime
    day: date

    @classmethod
    def there(cls, time_zone: str) -> "Now":
        """Now, at a clinic."""
        at = datetime.now(UTC)
        return cls(at, at.astimezone(ZoneInfo(time_zone)).date())


async def carry(snapshot: MembershipSnapshot, way: Way) -> Outcome:
    """Ask, and learn the answer; raises Ended when BPJS cannot be asked."""
    nik = snapshot.patient.nik
    if nik is None:
        key = f"patient/{snapshot.patient.id}"
        return Blocked((Problem(_NO_NIK, Role.FRONT_DESK, "patients.nik", waits_for=key),))
    now = Now.there(snapshot.clinic.time_zone)
    member = await _member(snapshot.service, nik, now.day, way)
    if member is None:
        way.journal.learn(**members.not_found(nik, now.at))
        return Delivered()
    if members.answered_nik(member) not in (nik, None):
        return Rejected((Problem(_OTHER_PERSON, Role.FRONT_DESK, "patients.nik"),))
    way.journal.learn(**members.facts(snapshot.service, member, nik, snapshot.patient.birth_date, now.at))
    return Delivered()


async def _member(service: Service, nik: str, day: date, way: Way) -> members.Member | None:
    reply = await exchange(way, "GET peserta", "GET", members.request_path(service, nik, day))
    match reply:
        case Good():
            return members.member_of(service, opened(way, reply, writes=False))
        case Nothing():
            return None
        case _:
            raise Ended(Postponed(Failure.UNREADABLE, way.rest))


def parse(snapshot: Any) -> MembershipSnapshot:
    """Raises pydantic.ValidationError."""
    return MembershipSnapshot.model_validate(snapshot)
