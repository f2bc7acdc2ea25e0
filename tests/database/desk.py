"""A clinic that writes, and workers that lease, each on a connection of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from sandbox.supabase.postgres import Postgres
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("desk.sql"))
TARGET = "satusehat"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Clinic:
    """One clinic's front end; its writes fire the triggers as everybody's do."""

    connection: asyncpg.Connection
    ids: dict[str, UUID]

    @classmethod
    async def open(cls, connection: asyncpg.Connection) -> "Clinic":
        """A new clinic with a doctor, a room, a patient and a drug."""
        return cls(connection, dict(await connection.fetchrow(SQL["clinic"])))

    async def arrival(self, hours_ago: int = 1) -> UUID:
        """A visit that has begun."""
        people = [self.ids[name] for name in ("clinic", "patient", "doctor", "room")]
        return await self.connection.fetchval(SQL["visit"], *people, hours_ago)

    async def finished(self, count: int = 1) -> list[UUID]:
        """Visits that are over."""
        visits = [await self.arrival() for _ in range(count)]
        for visit in visits:
            await self.connection.execute(SQL["finish"], visit)
        return visits

    async def write(self, name: str, visit: UUID) -> Any:
        """One of the named writes."""
        return await self.connection.fetchval(SQL[name], visit)

    async def delivery(self, visit: UUID) -> Row:
        """The delivery of a visit, as it is now."""
        found = await self.connection.fetchrow(SQL["delivery"], visit)
        return dict(found) if found else {}

    async def state(self, visit: UUID) -> str:
        """The state of a visit's delivery."""
        return (await self.delivery(visit))["state"]

    async def hurry(self) -> None:
        """Whatever rests is due."""
        await self.connection.execute(SQL["hurry"])

    async def difference(self) -> int:
        """0 when the books balance."""
        return await self.connection.fetchval(SQL["difference"])


@dataclass(frozen=True, slots=True)
class Worker:
    """Calls the functions that workers call, with the rights that workers have."""

    connection: asyncpg.Connection
    name: str

    async def lease(self, limit: int = 10, busy: Row | None = None) -> list[Row]:
        """Take due rows."""
        rows = await self.connection.fetch(
            "select * from integration.lease($1, $2, $3, 60, $4, $5)",
            TARGET, self.name, limit, json.dumps(busy or {}), not busy,
        )  # fmt: skip
        return [dict(row) for row in rows]

    async def record(self, *reports: Row) -> list[tuple[str, str | None]]:
        """Write down endings; answers what became of each, and the state."""
        rows = await self.connection.fetch("select * from integration.record($1, $2)", self.name, json.dumps(reports))
        return [(row["result"], row["state"]) for row in rows]

    async def heartbeat(self, *leases: Row) -> list[int]:
        """Extend leases."""
        return await self._ids("select integration.heartbeat($1, $2, 60)", leases)

    async def release(self, *leases: Row) -> list[int]:
        """Give leases back."""
        return await self._ids("select integration.release($1, $2)", leases)

    async def sweep(self, rest_s: float = 0) -> Row:
        """Housekeeping."""
        return json.loads(await self.connection.fetchval("select integration.sweep($1, $2)", TARGET, rest_s))

    async def replay(self, ask: bool = False, **wanted: Any) -> list[Row]:
        """Make ready again what a filter names."""
        rows = await self.connection.fetch("select * from integration.replay($1, $2, true)", json.dumps(wanted), ask)
        return [dict(row) for row in rows]

    async def die(self, *leases: Row) -> None:
        """Fall silent until the leases have ended and a sweep has seen it."""
        await self.connection.execute("reset role")
        for lease in leases:
            await self.connection.execute(SQL["expire"], lease["id"])
        await self.connection.execute("set role service_role")
        await self.sweep()

    async def _ids(self, statement: str, leases: tuple[Row, ...]) -> list[int]:
        named = [{"id": lease["id"], "lease_number": lease["lease_number"]} for lease in leases]
        rows = await self.connection.fetch(statement, self.name, json.dumps(named))
        return [row[0] for row in rows]


def report(lease: Row, outcome: str, **more: Any) -> Row:
    """How a lease ended."""
    return {"id": lease["id"], "lease_number": lease["lease_number"], "outcome": outcome, **more}


def missing(lease: Row, *keys: str, **more: Any) -> Row:
    """A block that waits for keys."""
    return report(lease, "blocked", failure="missing", problems=[problem(key) for key in keys or (None,)], **more)


def refused(lease: Row, **more: Any) -> Row:
    """A refusal of the target."""
    return report(lease, "rejected", failure="invalid", problems=[problem(None)], **more)


def problem(key: str | None) -> Row:
    """A reason somebody can act on."""
    return {"rule": "10000", "role": "admin", "field": "patients.nik", "reason": "Isi NIK.", "waits_for": key}


@asynccontextmanager
async def connected(books: Postgres, role: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of a role."""
    connection = await asyncpg.connect(books.socket_dsn("supabase_admin"))
    await connection.execute(f"set role {role}")
    try:
        yield connection
    finally:
        await connection.close()


async def waiting(watcher: asyncpg.Connection, call: Awaitable[Any]) -> asyncio.Task[Any]:
    """The call, once it stands in front of a lock that another transaction holds."""
    task = asyncio.ensure_future(call)
    async with asyncio.timeout(10):
        while not await watcher.fetchval(SQL["waiters"]) and not task.done():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
    return task
