"""The MLLP listener: many connections at once, one message at a time on each, answered in order."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import structlog

from workers.laboratory.analysers.answering import Answering, Receive
from workers.laboratory.analysers.framing import END, START, Blocks, TooLong
from workers.laboratory.sources import Network, admits, networks
from workers.settings import Settings
from workers.settings_laboratory import MEBIBYTE

log = structlog.get_logger()

CHUNK_BYTES = 65_536
BACKLOG = 512
"""Beyond it the kernel leaves a sender hanging that believes to be connected."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender may cost."""

    connections: int = 64
    message_bytes: int = MEBIBYTE
    idle_s: float = 3600.0
    """Silence between messages; an analyser stays connected through a quiet morning, and comes again when cut off."""
    stall_s: float = 30.0
    """Silence within a message, or while an answer is not fetched."""


class Listener:
    """An open port. ``port`` is the bound one, also when any was asked for."""

    def __init__(self, answering: Answering, sources: tuple[Network, ...], limits: Limits) -> None:
        self._answering = answering
        self._sources = sources
        self._limits = limits
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._hearing: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._tasks)

    async def start(self, host: str, port: int) -> None:
        """Open the port; raises OSError when it cannot be had."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=CHUNK_BYTES, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("analyser.listening", port=self.port)

    async def stop(self) -> None:
        """Take no more; a message in hand is filed and answered, half of one is forgotten."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._hearing:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(writer.get_extra_info("peername", ("",))[0])
        if self._stopping or len(self._tasks) >= self._limits.connections:
            log.warning("analyser.connection_refused", source=address, open=len(self._tasks))
            writer.transport.abort()
        elif not admits(address, self._sources):
            log.warning("analyser.source_refused", source=address)
            writer.transport.abort()
        else:
            _keep_alive(writer.get_extra_info("socket"))
            task = asyncio.create_task(self._serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Unanswered: the analyser sends it again. Not its text, which may quote the message.
            log.error("analyser.connection_crashed", exc_info=error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with structlog.contextvars.bound_contextvars(connection=next(self._numbers)):
            blocks = Blocks(self._limits.message_bytes)
            try:
                # A connection that breaks takes its unanswered message with it; the analyser sends it again.
                with contextlib.suppress(ConnectionError, TimeoutError):
                    await self._converse(reader, writer, blocks)
            finally:
                _report_waste(blocks)
                await self._close(writer)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        """Close; answers that nobody fetches would keep the socket open for as long as the other side likes."""
        writer.close()
        try:
            async with asyncio.timeout(self._limits.stall_s):
                await writer.wait_closed()
        except OSError:  # TimeoutError is one
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, blocks: Blocks) -> None:
        while not self._stopping and (received := await self._hear(reader, blocks)):
            try:
                for block in blocks.feed(received):
                    await self._send(writer, await self._answering.answer(block))
                    await asyncio.sleep(0)  # a refusal waits for nothing: many in a row would hold up everybody
                    if self._stopping:
                        return
            except TooLong as long:
                await self._send(writer, self._answering.too_long(long.head, self._limits.message_bytes))
                return
            _report_dropped(blocks)

    async def _hear(self, reader: asyncio.StreamReader, blocks: Blocks) -> bytes:
        """What comes next; nothing at the end of the connection. Only here may a stop interrupt."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._hearing.add(task)
        try:
            async with asyncio.timeout(self._limits.stall_s if blocks.half else self._limits.idle_s):
                return await reader.read(CHUNK_BYTES)
        except TimeoutError:
            log.info("analyser.silent", half=blocks.half)
            return b""
        finally:
            self._hearing.discard(task)

    async def _send(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.stall_s):
                writer.write(START + answer + END)
                await writer.drain()
        except TimeoutError:
            writer.transport.abort()
            raise


def _keep_alive(connection: socket.socket) -> None:
    """Let the kernel find out who has vanished: analysers are switched off at the wall, and keep their place taken."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, seconds in ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4)):
        connection.setsockopt(socket.IPPROTO_TCP, option, seconds)


def _report_dropped(blocks: Blocks) -> None:
    if blocks.dropped or blocks.broken_off:
        log.warning("analyser.bytes_dropped", bytes=blocks.dropped, broken_off=blocks.broken_off)
        blocks.dropped = blocks.broken_off = 0


def _report_waste(blocks: Blocks) -> None:
    _report_dropped(blocks)
    if blocks.half:
        log.warning("analyser.half_message_dropped")


@asynccontextmanager
async def listening(settings: Settings, receive: Receive, limits: Limits = Limits()) -> AsyncIterator[Listener]:
    """Take results from analysers while the block lasts; ``receive`` is ``Deliveries.call``.

    Times without a zone are those of ``schedule_time_zone``. Raises OSError for a port in use.
    """
    zone = ZoneInfo(settings.schedule_time_zone)
    answering = Answering(receive, settings.laboratory_clinic_id, zone)
    listener = Listener(answering, networks(settings.laboratory_sources), limits)
    await listener.start(settings.laboratory_mllp_host, settings.laboratory_mllp_port or 0)
    try:
        yield listener
    finally:
        await listener.stop()
