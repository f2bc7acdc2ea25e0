"""The clinic's front end, as its staff use it: logged in, the official client, RLS in force."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.demo.cases import DPHO, DRUGS, UNMAPPED_AT_BPJS, Ailment, Case, Flaw
from sandbox.people import CLINIC_ID, Persona
from sandbox.satusehat.identities import Identity
from sandbox.supabase.client import client
from supabase import AsyncClient

Row = dict[str, Any]

WAITED, EXAMINED = timedelta(minutes=25), timedelta(minutes=12)
"""A visit of the demo is typed in a second, and dated as if the patient had waited."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """What the staff of the morning work with: one logged-in client per role, and the master data."""

    roles: dict[str, AsyncClient]
    practitioners: dict[str, str]
    locations: dict[str, str]
    drugs: dict[str, str]
    batches: dict[str, str]
    patients: list[str]

    async def insert(self, role: str, table: str, row: Row) -> str:
        """Insert one row as somebody of that role; answers its id."""
        reply = await self.roles[role].table(table).insert({"clinic_id": CLINIC_ID, **row}).execute()
        rows: list[Any] = reply.data
        return str(rows[0].get("id", ""))

    async def update(self, role: str, table: str, row_id: str, changes: Row) -> None:
        """Change one row as somebody of that role."""
        await self.roles[role].table(table).update(changes).eq("id", row_id).execute()


@asynccontextmanager
async def open_clinic(
    url: str, anon_key: str, personas: tuple[Persona, ...], people: tuple[Identity, ...]
) -> AsyncIterator[Clinic]:
    """Everybody is logged in while the block lasts, and the master data the sandbox does not bring is entered."""
    async with AsyncExitStack() as desks:
        roles = {one.role: await desks.enter_async_context(_logged_in(url, anon_key, one)) for one in personas}
        yield await _furnished(roles, people)


async def _furnished(roles: dict[str, AsyncClient], people: tuple[Identity, ...]) -> Clinic:
    """Drugs, stock, patients."""
    admin = roles["admin"]
    practitioners = await _ids(admin, "practitioners", "profession")
    clinic = Clinic(roles, practitioners, await _ids(admin, "locations", "code"), {}, {}, [])
    unknown = {"full_name": "dr. Pengganti Tanpa IHS", "nik": "3171071609909999", "profession": "dentist"}
    practitioners["unknown"] = await clinic.insert("admin", "practitioners", unknown)
    for code, (name, kfa, display) in DRUGS.items():
        await _stock(clinic, code, name)
        if code != "LRT10":
            await map_drug(clinic, code, kfa, display)
        if code != UNMAPPED_AT_BPJS:
            await map_bpjs_drug(clinic, code)
    await _practise(clinic)
    for number, person in enumerate(people):
        clinic.patients.append(await _register(clinic, number, person))
    return clinic


@asynccontextmanager
async def _logged_in(url: str, anon_key: str, persona: Persona) -> AsyncIterator[AsyncClient]:
    login = persona.login()
    async with client(url, anon_key) as opened:
        await opened.auth.sign_in_with_password({"email": login["email"], "password": login["password"]})
        yield opened


async def _ids(desk: AsyncClient, table: str, column: str) -> dict[str, str]:
    reply = await desk.table(table).select(f"id,{column}").execute()
    rows: list[Any] = reply.data
    return {row[column]: row["id"] for row in rows}


async def _stock(clinic: Clinic, code: str, name: str) -> None:
    drug = {"code": code, "name": name, "form_code": "BS066", "form_name": "Tablet", "price_rupiah": 1500}
    clinic.drugs[code] = await clinic.insert("pharmacist", "drugs", drug)
    batch = {"drug_id": clinic.drugs[code], "batch_number": f"B-{code}", "expires_on": "2028-06-30"}
    clinic.batches[code] = await clinic.insert("pharmacist", "stock_batches", batch)
    received = {"batch_id": clinic.batches[code], "quantity": 1000, "reason": "received"}
    await clinic.insert("pharmacist", "stock_movements", received)


async def _practise(clinic: Clinic) -> None:
    """The general poli's hours, every day: from now on it has a queue, and Antrean hears of it."""
    hours = {"location_id": clinic.locations["POLI-UMUM"], "practitioner_id": clinic.practitioners["doctor"],
             "opens": "00:00", "closes": "23:59", "quota": 60, "quota_other": 60}  # fmt: skip
    for weekday in range(1, 8):
        await clinic.insert("admin", "practitioner_schedules", {**hours, "weekday": weekday})


