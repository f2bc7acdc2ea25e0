"""A simulator's own door: raw ASGI, because an answer may also be to say nothing and hang up."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sandbox.door.faults import Plan
from sandbox.door.ledger import CRASHED, DROPPED, Effect, Ledger, Receipt

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Request(Protocol):
    """What every simulator reads of a request."""

    method: str
    path: str
    query: str
    body: bytes
    kind: str


Call = TypeVar("Call", bound=Request)


class Reply(NamedTuple):
    """An answer before it is put on the wire."""

    status: int
    body: bytes
    content_type: str | None = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    effects: tuple[Effect, ...] = ()
    clock_skew_s: float = 0.0
    """How far off the server's clock is, as its Date header tells."""


class ConnectionDroppedError(ConnectionResetError):
    """The simulator hung up without an answer; raised where there is no socket to close."""


class Gate(ABC, Generic[Call]):
    """Receives, writes down, delays, answers or hangs up."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        """Write into a ledger; the clock gives Unix seconds."""
        self._ledger = ledger
        self._clock = clock

    @abstractmethod
    def read(self, scope: Scope, body: bytes) -> Call:
        """Read a request once."""

    @abstractmethod
    def receipt(self, call: Call, received_at: float) -> Receipt:
        """Write a request down."""

    @abstractmethod
    def plan(self, call: Call) -> Plan:
        """Decide what shall go wrong."""

    @abstractmethod
    def reply(self, call: Call, plan: Plan, receipt: Receipt) -> Reply | None:
        """Carry a request out and give the answer, or None for hanging up."""

    def begun(self, call: Call, received_at: float, visit: str | None, **known: Any) -> Receipt:
        """Give a receipt that is not in the ledger yet; `known` are further fields of it."""
        return Receipt(
            seq=0,
            received_at=received_at,
            started_at=self._clock(),
            method=call.method,
            path=call.path,
            query=call.query,
            type=call.kind,
            body_sha256=None,
            body_bytes=len(call.body),
            visit=visit,
            in_flight=1,
            **known,
        )

    def signs(self) -> list[tuple[bytes, bytes]]:
        """Give the headers by which the real gateway is known."""
        return []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one HTTP request to its end."""
        received_at, arrived = self._clock(), asyncio.get_running_loop().time()
        body = await _body(receive)
        if body is None:
            return
        call = self.read(scope, body)
        receipt = self.receipt(call, received_at)
        plan = self.plan(call)
        receipt.faults = plan.names
        reply: Reply | None = None
        status: int | str = CRASHED
        try:
            await _until(arrived + plan.commit_after_s)
            reply = self.reply(call, plan, receipt)
            await _until(arrived + plan.answer_after_s)
            status = DROPPED if reply is None else reply.status
        finally:
            self._ledger.end(receipt, status, self._clock())
        if reply is None:
            await _hang_up(receive, send)
        else:
            await _answer(reply, self.signs(), send)


async def _until(moment: float) -> None:
    """Wait for a moment of the loop's clock; one that has passed costs nothing."""
    wait_s = moment - asyncio.get_running_loop().time()
    if wait_s > 0:
        await asyncio.sleep(wait_s)


async def _body(receive: Receive) -> bytes | None:
    """Read the whole body; None when the client left before it was sent."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _answer(reply: Reply, signs: list[tuple[bytes, bytes]], send: Send) -> None:
    date = formatdate(time.time() + reply.clock_skew_s, usegmt=True).encode()
    headers = [(b"date", date), (b"content-length", str(len(reply.body)).encode())]
    if reply.content_type is not None:
        headers.append((b"content-type", reply.content_type.encode()))
    headers += [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers + signs})
    await send({"type": "http.response.body", "body": reply.body})


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the socket without a word. uvicorn keeps it on the object whose method ``send`` is."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionDroppedError("connection closed without an answer")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue
