"""An invented clinic and the people who work there, one login per role.

Health workers bear identities that the ministry publishes for its test environment, so that the
same clinic can be tried against it; nobody here exists.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.supabase.client import client
from supabase import AsyncClient

ORGANIZATION_ID = "10000004"
PASSWORD = "sandbox-only"
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
LOCATIONS = (
    ("POLI-UMUM", "Poli Umum", "poli"),
    ("POLI-GIGI", "Poli Gigi", "poli"),
    ("POLI-KIA", "Poli Kesehatan Ibu dan Anak", "poli"),
    ("FARMASI", "Ruang Farmasi", "pharmacy"),
    ("LAB", "Laboratorium", "laboratory"),
)


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody with a login and a role; health workers have a NIK and a profession too."""

    role: str
    full_name: str
    nik: str | None = None
    profession: str | None = None

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.role.replace('_', '-')}@klinik.test"

    def login(self) -> dict[str, str]:
        """What one needs to sign in."""
        return {"role": self.role, "name": self.full_name, "email": self.email, "password": PASSWORD}


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


async def move_in(url: str, service_key: str) -> tuple[Persona, ...]:
    """Create the clinic, its rooms and its staff in an empty project, and return who works there."""
    async with client(url, service_key) as database:
        await _furnish(database)
        await _hire(database)
    return PERSONAS


async def _furnish(database: AsyncClient) -> None:
    await _insert(database, "clinics", [CLINIC])
    rooms = [{"clinic_id": CLINIC_ID, "code": c, "name": n, "kind": k} for c, n, k in LOCATIONS]
    await _insert(database, "locations", rooms)


async def _hire(database: AsyncClient) -> None:
    users = [await _sign_up(database, persona) for persona in PERSONAS]
    staff = await _insert(database, "staff", [_staff(p, u) for p, u in zip(PERSONAS, users, strict=True)])
    staff_ids = {row["user_id"]: row["id"] for row in staff}
    members = [(persona, staff_ids[user]) for persona, user in zip(PERSONAS, users, strict=True)]
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
    return {"clinic_id": CLINIC_ID, "user_id": user_id, "full_name": persona.full_name}


def _role(persona: Persona, staff_id: str) -> dict[str, Any]:
    return {"clinic_id": CLINIC_ID, "staff_id": staff_id, "role": persona.role}


def _practitioner(persona: Persona, staff_id: str) -> dict[str, Any]:
    return {
        "clinic_id": CLINIC_ID,
        "staff_id": staff_id,
        "full_name": persona.full_name,
        "nik": persona.nik,
        "profession": persona.profession,
    }
