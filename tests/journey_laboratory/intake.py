"""A clinic's laboratory in the embedded project, and the listener in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sandbox.analyser.machine import Analyser, Patience
from sandbox.supabase.stack import Stack
from tests.database import bench
from tests.database.bench import Bench, Row
from tests.database.desk import connected
from workers.deliveries import Deliveries, connect
from workers.laboratory.analysers.listener import Listener, listening
from workers.settings import Settings

HOST, APPLICATION = "127.0.0.1", "ALAT"
PATIENT = Patience(answer_s=10, first_pause_s=0.05, longest_pause_s=0.5, attempts=100)


@dataclass(frozen=True, slots=True)
class Intake:
    """The laboratory, and the workers' client."""

    stack: Stack
    bench: Bench
    deliveries: Deliveries

    def values(self, **changes: object) -> dict[str, Any]:
        """The workers' settings as plain values, for a process of its own."""
        nowhere = "http://127.0.0.1:9"
        return {
            "supabase_url": self.stack.url, "supabase_service_key": self.stack.service_key,
            "satusehat_auth_url": nowhere, "satusehat_fhir_url": nowhere,
            "laboratory_clinic_id": str(self.bench.clinic), "laboratory_mllp_port": 0, "poll_seconds": 0.05, **changes,
        }  # fmt: skip

    def settings(self, **changes: object) -> Settings:
        """The workers' settings."""
        return Settings(_env_file=None, **self.values(**changes))

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[Listener]:
        """The listener while the block lasts."""
        async with listening(self.settings(laboratory_mllp_port=port), self.deliveries.call) as listener:
            yield listener

    async def one(self, statement: str, *arguments: object) -> Any:
        """The one value a statement gives."""
        return await self.bench.connection.fetchval(statement, *arguments)

    async def values_of(self, order: Row) -> dict[str, str]:
        """What counts now, as a display would show it."""
        return {code: _shown(row) for code, row in (await self.bench.results(order)).items()}

    async def versions(self, order: Row) -> int:
        """Rows of results an order ever had: one per analyte when nothing was filed twice."""
        statement = "select count(*)::integer from public.results where order_id = $1"
        return await self.one(statement, UUID(order["id"]))

    async def messages(self) -> list[tuple[int, int, int]]:
        """Of each message: taken, unmatched, and how often it came again."""
        rows = await self.bench.connection.fetch(
            "select taken, unmatched, repeats from public.analyser_messages where clinic_id = $1 order by received_at",
            self.bench.clinic,
        )
        return [(row[0], row[1], row[2]) for row in rows]


def analyser(port: int, application: str = APPLICATION) -> Analyser:
    """One that is registered, and patient."""
    return Analyser(HOST, port, application, "LAB", patience=PATIENT)


def tube(order: Row) -> str:
    """The number on the label of an order's first tube."""
    return str(order["specimens"][0]["accession_number"])


def _shown(row: Row) -> str:
    if row["value_numeric"] is not None:
        return f"{row['comparator'] or ''}{row['value_numeric']} {row['unit']}"
    return str(row["value_code"] or row["value_text"])


@asynccontextmanager
async def intake(stack: Stack) -> AsyncIterator[Intake]:
    """A clinic of its own, with the standard catalogue and one registered analyser."""
    client = await connect(stack.url, stack.service_key)
    try:
        async with connected(stack.postgres) as connection:
            yield Intake(stack, await bench.opened(connection), Deliveries(client, "intake"))
    finally:
        await client.postgrest.aclose()
