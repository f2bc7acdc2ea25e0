"""One topic on one socket: what it listens to, and on whose behalf."""

import contextlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.supabase.gateway.realtime import frames
from sandbox.supabase.gateway.realtime.filters import Term, parse
from sandbox.supabase.gateway.realtime.frames import Frame
from sandbox.supabase.gateway.realtime.tables import RowChange, Table
from sandbox.supabase.keys import Claims

PREFIX = "realtime:"


@dataclass(frozen=True, slots=True)
class Binding:
    """A wish for changes, with the number under which they are sent."""

    number: int
    wish: dict[str, Any]
    terms: tuple[Term, ...]

    @classmethod
    def of(cls, wish: dict[str, Any]) -> "Binding":
        """Raises FilterError when the filter cannot be understood."""
        number = zlib.crc32(repr(sorted(wish.items())).encode()) & 0x7FF_FFFF or 1
        return cls(number, wish, parse(wish.get("filter")))

    def concerns(self, table: Table, kind: str) -> bool:
        """Whether such a change of this table is wished for, whatever is in the row."""
        relation = table.relation
        return (
            self.wish.get("event", "*") in ("*", kind)
            and self.wish.get("schema", "public") in ("*", relation.schema)
            and self.wish.get("table", "*") in ("*", relation.table)
        )

    def wants(self, change: RowChange) -> bool:
        """Whether this very change is wished for."""
        row = change.record if change.record is not None else change.old_record or {}
        return self.concerns(change.table, change.kind) and all(term.matches(row) for term in self.terms)

    def echo(self) -> dict[str, Any]:
        """The wish as the client must find it in the reply, with its number."""
        return {"id": self.number, **self.wish}


@dataclass(slots=True)
class Line:
    """A socket and the version of the protocol it speaks."""

    socket: web.WebSocketResponse
    version: int

    async def send(self, frame: Frame) -> None:
        """Send, unless the other side has gone."""
        data = frames.write(frame, self.version)
        with contextlib.suppress(ConnectionError):
            await (self.socket.send_bytes(data) if isinstance(data, bytes) else self.socket.send_str(data))


@dataclass(slots=True, eq=False)
class Channel:
    """A joined topic."""

    line: Line
    topic: str
    join_ref: str | None
    claims: Claims
    config: dict[str, Any]
    bindings: Sequence[Binding] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        """The topic as the application named it."""
        return self.topic.removeprefix(PREFIX)

    @property
    def private(self) -> bool:
        """Whether policies on realtime.messages decide who may listen and speak."""
        return bool(self.config.get("private"))

    def broadcast_option(self, name: str) -> bool:
        """An option such as `self` or `ack`."""
        return bool((self.config.get("broadcast") or {}).get(name))

    async def send(self, event: str, payload: dict[str, Any], ref: str | None = None) -> None:
        """Send an event on this topic."""
        await self.line.send(Frame(self.topic, event, payload, ref, self.join_ref if ref else None))

    async def reply(self, ref: str | None, response: dict[str, Any], status: str = "ok") -> None:
        """Answer the request that bore this ref."""
        await self.send("phx_reply", {"status": status, "response": response}, ref)

    async def announce(self) -> None:
        """Say that from now on every change will be told."""
        message = {"message": "Subscribed to PostgreSQL", "status": "ok"}
        await self.send("system", {"channel": self.name, "extension": "postgres_changes", **message})