async def map_drug(clinic: Clinic, code: str, kfa: str, display: str) -> None:
    """The pharmacist says which KFA product a drug is."""
    arguments = {"drug_id": clinic.drugs[code], "kfa_code": kfa, "kfa_display": display}
    await clinic.roles["pharmacist"].rpc("map_drug", arguments).execute()


async def map_bpjs_drug(clinic: Clinic, code: str) -> None:
    """The pharmacist says which drug of BPJS's list it is."""
    arguments = {"clinic_id": CLINIC_ID, "kind": "bpjs_drug", "local_id": clinic.drugs[code], "code": DPHO[code]}
    await clinic.roles["pharmacist"].rpc("map_bpjs", arguments).execute()


async def map_bpjs_poli(clinic: Clinic, room: str, code: str) -> None:
    """The admin chooses from BPJS's list which poli a room is."""
    arguments = {"clinic_id": CLINIC_ID, "kind": "bpjs_poli", "local_id": clinic.locations[room], "code": code}
    await clinic.roles["admin"].rpc("map_bpjs", arguments).execute()


async def _register(clinic: Clinic, number: int, person: Identity) -> str:
    row = {"medical_record_number": f"{number + 1:06d}", "nik": person.nik, "full_name": person.name,
           "birth_date": person.birth_date, "gender": person.gender}  # fmt: skip
    return await clinic.insert("front_desk", "patients", row)


async def arrive(clinic: Clinic, case: Case) -> str:
    """Registration opens the visit; a patient without NIK is registered as a new one."""
    patient = clinic.patients[case.patient]
    if case.flaw is Flaw.NO_NIK:
        row = {"medical_record_number": "900001", "full_name": "Rukmini", "birth_date": "1971-02-03",
               "gender": "female"}  # fmt: skip
        patient = await clinic.insert("front_desk", "patients", row)
    doctor = "unknown" if case.flaw is Flaw.UNKNOWN_DOCTOR else "doctor"
    room = "POLI-GIGI" if case.ailment.icd10.startswith("K02") else "POLI-UMUM"
    return await clinic.insert("front_desk", "visits", {
        "patient_id": patient, "practitioner_id": clinic.practitioners[doctor],
        "location_id": clinic.locations[room], "payer": "bpjs" if case.bpjs else "self",
        "arrived_at": _ago(WAITED + EXAMINED)})  # fmt: skip


async def examine(clinic: Clinic, case: Case, visit: str) -> None:
    """Nurse and doctor: vital signs, complaint, diagnosis, procedure, allergy, prescription."""
    ailment = case.ailment
    await clinic.update("nurse", "visits", visit, {"status": "in_progress", "started_at": _ago(EXAMINED)})
    await clinic.insert("nurse", "vital_signs", _vitals(clinic, case, visit))
    complaint = {"chief_complaint": ailment.complaint, "chief_complaint_snomed": ailment.snomed}
    await clinic.update("doctor", "visits", visit, complaint)
    doctor = {"visit_id": visit, "practitioner_id": clinic.practitioners["doctor"]}
    if case.flaw is not Flaw.NO_DIAGNOSIS:
        await _diagnose(clinic, doctor, ailment)
    if case.bpjs:
        asked = {"visit_id": visit, "prognosis_code": "01", "waist_cm": 78}
        allergic = {"food_allergy_code": "01"} if ailment.allergy else {}
        await clinic.insert("doctor", "bpjs_visit_details", asked | allergic)
    if ailment.procedure:
        code, name, category = ailment.procedure
        done = {**doctor, "icd9cm_code": code, "name": name, "category": category}
        await clinic.insert("doctor", "procedures", done)
    if ailment.allergy:
        await clinic.insert("doctor", "allergies", {**doctor, **await _allergy(clinic, ailment, visit)})
    if ailment.drug:
        await _prescribe(clinic, doctor, ailment.drug, case.number)


