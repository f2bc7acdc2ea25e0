"""Carries changes from the database's stream to the hub, and comes back after a lost connection."""

import asyncio
import contextlib
import logging
import secrets

import asyncpg

from sandbox.supabase.gateway.realtime.channel import Channel
from sandbox.supabase.gateway.realtime.hub import Hub
from sandbox.supabase.gateway.realtime.pgoutput import Change, Decoder, Relation
from sandbox.supabase.gateway.realtime.replication import Stream, StreamLostError, connected
from sandbox.supabase.gateway.realtime.tables import Tables

PUBLICATION = "supabase_realtime"
RETRY_S = 0.1

log = logging.getLogger(__name__)


class Changes:
    """Streams from the first listener on; before that, the database does no work for us."""

    def __init__(self, socket: str, pool: "asyncpg.Pool", hub: Hub) -> None:
        """`socket` is the path of the database's unix socket."""
        self._socket, self._pool, self._hub = socket, pool, hub
        self._live = False
        self._waiting: set[Channel] = set()
        self._task: asyncio.Task[None] | None = None

    async def join(self, channel: Channel) -> None:
        """Announce to the channel that changes flow, now or as soon as they do."""
        if self._live:
            await channel.announce()
            return
        self._waiting.add(channel)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def leave(self, channel: Channel) -> None:
        """The channel no longer waits."""
        self._waiting.discard(channel)

    async def close(self) -> None:
        """End the stream."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                async with connected(self._socket) as stream:
                    await stream.begin(f"realtime_{secrets.token_hex(6)}", PUBLICATION)
                    await self._go_live()
                    await self._carry(stream)
            except (StreamLostError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.debug("realtime.stream_lost %s", type(error).__name__)
            if self._live:
                self._live = False
                await self._hub.close_listeners()
            await asyncio.sleep(RETRY_S)

    async def _go_live(self) -> None:
        self._live = True
        while self._waiting:
            await self._waiting.pop().announce()

    async def _carry(self, stream: Stream) -> None:
        decoder, tables = Decoder(), Tables(self._pool)
        async for message in stream.messages():
            match decoder.feed(message):
                case Relation() as relation:
                    await tables.describe(relation)
                case Change() as change:
                    await self._tell(tables, change)
                case None:
                    pass

    async def _tell(self, tables: Tables, change: Change) -> None:
        table = tables.get(change.relation)
        if table and self._hub.concerned(table, change.kind):
            await self._hub.tell(await tables.read(table, change))
