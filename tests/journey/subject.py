"""A worker on trial: the real program in a process of its own, with a habit that a test gives it.

Nothing in ``workers`` knows of this: the program is built by ``workers.app`` and its parts are wrapped
from outside, where they meet the world.
"""

import asyncio
import datetime as dt
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from workers import deliveries, log
from workers.app import App, built, run, stop_on_signals
from workers.bpjs.pcare import parts
from workers.cli import main as cli
from workers.outcome import Outcome, Postponed, Report, Uncertain
from workers.satusehat import deliver as deliver_module
from workers.settings import Settings

CRASH_POINTS = ("after_lease", "before_send", "during_send", "after_reply", "before_record", "after_record")
ON_ITS_WAY_S = 0.1
"""How long a request is under way when ``during_send`` strikes: the ministry must be slower than this."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a worker on trial is: settings, where its log goes, where it dies, and its habits."""

    settings: Mapping[str, Any]
    log_file: Path
    crash_at: str = ""
    crash_on: int = 1
    """Which passage of the crash point is the last."""
    poison: frozenset[str] = field(default_factory=frozenset)
    """Visits whose delivery kills the process."""
    blind: bool = False
    """Takes every doubt for a failure: sends again at once, asks never."""
    careless: bool = False
    """Adds drugs and procedures at P-Care without looking what is there."""
    hasty_rest_s: float | None = None
    """Rests so long after a doubt, whatever the settings say."""
    blurting: bool = False
    """Has a bug: the first attempt of each visit raises an error that quotes all it knows of the visit."""
    older: bool = False
    """Is of an older version, whose mapping wrote another title."""
    clock_off_s: float = 0.0
    """How wrong this machine's clock is."""


def live(subject: Subject) -> None:
    """The whole life of the process, until SIGTERM or worse."""
    _speak_into(subject.log_file)
    settings = Settings(_env_file=None, **subject.settings)
    log.configure(settings.log_level)
    logging.getLogger().setLevel(settings.log_level)  # every library speaks that was not told to be quiet
    if subject.clock_off_s:
        _set_clock(subject.clock_off_s)
    if subject.careless:
        parts._adopt = _look_away
    asyncio.run(_serve(subject, settings))
    sys.exit(0)


def obey(words: tuple[str, ...], said: Path) -> None:
    """Be ``workers`` with these words on its command line."""
    _speak_into(said)
    sys.argv = ["workers", *words]
    cli.main()


def _speak_into(file: Path) -> None:
    with file.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)


async def _serve(subject: Subject, settings: Settings) -> None:
    async with built(settings) as app:
        _corrupt(app, subject)
        stop = asyncio.Event()
        stop_on_signals(stop)
        await run(app, stop)


def _corrupt(app: App, subject: Subject) -> None:
    """Give the program the habits of this subject."""
    die = _counted(subject.crash_on)
    _wrap_deliveries(app.deliveries, subject, die)
    for client in _clients(app):
        _wrap_client(client, subject, die)
    for loop in app.loops:
        if subject.poison:
            loop._deliver = _poisonous(loop._deliver, subject.poison)
        if subject.older:
            deliver_module.plan = _older(deliver_module.plan)
        if subject.blurting:
            loop._deliver = _blurting(loop._deliver)
        if subject.blind:
            loop._deliver = _blind(loop._deliver)
        if subject.hasty_rest_s is not None:
            loop.rest = loop._deliver._rest = timedelta(seconds=subject.hasty_rest_s)


def _clients(app: App) -> list[Any]:
    organizations = [app.satusehat.of(organization) for organization in app.satusehat.organizations]
    return [*organizations, *app.bpjs]


async def _look_away(*_given: object, **_options: object) -> dict[str, Any]:
    """In place of reading what P-Care holds."""
    return {}


def _counted(last: int) -> Callable[[], None]:
    passages = itertools.count(1)

    def die() -> None:
        if next(passages) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def _wrap_deliveries(calls: Any, subject: Subject, die: Callable[[], None]) -> None:
    lease, record = calls.lease, calls.record

    async def leasing(*given: Any, **how: Any) -> Any:
        leases = await lease(*given, **how)
        if leases and subject.crash_at == "after_lease":
            die()
        return leases

    async def recording(reports: Any) -> Any:
        if subject.crash_at == "before_record":
            die()
        recorded = await record(reports)
        if subject.crash_at == "after_record":
            die()
        return recorded

    calls.lease, calls.record = leasing, recording


def _wrap_client(client: Any, subject: Subject, die: Callable[[], None]) -> None:
    send = client.send

    async def sending(*given: Any) -> Any:
        if given[0] == "GET":
            return await send(*given)
        if subject.crash_at == "before_send":
            die()
        if subject.crash_at == "during_send":
            asyncio.get_running_loop().call_later(ON_ITS_WAY_S, die)
        answer = await send(*given)
        if subject.crash_at == "after_reply":
            die()
        return answer

    client.send = sending


Deliver = Callable[[Any], Awaitable[Report]]


def _poisonous(deliver: Deliver, poison: frozenset[str]) -> Deliver:
    async def delivering(lease: Any) -> Report:
        if lease.subject_id in poison:
            os.kill(os.getpid(), signal.SIGKILL)
        return await deliver(lease)

    return delivering


def _blurting(deliver: Deliver) -> Deliver:
    async def delivering(lease: Any) -> Report:
        if lease.attempt == 1:
            raise RuntimeError(json.dumps(lease.snapshot))
        return await deliver(lease)

    return delivering


def _older(plan: Callable[..., Any]) -> Callable[..., Any]:
    def planning(*given: Any) -> Any:
        planned = plan(*given)
        for resource in (*planned.create, *planned.update):
            if resource.type == "Composition":
                resource.body["title"] = "Ringkasan kunjungan"
        return planned

    return planning


def _blind(deliver: Any) -> Deliver:
    async def delivering(lease: Any) -> Report:
        lease.ask_first = False
        report = await deliver(lease)
        return Report(_sure(report.outcome), report.accepted, report.requests, asked=True)

    return delivering


def _sure(outcome: Outcome) -> Outcome:
    return Postponed(outcome.failure, timedelta()) if isinstance(outcome, Uncertain) else outcome


def _set_clock(off_s: float) -> None:
    """Put this process's idea of the date off; the monotonic clock cannot be wrong in that way."""

    class Wrong(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime.now(tz) + timedelta(seconds=off_s)

    deliveries.datetime = Wrong
