"""What every measurement stands on: the embedded Supabase, the ministry in a process of its own, invented visits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from sandbox.people import CLINIC_ID, ORGANIZATION_ID
from sandbox.up import CREDENTIAL, Sandbox, sandbox
from workers.app import built
from workers.satusehat.places import set_up
from workers.settings import Settings

SQL = Path(__file__).parent / "visits.sql"


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox, a connection that may do anything, and the ministry's control door."""

    running: Sandbox
    database: asyncpg.Connection
    ministry: httpx.AsyncClient

    def settings(self, **changes: object) -> Settings:
        """The workers' settings against this stage; ``changes`` by field name."""
        run = self.running
        return Settings(
            _env_file=None,  # type: ignore[call-arg]  # a pydantic-settings argument, not a field
            **{
                "supabase_url": run.stack.url,
                "supabase_service_key": run.stack.service_key,
                "satusehat_auth_url": f"{run.satusehat_url}/oauth2/v1",
                "satusehat_fhir_url": f"{run.satusehat_url}/fhir-r4/v1",
                "satusehat_credentials": [CREDENTIAL],
                "satusehat_requests_per_second": 1e6,
                "log_level": "ERROR",
                **changes,
            },  # type: ignore[arg-type]  # checked by pydantic itself
        )

    async def latency(self, ms: float) -> None:
        """Let every FHIR request take so many milliseconds longer."""
        rule = {"name": "latency", "match": {"path": "/fhir-r4"}, "effect": {"kind": "latency", "ms": ms}}
        (await self.ministry.post("/__sandbox__/faults", json=[rule])).raise_for_status()

    async def visits(self, count: int, *, finished: bool = True, rich: bool = False) -> None:
        """Add so many visits of known patients: 10 resources each, or 17 when rich."""
        await self.database.execute("select bench.visits($1, $2, $3, $4)", CLINIC_ID, count, finished, rich)

    async def clear(self) -> None:
        """Forget all visits and deliveries, and what the ministry holds of them; people and places stay."""
        await self.database.execute("select bench.clear()")
        await self.ministry.post("/__sandbox__/reset", json={"resources": True, "ledger": True})
        await self.know_everybody()

    async def know_everybody(self) -> None:
        """Create the clinic's rooms at the ministry, and tell every identity there is."""
        async with built(self.settings()) as app:
            [_ async for _ in set_up(app.deliveries, app.satusehat, apply=True)]
        await self.database.execute("select bench.know_everybody($1)", CLINIC_ID)

    async def until_delivered(self, count: int) -> None:
        """Wait until so many visits are delivered."""
        while (await self.counts()).get("delivered", 0) < count:  # noqa: ASYNC110  # another process decides
            await asyncio.sleep(0.01)

    async def counts(self) -> dict[str, int]:
        """Deliveries to SatuSehat by state."""
        rows = await self.database.fetch(
            "select state::text, count(*) from integration.deliveries where target = 'satusehat' group by 1"
        )
        return {row[0]: row[1] for row in rows}


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything, with a clinic whose patients, doctor and room SatuSehat knows."""
    async with sandbox() as running:
        database = await asyncpg.connect(running.stack.superuser_dsn)
        async with httpx.AsyncClient(base_url=running.satusehat_url, timeout=60, trust_env=False) as ministry:
            await database.execute(SQL.read_text())
            await database.execute("delete from integration.lanes where target <> 'satusehat'")
            await database.execute("update public.clinics set bpjs_facility_code = null")  # one target is measured
            await database.execute("select bench.people($1)", CLINIC_ID)
            made = Stage(running, database, ministry)
            await made.know_everybody()
            yield made
        await database.close()


__all__ = ["ORGANIZATION_ID", "Stage", "stage"]
