"""Where journeys are played: the whole sandbox, an invented clinic, and the ministry's control door."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from sandbox.people import CLINIC_ID, ORGANIZATION_ID
from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS
from sandbox.up import CREDENTIAL, Sandbox, sandbox
from workers.app import App, built, run
from workers.satusehat.places import set_up
from workers.settings import Settings

SQL = Path(__file__).parent / "clinic.sql"
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.05
HASTE: Mapping[str, Any] = {
    "satusehat_timeout_seconds": 0.8,
    "bpjs_timeout_seconds": 0.9,
    "satusehat_uncertain_rest_seconds": 1.6,
    "lease_seconds": 4,
    "sweep_seconds": 0.5,
    "poll_seconds": 1.0,
    "satusehat_concurrency": 8,
    "satusehat_requests_per_second": 1000,
}
"""A worker's day in seconds: the same proportions, thirty times shorter."""
ON_THEIR_WAY = frozenset({"ready", "leased", "uncertain"})


async def until(true: Callable[[], Awaitable[object]], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait for something to come true; the one place that looks again and again. Fails with ``what``."""
    deadline = time.monotonic() + within_s
    while not await true():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        await asyncio.sleep(LOOK_EVERY_S)


async def emptied(truncate: Callable[[], Awaitable[object]]) -> None:
    """Empty tables. The last call of a daemon that is gone may still be carried out: where both wait, one gives way."""
    for _ in range(10):
        with contextlib.suppress(asyncpg.DeadlockDetectedError):
            await truncate()
            return
    await truncate()


@asynccontextmanager
async def daemon(settings: Settings) -> AsyncIterator[App]:
    """A daemon in this process while the block lasts; stopped gracefully at its end."""
    async with built(settings) as app:
        stop = asyncio.Event()
        running = asyncio.create_task(run(app, stop))
        try:
            yield app
        finally:
            stop.set()
            await running


@dataclass(frozen=True, slots=True)
class Scene:
    """A running sandbox, a connection that may do anything, and the ministry's control door."""

    running: Sandbox
    pool: asyncpg.Pool
    ministry: httpx.AsyncClient

    def values(self, **changes: object) -> dict[str, Any]:
        """The workers' settings for this scene as plain values, so that another process can have them."""
        stack, url = self.running.stack, self.running.satusehat_url
        return {
            "supabase_url": stack.url,
            "supabase_service_key": stack.service_key,
            "satusehat_auth_url": f"{url}/oauth2/v1",
            "satusehat_fhir_url": f"{url}/fhir-r4/v1",
            "satusehat_credentials": [CREDENTIAL],
            **HASTE,
            **changes,
        }

    def settings(self, **changes: object) -> Settings:
        """The workers' settings for this scene."""
        return Settings(_env_file=None, **self.values(**changes))

    async def sql(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run one statement as somebody who may do anything."""
        return await self.pool.fetch(statement, *arguments)

    async def one(self, statement: str, *arguments: object) -> Any:
        """The one value a statement gives."""
        return await self.pool.fetchval(statement, *arguments)

    async def visits(self, count: int) -> list[str]:
        """So many finished visits, written in one transaction."""
        return [str(row[0]) for row in await self.sql("select journey.visits($1, $2)", CLINIC_ID, count)]

    async def visit(self, *, patient: str = "J1", finished: bool = True, drug: str | None = None) -> str:
        """One visit of the patient with that medical record number; ``drug`` is a code of the clinic."""
        return str(await self.one(
            """select journey.visit($1, (select id from public.patients where medical_record_number = $2), $3,
                                    (select id from public.drugs where code = $4))""",
            CLINIC_ID, patient, finished, drug))  # fmt: skip

    async def know_everybody(self) -> None:
        """Spare the workers the looking up of identities."""
        await self.sql("select journey.know_everybody($1)", CLINIC_ID)

    async def state(self, visit: str) -> str | None:
        """The state of a visit's delivery; None when there is none."""
        return await self.one("select state::text from integration.deliveries where subject_id = $1", visit)

    async def states(self) -> dict[str, int]:
        """Deliveries by state."""
        rows = await self.sql("select state::text, count(*)::integer from integration.deliveries group by 1")
        return {row[0]: row[1] for row in rows}

    async def reaches(self, visit: str, state: str) -> None:
        """Wait until a visit's delivery is in a state."""

        async def there() -> bool:
            return await self.state(visit) == state

        await until(there, f"the delivery becomes {state}")

    async def drained(self, within_s: float = PATIENCE_S) -> None:
        """Wait until nothing is on its way any more."""

        async def over() -> bool:
            return not ON_THEIR_WAY & (await self.states()).keys()

        await until(over, "every delivery comes to rest", within_s)

    async def behave(self, *rules: Mapping[str, Any], seed: int = 1) -> None:
        """Put these fault rules in force, and only these."""
        posted = {"rules": [dict(rule) for rule in rules], "seed": seed}
        (await self.ministry.post("/__sandbox__/faults", json=posted)).raise_for_status()

    async def settle(self, **settings: object) -> None:
        """Change settings of the simulator."""
        (await self.ministry.post("/__sandbox__/settings", json=settings)).raise_for_status()

    async def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """What the ministry received after a sequence number."""
        reply = await self.ministry.get("/__sandbox__/ledger", params={"since": since, "resources": 0})
        return reply.json()["requests"]

    async def held(self, type_: str) -> list[dict[str, Any]]:
        """What the ministry holds of a type."""
        summary = await self.summary()
        params = {"type": type_, "since": summary["last_seq"]}
        return (await self.ministry.get("/__sandbox__/ledger", params=params)).json()["resources"]

    async def summary(self) -> dict[str, Any]:
        """The ledger in numbers."""
        return (await self.ministry.get("/__sandbox__/ledger", params={"summary": 1})).json()

    async def last_seq(self) -> int:
        """The number of the last request the ministry received."""
        return (await self.summary())["last_seq"]

    async def clear(self) -> None:
        """A new day: no visits, a ministry that behaves and knows the clinic's rooms and nothing else."""
        await emptied(lambda: self.sql("select journey.clear($1)", CLINIC_ID))
        everything = {"resources": True, "ledger": True, "faults": True, "tokens": True}
        await self.ministry.post("/__sandbox__/reset", json=everything)
        await self.settle(token_ttl_s=3599, token_penalty_s=60)
        async with built(self.settings()) as app:
            [_ async for _ in set_up(app.deliveries, app.satusehat, apply=True)]
        await self.ministry.post("/__sandbox__/reset", json={"ledger": True})

    def daemon(self, **changes: object) -> AbstractAsyncContextManager[App]:
        """A daemon in this process while the block lasts; stopped gracefully at its end."""
        return daemon(self.settings(**changes))


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Start everything once; ``clear`` makes it new for each test."""
    async with (
        sandbox() as running,
        asyncpg.create_pool(running.stack.superuser_dsn, min_size=1, max_size=4) as pool,
        httpx.AsyncClient(base_url=running.satusehat_url, timeout=60, trust_env=False) as ministry,
    ):
        await pool.execute(SQL.read_text(encoding="utf-8"))
        await pool.executemany(
            "insert into journey.citizens values ($1, $2, $3, $4, $5::text::date, $6)",
            [(n, p.nik, p.ihs, p.name, p.birth_date, p.gender) for n, p in enumerate(UNAMBIGUOUS_PATIENTS, 1)],
        )
        await pool.execute("delete from integration.lanes where target <> 'satusehat'")
        await pool.execute("update public.clinics set bpjs_facility_code = null")  # these journeys end at the ministry
        await pool.execute("update public.locations set active = code = 'POLI-UMUM'")  # one room is enough here
        yield Scene(running, pool, ministry)


__all__ = ["CLINIC_ID", "ORGANIZATION_ID", "Scene", "scene", "until"]
