"""Composition root: settings in, running program out."""

import asyncio
import gc
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from supabase import AsyncClient
from workers import instruments, schedule
from workers.bpjs.client import BpjsClients
from workers.bpjs.deliver import BpjsDelivery, credential_key
from workers.bpjs.services import TARGETS
from workers.deliveries import Deliveries, connect
from workers.errors import DatabaseAway, WorkersError
from workers.laboratory.files.deliver import FilesDelivery
from workers.loop import Deliver, TargetLoop
from workers.messaging.deliver import Channels, MessagingDelivery
from workers.messaging.wording import CHANNELS
from workers.satusehat.client import SatusehatClients
from workers.satusehat.deliver import SatusehatDelivery
from workers.settings import Settings
from workers.traffic import Traffic
from workers.wakeup import Bell, RealtimeBell

log = structlog.get_logger()

SATUSEHAT = "satusehat"
FILES = "files"
FILES_PER_SECOND, MESSAGES_AT_ONCE, MESSAGES_PER_SECOND = 100.0, 4, 10.0
FILES_REST = timedelta(seconds=5)
"""Examining a file again is harmless: it needs no longer rest than a worker that died in it needs to be gone."""
ANNOUNCE_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class App:
    """Everything built once and handed to those who need it."""

    settings: Settings
    deliveries: Deliveries
    satusehat: SatusehatClients
    bpjs: BpjsClients
    channels: Channels
    client: AsyncClient
    bell: Bell
    realtime: RealtimeBell
    loops: tuple[TargetLoop, ...]


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[App]:
    """The program's parts, closed again at the end; opens no connection by itself."""
    # The suffix keeps two processes apart that were given one name: leases are fenced by it.
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"
    worker = f"{name}-{secrets.token_hex(3)}"
    key = settings.supabase_service_key.get_secret_value()
    client = await connect(settings.supabase_url, key)
    deliveries = Deliveries(client, worker)
    traffic = _traffic(settings)
    paces = {target: traffic[target].pace for target in TARGETS}
    bell = Bell()
    try:
        async with (
            SatusehatClients(settings, traffic[SATUSEHAT].pace) as satusehat,
            BpjsClients(settings, paces) as bpjs,
            Channels(settings) as channels,
            FilesDelivery(client, settings) as files,
        ):
            routes = _routes(settings, satusehat, bpjs, channels) | {FILES: (files, FILES_REST)}
            loops = tuple(
                TargetLoop(
                    target, deliver, traffic[target], deliveries, bell=bell, lease_seconds=settings.lease_seconds,
                    poll_seconds=settings.poll_seconds, rest=rest,
                )
                for target, (deliver, rest) in routes.items()
            )  # fmt: skip
            realtime = RealtimeBell(settings.supabase_url, key, bell)
            yield App(settings, deliveries, satusehat, bpjs, channels, client, bell, realtime, loops)
    finally:
        await client.postgrest.aclose()


def _traffic(settings: Settings) -> dict[str, Traffic]:
    """How much each target is asked at once."""
    return {
        SATUSEHAT: Traffic(settings.satusehat_concurrency, settings.satusehat_requests_per_second),
        **{target: Traffic(settings.bpjs_concurrency, settings.bpjs_requests_per_second) for target in TARGETS},
        FILES: Traffic(settings.files_concurrency, FILES_PER_SECOND),
        **{channel: Traffic(MESSAGES_AT_ONCE, MESSAGES_PER_SECOND) for channel in CHANNELS},
    }


def _routes(
    settings: Settings, satusehat: SatusehatClients, bpjs: BpjsClients, channels: Channels
) -> dict[str, tuple[Deliver, timedelta]]:
    """Per target who carries a lease, and how long a doubt rests."""
    message = MessagingDelivery(channels, settings)
    return {
        SATUSEHAT: (_satusehat(settings, satusehat), settings.rest_after_doubt),
        **{target: (BpjsDelivery(target, bpjs, settings), settings.bpjs_rest_after_doubt) for target in TARGETS},
        **{channel: (message, timedelta(seconds=settings.messaging_timeout_seconds)) for channel in CHANNELS},
    }


def _satusehat(settings: Settings, clients: SatusehatClients) -> SatusehatDelivery:
    timeout = timedelta(seconds=settings.satusehat_timeout_seconds)
    imaging_wait = timedelta(seconds=settings.satusehat_imaging_wait_seconds)
    return SatusehatDelivery(clients, timeout, settings.rest_after_doubt, imaging_wait)


async def run(app: App, stop: asyncio.Event) -> None:
    """The daemon: works until ``stop`` is set, then finishes or gives back what it holds.

    Raises WorkersError when it cannot start: a port that is not free, a database that refuses us.
    """
    try:
        await _run(app, stop)
    except ExceptionGroup as group:
        raise _sayable(group) from None


def _sayable(group: ExceptionGroup[Exception]) -> Exception:
    """Out of its tasks' group, the error that a person is to read; the whole group where a bug is in it."""
    told, bugs = group.split(WorkersError)
    if told is None or bugs is not None:
        return group
    first: Exception = told
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


async def _run(app: App, stop: asyncio.Event) -> None:
    _spare_the_collector()
    heard = await announce(app)
    rests = {loop.target: loop.rest for loop in app.loops}
    async with asyncio.TaskGroup() as group:
        announcing = None if heard else group.create_task(_announce_again(app))
        listening = group.create_task(app.realtime.run())
        working = [group.create_task(loop.run()) for loop in app.loops]
        with schedule.running(app.settings, app.deliveries, app.satusehat, app.bpjs, rests, app.bell):
            async with instruments.listening(app.settings, app.deliveries.call, app.client):
                log.info("worker.started", worker=app.deliveries.worker)
                await stop.wait()
            for loop in app.loops:
                loop.stop()
            await asyncio.wait(working)
        listening.cancel()
        if announcing is not None:
            announcing.cancel()
    log.info("worker.stopped", worker=app.deliveries.worker)


async def announce(app: App) -> bool:
    """Say which credentials are here now, so that what waited for them goes on; answers whether it was heard.

    Patient with a database that is away; raises DatabaseError when it refuses us, as it would every call.
    """
    keys = [f"credential/{organization}" for organization in app.satusehat.organizations]
    keys += [credential_key(facility) for facility in app.bpjs.facilities]
    keys += app.channels.keys
    try:
        await app.deliveries.call("resolve", {"p_keys": keys})
        await app.deliveries.call("reopen", {"p_facilities": list(app.bpjs.facilities)})
    except DatabaseAway:
        return False
    return True


async def _announce_again(app: App) -> None:
    """What waits for a credential has no other bell: say it until it is heard."""
    while True:
        await asyncio.sleep(ANNOUNCE_AGAIN_S)
        if await announce(app):
            return


async def once(app: App) -> dict[str, int]:
    """Carry everything that is due now; answers how many per target."""
    _spare_the_collector()
    await announce(app)
    for loop in app.loops:
        await app.deliveries.sweep(loop.target, loop.rest.total_seconds())
    return {loop.target: await loop.drain() for loop in app.loops}


def _spare_the_collector() -> None:
    """Modules and models stay for good and deliveries leave few cycles: looking for them is 6 % of a visit's cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def stop_on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for a graceful stop; a second one is left to the system."""

    def asked(number: signal.Signals) -> None:
        log.info("worker.stopping", signal=number.name)
        stop.set()
        asyncio.get_running_loop().remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked, number)
