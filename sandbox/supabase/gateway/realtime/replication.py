"""A client of PostgreSQL's streaming replication protocol: changes arrive the moment they commit.

The slot is temporary: it ends with the connection, so that no log is ever kept for nobody.
Protocol: https://www.postgresql.org/docs/17/protocol-replication.html
"""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PROTOCOL_3 = 196608
_EPOCH_S = 946_684_800  # 2000-01-01, where PostgreSQL's clock starts
_PARAMETERS = {
    "user": "supabase_admin",
    "database": "postgres",
    "replication": "database",
    "application_name": "realtime",
    "options": "-c timezone=UTC -c datestyle=ISO -c extra_float_digits=1",
}


class StreamLostError(Exception):
    """The connection to the database ended, or the database refused to stream."""


class Stream:
    """One replication connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Wraps an open connection."""
        self._reader, self._writer = reader, writer

    async def begin(self, slot: str, publication: str) -> None:
        """Create a temporary slot and start to stream what the publication covers."""
        self._send_startup()
        await self._until_ready()
        await self._command(f"CREATE_REPLICATION_SLOT {slot} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT")
        options = f"proto_version '1', publication_names '{publication}'"
        self._send(b"Q", f"START_REPLICATION SLOT {slot} LOGICAL 0/0 ({options})".encode() + b"\0")
        while await self._receive() != b"W":
            pass

    async def messages(self) -> AsyncIterator[bytes]:
        """Messages of the output plugin, in commit order. Raises StreamLostError at the end."""
        while True:
            kind, body = await self._packet()
            if kind != b"d":
                raise StreamLostError("the database ended the stream")
            if body[:1] == b"w":
                yield body[25:]
                self._confirm(struct.unpack_from(">Q", body, 9)[0])
            elif body[17:18] == b"\1":  # a keep-alive that wants an answer
                self._confirm(struct.unpack_from(">Q", body, 1)[0])

    def _confirm(self, position: int) -> None:
        """Tell the server how far it may forget its log."""
        now = int((time.time() - _EPOCH_S) * 1_000_000)
        self._send(b"d", b"r" + struct.pack(">QQQqB", position, position, position, now, 0))

    def _send_startup(self) -> None:
        pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in _PARAMETERS.items())
        body = struct.pack(">I", _PROTOCOL_3) + pairs + b"\0"
        self._writer.write(struct.pack(">I", len(body) + 4) + body)

    def _send(self, kind: bytes, body: bytes) -> None:
        self._writer.write(kind + struct.pack(">I", len(body) + 4) + body)

    async def _command(self, text: str) -> None:
        self._send(b"Q", text.encode() + b"\0")
        await self._until_ready()

    async def _until_ready(self) -> None:
        while await self._receive() != b"Z":
            pass

    async def _receive(self) -> bytes:
        return (await self._packet())[0]

    async def _packet(self) -> tuple[bytes, bytes]:
        try:
            kind, size = struct.unpack(">cI", await self._reader.readexactly(5))
            body = await self._reader.readexactly(size - 4)
        except (OSError, asyncio.IncompleteReadError):
            raise StreamLostError("the connection to the database ended") from None
        if kind == b"E":
            raise StreamLostError("the database refused to stream: " + _sentence(body))
        return kind, body


@asynccontextmanager
async def connected(socket: str) -> AsyncIterator[Stream]:
    """A connection through the database's unix socket. Raises StreamLostError when there is none."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        raise StreamLostError("the database does not answer") from None
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()


def _sentence(body: bytes) -> str:
    """The message field of an error packet."""
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    return fields.get(b"M", b"").decode(errors="replace")
