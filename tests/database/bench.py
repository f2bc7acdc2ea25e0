"""A laboratory whose staff act with their own rights, on one connection."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("bench.sql"))
ROLES = ("owner", "admin", "doctor", "nurse", "lab", "pharmacist", "cashier", "front_desk")
ADULT_DAYS = 12_000
Row = dict[str, Any]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Bench:
    """One clinic's laboratory, with somebody in every role and a stranger."""

    connection: asyncpg.Connection
    clinic: UUID
    users: dict[str, UUID]
    staff: dict[str, UUID]

    @asynccontextmanager
    async def acting(self, role: str) -> AsyncIterator[None]:
        """As that person, through the API's eyes, while the block lasts; ends in an exception as it began."""
        async with self.connection.transaction():
            claims = json.dumps({"sub": str(self.users[role]), "role": "authenticated"})
            await self.connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
            await self.connection.execute("set local role authenticated")
            yield

    async def call(self, role: str, function: str, *arguments: object) -> Any:
        """Call a function of the API as somebody; raises what it refuses with."""
        marks = ", ".join(f"${i}" for i in range(1, len(arguments) + 1))
        async with self.acting(role):
            told = await self.connection.fetchval(f"select public.{function}({marks})", *map(_given, arguments))
        return json.loads(told) if isinstance(told, str) and told[:1] in "{[" else told

    async def refused(self, role: str, function: str, *arguments: object) -> str | None:
        """The code somebody is refused with; None when it was done."""
        try:
            await self.call(role, function, *arguments)
        except asyncpg.PostgresError as error:
            return error.sqlstate
        return None

    async def visit(self, sex: str = "female", age_days: int = ADULT_DAYS) -> UUID:
        """Somebody comes to the doctor."""
        return await self.connection.fetchval(SQL["visit"], self.clinic, sex, age_days)

    async def ordered(self, *codes: str, visit: UUID | None = None) -> Row:
        """An order the doctor placed."""
        return await self.call("doctor", "place_order", visit or await self.visit(), list(codes))

    async def reached(self, state: str, *codes: str, values: list[Row] | None = None, visit: UUID | None = None) -> Row:
        """An order in that state, on the straight way there."""
        order = await self.ordered(*codes, visit=visit)
        values = values or [{"code": "HB", "numeric": "13.1", "unit": "g/dL"}]
        steps: tuple[tuple[str, str, str, tuple[object, ...]], ...] = (
            ("collected", "nurse", "collect_specimens", ()),
            ("in_process", "lab", "start_examination", ()),
            ("preliminary", "lab", "enter_results", (values,)),
            ("final", "lab", "finalize_order", ()),
            ("amended", "lab", "amend_results", ([{**values[0], "numeric": "12.9"}], "Salah ketik")),
        )
        if state == "cancelled":
            return await self.call("doctor", "cancel_order", order["id"], "Tidak jadi")
        for name, role, function, arguments in steps if state != "ordered" else ():
            order = await self.call(role, function, order["id"], *arguments)
            if name == state:
                break
        return order

    async def state(self, order: Row) -> str:
        """How far an order is."""
        return await self.connection.fetchval(SQL["state"], UUID(order["id"]))

    async def results(self, order: Row) -> dict[str, Row]:
        """What counts now, by code."""
        rows = await self.connection.fetch(SQL["results"], UUID(order["id"]))
        return {row["code"]: dict(row) for row in rows}

    async def notifications(self, order: Row) -> list[Row]:
        """Who is told of an order."""
        return [dict(row) for row in await self.connection.fetch(SQL["notifications"], UUID(order["id"]))]

    async def worklist(self) -> list[Row]:
        """What could not be filed."""
        return [dict(row) for row in await self.connection.fetch(SQL["worklist"], self.clinic)]

    async def receive(self, *observations: Row, control_id: str | None = None, **more: object) -> Row:
        """An analyser sends a message; what it may be answered."""
        control = control_id or uuid4().hex
        message = {
            "sending_application": "ALAT", "sending_facility": "", "control_id": control, "sha256": control,
            "message_type": "ORU^R01", "version": "2.5.1", "sent_at": None, "observations": list(observations), **more,
        }  # fmt: skip
        return json.loads(await self.connection.fetchval(SQL["receive"], self.clinic, json.dumps(message)))


def seen(code: str, value: str, unit: str | None, accession: str | None, **more: object) -> Row:
    """One observation as an analyser tells it."""
    return {"accession_number": accession, "code": code, "name": None, "value_type": "numeric", "numeric": value,
            "comparator": None, "coded": None, "text": None, "unit": unit, "flags": None, "status": "F",
            "observed_at": None, "patient_number": None, "note": None, "problem": None, **more}  # fmt: skip


async def opened(connection: asyncpg.Connection) -> Bench:
    """A new clinic beside whatever there is."""
    number = next(_numbers)
    clinic = await connection.fetchval(SQL["clinic"], f"Klinik {number}", f"LAB{number}")
    await connection.fetchval("select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', false)")
    await connection.fetchval(SQL["catalogue"], clinic)
    await connection.fetchval("select set_config('request.jwt.claims', '', false)")
    users, staff = {}, {}
    for role in (*ROLES, "second_doctor", "stranger"):
        users[role] = await connection.fetchval(SQL["user"], f"{role}{uuid4().hex}@bench.test")
        if role != "stranger":
            staff[role] = await connection.fetchval(SQL["staff"], clinic, users[role], role.removeprefix("second_"))
    await connection.fetchval(SQL["analyser"], clinic, "ALAT")
    return Bench(connection, clinic, users, staff)


def _given(argument: object) -> object:
    if isinstance(argument, dict) or (isinstance(argument, list) and argument and isinstance(argument[0], dict)):
        return json.dumps(argument)
    return argument
