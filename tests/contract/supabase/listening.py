"""A listener of tests: it waits until the server says that changes flow, then collects them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from supabase import AsyncClient

PATIENCE_S = 10


@dataclass(slots=True)
class Listener:
    """What was heard so far."""

    heard: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    live: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_changes(self, client: AsyncClient, table: str, filter_: str | None = None) -> "Listener":
        """Listen to a table until the test ends."""
        channel = client.channel(f"contract-{id(self)}")
        channel.on_postgres_changes("*", self._hear, table=table, schema="public", filter=filter_)
        channel.on_system(lambda message: self.live.set() if message.status == "ok" else None)
        await channel.subscribe()
        async with asyncio.timeout(PATIENCE_S):
            await self.live.wait()
        return self

    async def next(self) -> dict[str, Any]:
        """The next change."""
        async with asyncio.timeout(PATIENCE_S):
            return (await self.heard.get())["data"]

    def _hear(self, message: Any) -> None:
        self.heard.put_nowait(message)
