"""A poli with practice hours, and those who take its numbers."""

import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from sandbox.supabase.postgres import Postgres
from sandbox.supabase.statements import load
from tests.database.desk import SQL as DESK
from tests.database.desk import connected

SQL = load(Path(__file__).with_name("queue.sql"))
PEOPLE, QUOTA = 60, 40


@dataclass(frozen=True, slots=True)
class Poli:
    """One poli, asked and written to on one connection."""

    connection: asyncpg.Connection
    clinic: UUID

    async def answer(self, name: str, *arguments: object) -> dict[str, Any]:
        """What Mobile JKN is answered."""
        return json.loads(await self.connection.fetchval(SQL[name], self.clinic, *arguments))

    async def take(self, person: int, days: int = 0, **changes: object) -> tuple[int, str]:
        """Code and sentence when somebody takes a number."""
        said = await self.answer("take", person, days, json.dumps(changes))
        return said["code"], said["message"]

    async def arrive(self, person: int) -> UUID:
        """Somebody comes to the counter."""
        return await self.connection.fetchval(SQL["arrive"], self.clinic, person)

    async def move(self, visit: UUID, status: str) -> None:
        """The visit goes on."""
        await self.connection.execute(SQL["move"], visit, status)

    async def entries(self) -> list[asyncpg.Record]:
        """All places."""
        return await self.connection.fetch(SQL["entries"])

    async def numbers(self) -> list[int]:
        """All numbers that were given."""
        return [row["number"] for row in await self.connection.fetch(SQL["numbers"])]


async def opened(connection: asyncpg.Connection, quota: int = QUOTA) -> Poli:
    """An empty poli with people who may come."""
    await connection.execute(DESK["clear"])
    ids = await connection.fetchrow(SQL["clinic"], quota)
    await connection.execute(SQL["patients"], ids["clinic"], PEOPLE)
    return Poli(connection, ids["clinic"])


async def crowd(books: Postgres, exits: AsyncExitStack, clinic: UUID, size: int) -> list[Poli]:
    """As many connections with the workers' rights."""
    phones = [await exits.enter_async_context(connected(books, "service_role")) for _ in range(size)]
    return [Poli(phone, clinic) for phone in phones]
