"""What the laboratory does every minute costs the same after twenty years: no growing table is read whole."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from sandbox.supabase.stack import database_alone
from tests.database.test_plans import HISTORY, _read_whole

VISITS = 20_000
GROWING = ("diagnostic_orders", "diagnostic_order_items", "diagnostic_order_history", "specimens", "results",
           "result_files", "analyser_messages", "unmatched_results", "notifications", "critical_alerts", "messages",
           "deliveries", "visits", "patients")  # fmt: skip
CALLS: dict[str, tuple[str, str, tuple[object, ...]]] = {
    # who, statement, arguments by name of what was seeded
    "place": ("staff", "select public.place_order($1, '{HB}')", ("visit",)),
    "collect": ("staff", "select public.collect_specimens($1)", ("order",)),
    "labels": ("staff", "select * from public.specimen_labels($1)", ("order",)),
    "start": ("staff", "select public.start_examination($1)", ("order",)),
    "receive": ("service", "select integration.receive_results($1, $2)", ("clinic", "message")),
    "receive odd": ("service", "select integration.receive_results($1, $2)", ("clinic", "odd")),
    "map": ("staff", "insert into public.analyser_codes (clinic_id, analyser_id, analyser_code, test_code) "
                     "values ($1, $2, 'HGB', 'HB')", ("clinic", "analyser")),
    "final": ("staff", "select public.finalize_order($1)", ("order",)),
    "review": ("staff", "select public.review_order($1)", ("order",)),
    "amend": ("staff", "select public.amend_results($1, $2, 'Ulang')", ("order", "amendment")),
    "upload": ("staff", "select public.register_upload($1, 'x.pdf')", ("order",)),
    "arrivals": ("service", "select integration.find_arrivals()", ()),
    "register": ("service", "select integration.register_file($1, 'folder', $2, 'x.pdf', null, 1, 'h')",
                 ("clinic", "number")),
    "file": ("service", "select integration.result_file_snapshot($1)", ("file",)),
    "learned": ("service", "select integration.result_file_learned($1, '{\"state\": \"available\"}')", ("file",)),
    "escalate": ("service", "select integration.escalate()", ()),
    "order": ("service", "select integration.diagnostic_order_snapshot($1)", ("order",)),
    "cancel": ("service", "update public.visits set status = 'cancelled' where id = $1", ("visit",)),
    "my notifications": ("staff", "select * from public.notifications where staff_id = $1 "
                                  "order by created_at desc limit 20", ("staff",)),
    "a patient's results": ("staff", "select * from public.results where patient_id = $1", ("person",)),
    "my results": ("patient", "select * from public.results where patient_id = $1", ("person",)),
    "my files": ("patient", "select * from public.result_files where patient_id = $1", ("person",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Years:
    """A clinic with years of orders, one of which has just been placed."""

    connection: asyncpg.Connection
    seeded: dict[str, Any]

    async def run(self, who: str, statement: str, arguments: tuple[object, ...]) -> Any:
        """As somebody, with their own rights."""
        user = self.seeded["user" if who == "staff" else "patient"]
        role = "service_role" if who == "service" else "authenticated"
        async with self.connection.transaction():
            claims = json.dumps({"sub": str(user), "role": role})
            await self.connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
            await self.connection.execute(f"set local role {role}")
            return await self.connection.fetch(statement, *(self.seeded[str(name)] for name in arguments))


@pytest.fixture(scope="module")
async def years() -> AsyncIterator[Years]:
    """Twenty thousand visits, half of them with an order, and statistics that know it."""
    async with database_alone(migrations=True) as cluster:
        connection = await asyncpg.connect(cluster.socket_dsn("supabase_admin"))
        clinic = await connection.fetchval(HISTORY["clinic"])
        people = await connection.fetchrow(HISTORY["people"], clinic)
        await connection.execute("set session_replication_role = replica")
        await connection.execute(HISTORY["visits"], clinic, VISITS)
        await connection.execute(HISTORY["laboratory"], clinic, people["staff"])
        await connection.execute("set session_replication_role = origin")
        visit = await connection.fetchval("select id from public.visits order by arrived_at desc limit 1")
        await connection.execute("update public.visits set status = 'finished' where id = $1", visit)
        seeded = {
            "clinic": clinic, "staff": people["staff"], "user": people["user"], "visit": visit,
            "patient": await connection.fetchval(HISTORY["patient"]),
            "person": await connection.fetchval("select patient_id from public.patient_accounts"),
            "analyser": await connection.fetchval("select id from public.analysers"),
            "file": await connection.fetchval("select id from public.result_files limit 1"),
        }  # fmt: skip
        await connection.execute("analyze")
        found = Years(connection, seeded)
        told = json.loads((await found.run(*CALLS["place"]))[0][0])
        number = told["specimens"][0]["accession_number"]
        seeded |= {
            "order": UUID(told["id"]), "number": number,
            "message": _message("HB", number), "odd": _message("HGB", number),
            "amendment": json.dumps([{"code": "HB", "numeric": "5", "unit": "g/dL"}]),
        }  # fmt: skip
        yield found
        await connection.close()


def _message(code: str, number: str) -> str:
    seen = {"accession_number": number, "code": code, "numeric": "13.5", "unit": "g/dL", "status": "F"}
    message = {"sending_application": "ALAT", "sending_facility": "", "control_id": uuid4().hex, "sha256": uuid4().hex}
    return json.dumps({**message, "observations": [seen]})


@pytest.mark.parametrize("call", CALLS)
async def test_no_growing_table_is_read_whole(years: Years, call: str) -> None:
    """One after the other, as an order goes its way; counted by the server, inside of functions too."""
    before = await _read_whole(years.connection)
    await years.run(*CALLS[call])
    after = await _read_whole(years.connection)

    assert {} == {table: after[table] - before[table] for table in GROWING if after[table] > before[table]}