async def _diagnose(clinic: Clinic, doctor: Row, ailment: Ailment) -> None:
    await clinic.insert("doctor", "diagnoses", {**doctor, "icd10_code": ailment.icd10, "name": ailment.name})
    if ailment.second:
        code, name = ailment.second
        second = {**doctor, "icd10_code": code, "name": name, "role": "secondary"}
        await clinic.insert("doctor", "diagnoses", second)


async def _allergy(clinic: Clinic, ailment: Ailment, visit: str) -> Row:
    assert ailment.allergy is not None
    category, substance, system, code = ailment.allergy
    reply = await clinic.roles["doctor"].table("visits").select("patient_id").eq("id", visit).execute()
    rows: list[Any] = reply.data
    return {"patient_id": rows[0]["patient_id"], "category": category, "substance": substance,
            "code_system": system, "code": code}  # fmt: skip


def _vitals(clinic: Clinic, case: Case, visit: str) -> Row:
    return {"visit_id": visit, "practitioner_id": clinic.practitioners["nurse"],
            "systolic_mmhg": 112 + case.number, "diastolic_mmhg": 70 + case.number % 15,
            "heart_rate_per_min": 74 + case.number % 20, "respiratory_rate_per_min": 18,
            "temperature_celsius": case.ailment.temperature, "oxygen_saturation_percent": 98,
            "height_cm": 158 + case.number % 20, "weight_kg": 52 + case.number % 30,
            "consciousness": "alert"}  # fmt: skip


async def _prescribe(clinic: Clinic, doctor: Row, drug: str, number: int) -> None:
    sheet = await clinic.insert("doctor", "prescriptions", {**doctor, "number": f"R-{number + 1:04d}"})
    item = await clinic.insert("doctor", "prescription_items", {
        "prescription_id": sheet, "drug_id": clinic.drugs[drug], "quantity": 10, "dose_quantity": 1,
        "dose_unit": "TAB", "frequency": 3, "period": 1, "period_unit": "d", "route": "O",
        "instruction": "3 x 1 sesudah makan", "days_supply": 3})  # fmt: skip
    await clinic.insert("pharmacist", "dispenses", {
        "prescription_item_id": item, "batch_id": clinic.batches[drug], "quantity": 10,
        "practitioner_id": clinic.practitioners["pharmacist"],
        "prepared_at": _now(), "handed_over_at": _now()})  # fmt: skip


async def finish(clinic: Clinic, visit: str) -> None:
    """The patient goes home and pays."""
    await clinic.update("doctor", "visits", visit, {"status": "finished", "disposition": "home"})
    await clinic.insert("cashier", "payments", {"visit_id": visit, "amount_rupiah": 75_000, "method": "qris"})


async def pay_oneself(clinic: Clinic, visit: str) -> None:
    """BPJS does not know the patient, who pays after all."""
    await clinic.update("front_desk", "visits", visit, {"payer": "self"})


async def check_again(clinic: Clinic, patient: str) -> None:
    """The cashier asks BPJS anew about a patient."""
    arguments = {"patient_id": patient, "max_age": "1 second"}
    await clinic.roles["cashier"].rpc("check_membership", arguments).execute()


async def cancel(clinic: Clinic, visit: str) -> None:
    """The patient left before being seen."""
    await clinic.update("front_desk", "visits", visit, {"status": "cancelled"})


async def correct_diagnosis(clinic: Clinic, visit: str, icd10: str, name: str) -> None:
    """The doctor thinks again, after the visit was sent."""
    client = clinic.roles["doctor"]
    changed = {"icd10_code": icd10, "name": name}
    await client.table("diagnoses").update(changed).eq("visit_id", visit).eq("role", "primary").execute()


def _now() -> str:
    return _ago(timedelta())


def _ago(span: timedelta) -> str:
    return (datetime.now(UTC) - span).isoformat()
