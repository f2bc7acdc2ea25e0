"""Where journeys to BPJS are played: the sandbox, its two clinics, and BPJS's control door."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from sandbox.people import CLINIC_ID
from sandbox.up import CREDENTIAL, FACILITIES, Sandbox, sandbox
from tests.journey.stage import ON_THEIR_WAY, daemon, emptied, until
from workers.app import App, built
from workers.bpjs.synchronize import everything
from workers.settings import Settings

SQL = Path(__file__).with_name("counter.sql")
HASTE: Mapping[str, Any] = {
    "satusehat_timeout_seconds": 0.8,
    "satusehat_uncertain_rest_seconds": 1.6,
    "bpjs_timeout_seconds": 0.8,
    "bpjs_uncertain_rest_seconds": 1.6,
    "bpjs_requests_per_second": 1000,
    "lease_seconds": 4,
    "sweep_seconds": 0.5,
    "poll_seconds": 1.0,
}

ACTIVE, NEW_MEMBER = "8801014501800001", "8801014404600004"
ELSEWHERE, IN_ARREARS, UNKNOWN = "8801010202750002", "8801010303700003", "8801019912990009"
BORN = {
    ACTIVE: "1980-01-05", NEW_MEMBER: "1960-04-04", ELSEWHERE: "1975-02-02",
    IN_ARREARS: "1970-03-03", UNKNOWN: "1999-12-09",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    """A running sandbox, a connection that may do anything, and BPJS's control door."""

    running: Sandbox
    pool: asyncpg.Pool
    door: httpx.AsyncClient

    def values(self, **changes: object) -> dict[str, Any]:
        """The workers' settings as plain values."""
        stack, ministry = self.running.stack, self.running.satusehat_url
        addresses = {f"bpjs_{name.lower()}_url": url for name, url in self.running.bpjs_addresses().items()}
        return {
            "supabase_url": stack.url,
            "supabase_service_key": stack.service_key,
            "satusehat_auth_url": f"{ministry}/oauth2/v1",
            "satusehat_fhir_url": f"{ministry}/fhir-r4/v1",
            "satusehat_credentials": [CREDENTIAL],
            "bpjs_facilities": FACILITIES,
            **addresses,
            **HASTE,
            **changes,
        }

    def settings(self, **changes: object) -> Settings:
        """The workers' settings."""
        return Settings(_env_file=None, **self.values(**changes))

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run one statement as somebody who may do anything."""
        return await self.pool.fetch(statement, *arguments)

    async def one(self, statement: str, *arguments: object) -> Any:
        """The one value a statement gives."""
        return await self.pool.fetchval(statement, *arguments)

    async def registers(self, nik: str | None, born: str = "") -> str:
        """A patient comes to the counter for the first time."""
        return str(await self.one(
            """insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
               values ($1, 'RM-' || gen_random_uuid(), $2, 'Pasien Uji', $3::text::date, 'female') returning id""",
            CLINIC_ID, nik, born or BORN[nik or ACTIVE]))  # fmt: skip

    async def visit(self, patient: str, *, finished: bool = True, with_drug: bool = True) -> str:
        """A BPJS visit at the general poli."""
        return str(await self.one("select counter.visit($1, $2, $3)", patient, finished, with_drug))

    async def crowd(self, count: int) -> list[str]:
        """So many members, each with a finished BPJS visit today; memberships are known already."""
        person = {"birth_date": "1990-01-01", "sex": "L"}
        members = [
            {"nik": f"88010101{n:08d}", "card": f"80001{n:08d}", "name": f"Peserta {n}", **person}
            for n in range(1, count + 1)
        ]
        (await self.door.post("/__sandbox__/members", json=members)).raise_for_status()
        patients = [await self.registers(member["nik"], "1990-01-01") for member in members]
        async with self.daemon():
            await self.drained()
        return [await self.visit(patient) for patient in patients]

    async def whole(self, count: int) -> None:
        """Everything arrived, once: the books of both sides agree."""
        assert {"delivered": count} == await self.states("pcare_visit")
        held = [len(await self.held(kind)) for kind in ("registration", "visit", "drug")]
        assert [count] * 3 == held
        assert not (await self.summary())["duplicates"]
        laws = await self.sql("select target, difference from integration.status()")
        assert {0} == {row["difference"] for row in laws}

    async def furnish(self) -> None:
        """The clinic's first day: BPJS's lists fetched, its one drug mapped."""
        await self.sql("select counter.settled($1)", CLINIC_ID)
        async with built(self.settings()) as app:
            kept = [one async for one in everything(app.deliveries, app.bpjs, app.settings)]
        assert all(one.entries is not None for one in kept), kept
        (await self.door.post("/__sandbox__/reset", json={"ledger": True})).raise_for_status()

    async def told(self, visit: str) -> asyncpg.Record:
        """What P-Care gave for a visit."""
        return (await self.sql("select * from public.bpjs_visits where visit_id = $1", visit))[0]

    async def state(self, visit: str) -> str | None:
        """The state of a visit's delivery to P-Care."""
        return await self.one("select state::text from integration.deliveries "
                              "where subject_id = $1 and target = 'pcare'", visit)  # fmt: skip

    async def reaches(self, visit: str, state: str) -> None:
        """Wait until a visit's delivery to P-Care is in a state."""

        async def there() -> bool:
            return await self.state(visit) == state

        await until(there, f"the delivery becomes {state}")

    async def asked(self) -> list[str]:
        """Method and path of what BPJS received, without numbers."""
        rows = await self.requests()
        return [f"{row['method']} {row['path'].split('/')[2]}" for row in rows]

    async def membership(self, patient: str) -> asyncpg.Record:
        """What the clinic knows of a patient's membership."""
        return (await self.sql("select * from public.bpjs_memberships where patient_id = $1", patient))[0]

    async def states(self, kind: str | None = None) -> dict[str, int]:
        """Deliveries to BPJS by state."""
        rows = await self.sql(
            """select state::text, count(*)::integer from integration.deliveries
                where target <> 'satusehat' and ($1::text is null or kind = $1) group by 1""", kind)  # fmt: skip
        return {row[0]: row[1] for row in rows}

    async def drained(self) -> None:
        """Wait until nothing is on its way to BPJS any more."""

        async def over() -> bool:
            return not ON_THEIR_WAY & (await self.states()).keys()

        await until(over, "every delivery comes to rest")

    async def drained_but_waiting(self) -> None:
        """Wait until no worker holds anything; what rests may go on later."""

        async def over() -> bool:
            return "leased" not in await self.states()

        await until(over, "every lease is given back")

    async def behave(self, *rules: Mapping[str, Any], seed: int = 1) -> None:
        """Put these fault rules in force, and only these."""
        posted = {"rules": [dict(rule) for rule in rules], "seed": seed}
        (await self.door.post("/__sandbox__/faults", json=posted)).raise_for_status()

    async def settle(self, **settings: object) -> None:
        """Turn switches of the simulator."""
        (await self.door.post("/__sandbox__/settings", json=settings)).raise_for_status()

    async def requests(self) -> list[dict[str, Any]]:
        """What BPJS received."""
        reply = await self.door.get("/__sandbox__/ledger", params={"resources": 0})
        return reply.json()["requests"]

    async def held(self, type_: str) -> list[dict[str, Any]]:
        """What BPJS holds of a type."""
        return (await self.door.get("/__sandbox__/ledger", params={"type": type_})).json()["resources"]

    async def summary(self) -> dict[str, Any]:
        """The ledger in numbers, with the duplicates."""
        return (await self.door.get("/__sandbox__/ledger", params={"summary": 1})).json()

    async def clear(self) -> None:
        """A new day."""
        await emptied(lambda: self.sql("select counter.clear()"))
        parts = ("resources", "ledger", "faults", "members", "settings")
        (await self.door.post("/__sandbox__/reset", json=dict.fromkeys(parts, True))).raise_for_status()

    def daemon(self, **changes: object) -> AbstractAsyncContextManager[App]:
        """A daemon in this process while the block lasts; stopped gracefully at its end."""
        return daemon(self.settings(**changes))


@asynccontextmanager
async def counter() -> AsyncIterator[Counter]:
    """Start everything once; ``clear`` makes it new for each test."""
    async with (
        sandbox() as running,
        asyncpg.create_pool(running.stack.superuser_dsn, min_size=1, max_size=4) as pool,
        httpx.AsyncClient(base_url=running.bpjs_url, timeout=60, trust_env=False) as door,
    ):
        await pool.execute(SQL.read_text(encoding="utf-8"))
        yield Counter(running, pool, door)
