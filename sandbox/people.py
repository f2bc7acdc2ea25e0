"""Two invented clinics and the people who work there, one login per role: first level, and referral level.

Health workers bear identities that the ministry publishes for its test environment, so that the
same clinic can be tried against it; nobody here exists.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.supabase.client import client
from supabase import AsyncClient

ORGANIZATION_ID = "10000004"
PASSWORD = "sandbox-only"
Room = tuple[str, str, str]
CLINIC_ID = "c1100000-0000-4000-8000-000000000001"
CLINIC = {
    "id": CLINIC_ID,
    "name": "Klinik Melati",
    "satusehat_organization_id": ORGANIZATION_ID,
    "time_zone": "Asia/Jakarta",
    "capability": "fktp",
    "bpjs_facility_code": "0114A001",
    "address": "Jalan Melati 1, Jakarta",
}
HOSPITAL_ORGANIZATION_ID = "10000005"
HOSPITAL_ID = "c1100000-0000-4000-8000-000000000002"
HOSPITAL = {
    "id": HOSPITAL_ID,
    "name": "Klinik Utama Kenanga",
    "satusehat_organization_id": HOSPITAL_ORGANIZATION_ID,
    "time_zone": "Asia/Jakarta",
    "capability": "fkrtl",
    "bpjs_facility_code": "0114R001",
    "address": "Jalan Kenanga 2, Jakarta",
}
LOCATIONS = (
    ("POLI-UMUM", "Poli Umum", "poli"),
    ("POLI-GIGI", "Poli Gigi", "poli"),
    ("POLI-KIA", "Poli Kesehatan Ibu dan Anak", "poli"),
    ("FARMASI", "Ruang Farmasi", "pharmacy"),
    ("LAB", "Laboratorium", "laboratory"),
)
HOSPITAL_LOCATIONS = (
    ("POLI-INT", "Penyakit Dalam", "poli"),
    ("POLI-OBG", "Kebidanan dan Kandungan", "poli"),
    ("RANAP", "Ruang Mawar", "room"),
)


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody with a login and a role; health workers have a NIK and a profession too."""

    role: str
    full_name: str
    nik: str | None = None
    profession: str | None = None
    at: str = "klinik"

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.role.replace('_', '-')}@{self.at}.test"

    @property
    def clinic_id(self) -> str:
        """Where they work."""
        return HOSPITAL_ID if self.at == "kenanga" else CLINIC_ID

    def login(self) -> dict[str, str]:
        """What one needs to sign in."""
        clinic = str((HOSPITAL if self.at == "kenanga" else CLINIC)["name"])
        return {
            "role": self.role, "name": self.full_name, "clinic": clinic, "email": self.email, "password": PASSWORD,
        }  # fmt: skip


PERSONAS = (
    Persona("owner", "Rina Melati"),
    Persona("admin", "Budi Santoso"),
    Persona("doctor", "dr. Alexander", "7209061211900001", "doctor"),
    Persona("nurse", "Sheila Annisa S.Kep", "3313096403900009", "nurse"),
    Persona("lab", "dr. Nathalie Tan, Sp.PK.", "5271002009700008", "analyst"),
    Persona("pharmacist", "apt. Aditya Pradhana, S.Farm.", "3578083008700010", "pharmacist"),
    Persona("cashier", "Wulan Sari"),
    Persona("front_desk", "Agus Wijaya"),
)
HOSPITAL_PERSONAS = (
    Persona("owner", "Kartika Kenanga", at="kenanga"),
    Persona("admin", "Yusuf Hidayat", at="kenanga"),
    Persona("doctor", "dr. Syarifuddin, Sp.Pd.", "3171071609900003", "doctor", at="kenanga"),
    Persona("nurse", "Ratna Dewi, S.Kep", profession="nurse", at="kenanga"),
    Persona("cashier", "Lina Marlina", at="kenanga"),
    Persona("front_desk", "Dimas Prakoso", at="kenanga"),
)


async def move_in(url: str, service_key: str) -> tuple[Persona, ...]:
    """Create the first-level clinic, its rooms and its staff in an empty project, and return who works there."""
    return await _open(url, service_key, CLINIC, LOCATIONS, PERSONAS)


async def open_hospital(url: str, service_key: str) -> tuple[Persona, ...]:
    """Create the referral-level clinic beside it; with an organization of its own at SatuSehat."""
    return await _open(url, service_key, HOSPITAL, HOSPITAL_LOCATIONS, HOSPITAL_PERSONAS)


async def _open(
    url: str, service_key: str, clinic: dict[str, str], rooms: tuple[Room, ...], personas: tuple[Persona, ...]
) -> tuple[Persona, ...]:
    async with client(url, service_key) as database:
        await _insert(database, "clinics", [clinic])
        listed = [{"clinic_id": clinic["id"], "code": c, "name": n, "kind": k} for c, n, k in rooms]
        await _insert(database, "locations", listed)
        await _hire(database, personas)
        await database.rpc("install_examinations", {"clinic_id": clinic["id"]}).execute()
    return personas


async def _hire(database: AsyncClient, personas: tuple[Persona, ...]) -> None:
    users = [await _sign_up(database, persona) for persona in personas]
    staff = await _insert(database, "staff", [_staff(p, u) for p, u in zip(personas, users, strict=True)])
    staff_ids = {row["user_id"]: row["id"] for row in staff}
    members = [(persona, staff_ids[user]) for persona, user in zip(personas, users, strict=True)]
    await _insert(database, "staff_roles", [_role(persona, member) for persona, member in members])
    healers = [_practitioner(persona, member) for persona, member in members if persona.profession]
    await _insert(database, "practitioners", healers)


async def _sign_up(database: AsyncClient, persona: Persona) -> str:
    reply = await database.auth.admin.create_user({"email": persona.email, "password": PASSWORD, "email_confirm": True})
    return reply.user.id


async def _insert(database: AsyncClient, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reply = await database.table(table).insert(rows).execute()
    inserted: list[Any] = reply.data
    return inserted


def _staff(persona: Persona, user_id: str) -> dict[str, Any]:
    return {"clinic_id": persona.clinic_id, "user_id": user_id, "full_name": persona.full_name}


def _role(persona: Persona, staff_id: str) -> dict[str, Any]:
    return {"clinic_id": persona.clinic_id, "staff_id": staff_id, "role": persona.role}


def _practitioner(persona: Persona, staff_id: str) -> dict[str, Any]:
    return {
        "clinic_id": persona.clinic_id,
        "staff_id": staff_id,
        "full_name": persona.full_name,
        "nik": persona.nik,
        "profession": persona.profession,
    }
