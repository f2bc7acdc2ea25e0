"""The second clinic of the demo: referral level, where BPJS pays by SEP and claim."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.demo.outside import Insurer
from sandbox.people import HOSPITAL_ID, PASSWORD, Persona
from sandbox.satusehat.identities import Identity
from sandbox.supabase.client import client
from supabase import AsyncClient

Row = dict[str, Any]
REQUESTED, APPROVED = 350_000, 325_000


@dataclass(frozen=True, slots=True)
class Hospital:
    """The clinic's desks, one logged-in client per role."""

    desks: dict[str, AsyncClient]
    room: str
    doctor: str

    async def insert(self, role: str, table: str, row: Row) -> str:
        """Insert one row as somebody of that role; answers its id."""
        reply = await self.desks[role].table(table).insert({"clinic_id": HOSPITAL_ID, **row}).execute()
        rows: list[Any] = reply.data
        return str(rows[0]["id"])

    async def one(self, role: str, table: str, column: str, **where: str) -> Any:
        """One value of one row, as somebody of that role sees it."""
        asked = self.desks[role].table(table).select(column)
        for name, value in where.items():
            asked = asked.eq(name, value)
        rows: list[Any] = (await asked.execute()).data
        return rows[0][column] if rows else None


@asynccontextmanager
async def opened(url: str, anon_key: str, personas: tuple[Persona, ...]) -> AsyncIterator[Hospital]:
    """Everybody is logged in while the block lasts."""
    async with AsyncExitStack() as exits:
        desks = {}
        for one in personas:
            desks[one.role] = await exits.enter_async_context(client(url, anon_key))
            await desks[one.role].auth.sign_in_with_password({"email": one.email, "password": PASSWORD})
        empty = Hospital(desks, "", "")
        room = await empty.one("admin", "locations", "id", code="POLI-INT")
        yield Hospital(desks, room, await empty.one("admin", "practitioners", "id", profession="doctor"))


async def map_codes(hospital: Hospital) -> None:
    """The admin says what poli and doctor are called at BPJS."""
    for kind, local, code in (("bpjs_poli", hospital.room, "INT"), ("bpjs_doctor", hospital.doctor, "140101")):
        wish = {"clinic_id": HOSPITAL_ID, "kind": kind, "local_id": local, "code": code}
        await hospital.desks["admin"].rpc("map_bpjs", wish).execute()


async def treat(hospital: Hospital, insurer: Insurer, number: int, person: Identity) -> str:
    """A member comes with a referral, is examined and goes home; answers the visit."""
    await insurer.refer(await insurer.card_of(person.nik))
    patient = await hospital.insert("front_desk", "patients", {
        "medical_record_number": f"K{number:05d}", "nik": person.nik, "full_name": person.name,
        "birth_date": person.birth_date, "gender": person.gender, "phone": "081100000001"})  # fmt: skip
    visit = await hospital.insert("front_desk", "visits", {
        "patient_id": patient, "practitioner_id": hospital.doctor, "location_id": hospital.room, "payer": "bpjs",
        "chief_complaint": "lemas dan sering haus", "chief_complaint_snomed": "84229001",
        "arrived_at": (datetime.now(UTC) - timedelta(minutes=40)).isoformat()})  # fmt: skip
    await hospital.insert("doctor", "vital_signs", {
        "visit_id": visit, "practitioner_id": hospital.doctor, "systolic_mmhg": 130, "diastolic_mmhg": 85,
        "heart_rate_per_min": 84, "respiratory_rate_per_min": 18, "temperature_celsius": 36.6,
        "consciousness": "alert"})  # fmt: skip
    await hospital.insert("doctor", "diagnoses", {
        "visit_id": visit, "practitioner_id": hospital.doctor, "icd10_code": "E11.9",
        "name": "Type 2 diabetes mellitus"})  # fmt: skip
    done = {"status": "finished", "disposition": "home"}
    await hospital.desks["doctor"].table("visits").update(done).eq("id", visit).execute()
    return visit


async def send_claim(hospital: Hospital, visit: str) -> list[str]:
    """The cashier fills in what BPJS asks, the doctor signs, the cashier has it checked; answers what is wrong."""
    claim = await hospital.one("cashier", "claims", "id", visit_id=visit)
    asked = {
        "specialism_code": "1", "way_out_code": "1", "condition_code": "2", "ward_code": "1", "room_class_code": "3",
        "requested_rupiah": REQUESTED, "tariff_rupiah": 400_000,
    }  # fmt: skip
    await hospital.desks["cashier"].table("claims").update(asked).eq("id", claim).execute()
    await hospital.desks["doctor"].rpc("sign_claim", {"claim_id": claim}).execute()
    found: Any = (await hospital.desks["cashier"].rpc("check_claim", {"claim_id": claim}).execute()).data
    return [str(row["reason"]) for row in found]


async def decide(hospital: Hospital, insurer: Insurer, visit: str, status: int, **more: Any) -> None:
    """BPJS verifies the claim of a visit: 1 in verification, 2 pending with a reason, 3 decided."""
    await insurer.decide(await hospital.one("cashier", "bpjs_seps", "sep_number", visit_id=visit), status, **more)


async def fates(hospital: Hospital) -> list[tuple[str, str]]:
    """Every claim's state, and the approved sum or the reason it pends for."""
    reply = await hospital.desks["cashier"].table("claims").select("state,approved_rupiah,pending_reason").execute()
    rows: list[Any] = reply.data
    return [(row["state"], row["pending_reason"] or f"Rp{row['approved_rupiah'] or 0:,}") for row in rows]
