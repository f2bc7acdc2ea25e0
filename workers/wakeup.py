"""A bell that says "look now" and nothing else; a slow poll stands behind it."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any

import structlog
from realtime import AsyncRealtimeClient, RealtimeSubscribeStates

log = structlog.get_logger()

RECONNECT_FIRST_S = 0.5
RECONNECT_MOST_S = 30.0
SILENCE_S = 30.0
"""A join that is not answered, or a heartbeat that cannot be sent, within this is a dead socket."""


class Bell:
    """Many rings make one wake; nobody's wake takes another listener's away."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Event] = []
        self.rings = 0

    def listener(self) -> asyncio.Event:
        """An event of one's own, set by every ring; the listener clears it."""
        event = asyncio.Event()
        self._listeners.append(event)
        return event

    def ring(self, _payload: object = None) -> None:
        """Called on any sign of work, on reconnect and on stop; carries nothing."""
        self.rings += 1
        for event in self._listeners:
            event.set()


async def wait(event: asyncio.Event, poll_seconds: float) -> None:
    """Until the event is set, or a poll interval with jitter has passed; clears it."""
    jittered = poll_seconds * random.uniform(0.8, 1.2)  # noqa: S311  # spreads workers, guards nothing
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(jittered):
            await event.wait()
    event.clear()


class RealtimeBell:
    """Rings for every delivery that became ready, through the official client, for ever.

    A fresh client is built for each connection: the library's own rejoin repeats an expired token and
    loses ``postgres_changes`` (reference: supabase-py issue 1655, realtime-py issue 213). It is live
    only after the *system* message, so that is what opens it and what rings the first time.
    """

    def __init__(self, url: str, key: str, bell: Bell) -> None:
        self._url = f"{url.rstrip('/')}/realtime/v1"
        self._key = key
        self._bell = bell
        self.live = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; a dead connection is replaced after a growing, jittered pause."""
        pause = RECONNECT_FIRST_S
        while True:
            try:
                await self._listen()
                pause = RECONNECT_FIRST_S
            except Exception as error:  # noqa: BLE001  # the library raises what its socket raises
                log.warning("realtime.lost", error=type(error).__name__, wait_s=pause)
            self.live.clear()
            self._bell.ring()
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311
            pause = min(pause * 2, RECONNECT_MOST_S)

    async def _listen(self) -> None:
        client = AsyncRealtimeClient(self._url, self._key, auto_reconnect=False)
        closed = asyncio.Event()
        try:
            # Not asyncio.wait_for: in Python 3.11 it loses a cancellation that meets the end of what it waits for.
            async with asyncio.timeout(SILENCE_S):
                await client.connect()
            await self._subscribe(client, closed)
            async with asyncio.timeout(SILENCE_S):
                await _first(self.live, closed)
            while not closed.is_set() and _hears(client):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await closed.wait()
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2.0):
                    await client.close()

    async def _subscribe(self, client: AsyncRealtimeClient, closed: asyncio.Event) -> None:
        channel = client.channel("deliveries")
        for change in ("INSERT", "UPDATE"):
            channel.on_postgres_changes(
                change,  # type: ignore[arg-type]  # the library wants its enum's literal
                schema="integration", table="deliveries", filter="state=eq.ready",
                callback=self._bell.ring,
            )  # fmt: skip
        channel.on_system(self._system(closed))
        await channel.subscribe(lambda state, _: self._joined(state, closed))

    @staticmethod
    def _joined(state: RealtimeSubscribeStates, closed: asyncio.Event) -> None:
        if state != RealtimeSubscribeStates.SUBSCRIBED:
            closed.set()

    def _system(self, closed: asyncio.Event) -> Callable[[Any], None]:
        def heard(message: Any) -> None:
            payload = message.get("payload", message) if isinstance(message, dict) else vars(message)
            if payload.get("status") == "ok":
                self.live.set()
                self._bell.ring()
                log.info("realtime.live")
            else:
                closed.set()

        return heard


def _hears(client: AsyncRealtimeClient) -> bool:
    """Whether somebody still reads the socket: the library's reader can die and leave it open."""
    reader = client._listen_task
    return client.is_connected and reader is not None and not reader.done()


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
