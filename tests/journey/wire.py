"""A wire between a worker and Supabase that can be cut, or go dead without a word."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SOCKET = b"/realtime/v1/websocket"


@dataclass
class Wire:
    """Passes bytes on; knows which connections are Realtime's."""

    port: int
    address: str = ""
    dead: bool = False
    """Realtime's bytes vanish, in both directions, and nobody is told."""
    refusing: bool = False
    """New Realtime connections are hung up on."""
    sockets: list[asyncio.StreamWriter] = field(default_factory=list)
    opened: int = 0
    """How many Realtime connections were made."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.read(65_536)
            realtime = SOCKET in first
            if realtime and self.refusing:
                writer.close()
                return
            there, out = await asyncio.open_connection("127.0.0.1", self.port)
            if realtime:
                self.opened += 1
                self.sockets += [writer, out]
            out.write(first)
            await asyncio.gather(self._pass(reader, out, realtime), self._pass(there, writer, realtime))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, realtime: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if not (realtime and self.dead):
                    target.write(data)
                    await target.drain()
        target.close()

    def cut(self) -> None:
        """Reset every Realtime connection."""
        for writer in self.sockets:
            writer.transport.abort()
        self.sockets.clear()


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    """A wire to the address, while the block lasts; the worker is to use ``address``."""
    made = Wire(urlsplit(url).port or 80)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        made.cut()
