"""One request to BPJS and its reading; everything that ends a delivery here and now is decided in this place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

import httpx

from workers.bpjs.client import Answer, BpjsClient, GateShut
from workers.bpjs.reply import Duplicate, Good, Nothing, Refused, Reply, Trouble, read
from workers.bpjs.services import Service
from workers.ending import Ended, Journal
from workers.outcome import NEEDS_A_PERSON, Failure, Outcome, Postponed, Uncertain
from workers.settings import Settings
from workers.transport import NEVER_SENT

UNREACHABLE_WAIT = timedelta(seconds=5)
THROTTLED_WAIT = timedelta(seconds=10)
CLOCK_ALARM_S = 60.0
LONG_BODY_BYTES = 100_000

LANE_WAITS = {
    Failure.CREDENTIALS: timedelta(hours=6),  # a wrong password is tried four times a day, not four thousand
    Failure.NOT_REGISTERED: timedelta(hours=1),
    Failure.EXPIRED: timedelta(hours=6),
    Failure.ADDRESS_REFUSED: timedelta(minutes=15),
    Failure.CLOCK: timedelta(minutes=5),
}
ALERTS = {
    Failure.CREDENTIALS: "BPJS menolak consumer id, secret, user key, atau pengguna P-Care klinik. "
    "Periksa WORKERS_BPJS_FACILITIES, lalu jalankan ulang pekerja. "
    "Pengiriman ke BPJS berhenti agar akun tidak terkunci.",
    Failure.NOT_REGISTERED: "BPJS menjawab bahwa klinik belum terdaftar untuk layanan ini, atau alamat layanannya "
    "berubah. Hubungi kantor cabang BPJS dan periksa alamat di WORKERS_BPJS_…_URL.",
    Failure.EXPIRED: "Consumer id klinik di BPJS sudah kedaluwarsa. Minta perpanjangan ke kantor cabang BPJS.",
    Failure.ADDRESS_REFUSED: "BPJS menolak alamat IP server ini. Daftarkan IP publik klinik lewat formulir BPJS.",
    Failure.CLOCK: "Jam server berbeda lebih dari satu menit dari jam BPJS, sehingga tanda tangan ditolak. "
    "Nyalakan sinkronisasi waktu (NTP) di server.",
}
Said = Good | Nothing | Duplicate | Refused


@dataclass(frozen=True, slots=True)
class Way:
    """How one delivery reaches one service for its facility."""

    client: BpjsClient
    journal: Journal
    rest: timedelta
    holds: Callable[[], bool]
    """Whether the lease lasts longer than a request may; asked before every write."""


def outside_a_lease(client: BpjsClient, settings: Settings) -> Way:
    """A way for questions that belong to no delivery."""
    return Way(client, Journal(), settings.bpjs_rest_after_doubt, holds=lambda: True)


async def exchange(way: Way, step: str, method: str, path: str, body: Any = None) -> Said:
    """Send and read; raises Ended unless the answer is BPJS's own word on the matter.

    ``step`` names the request without patient data; paths hold NIK and card numbers and are never kept.
    """
    writes = method != "GET"
    try:
        async with way.client.turn():
            if writes and not way.holds():
                raise Ended(Postponed(Failure.STOPPED, timedelta()))
            reply = await _asked(way, step, method, path, body)
    except GateShut as shut:
        raise Ended(_needs_a_person(shut.failure)) from None
    match reply:
        case Good() | Nothing() | Duplicate() | Refused():
            return reply
        case Trouble(failure):
            raise Ended(_troubled(failure, way.rest, writes=writes))
        case _:
            assert_never(reply)


async def _asked(way: Way, step: str, method: str, path: str, body: Any) -> Reply:
    try:
        answer = await way.client.send(method, path, body)
    except httpx.HTTPError as error:
        way.journal.sent(step, None)
        raise Ended(_unanswered(error, way.rest, writes=method != "GET")) from None
    way.journal.sent(step, answer.status)
    reply = await _read_aside(way.client.service, answer, writes=method != "GET")
    match reply:
        case Trouble(failure) if failure in NEEDS_A_PERSON:
            way.client.refused(failure)
        case Trouble():
            pass
        case _:
            way.client.accepted()
    return reply


async def _read_aside(service: Service, answer: Answer, *, writes: bool) -> Reply:
    """Opening 50 kB takes some milliseconds; what is much longer is opened in a thread, so that the others go on."""
    if len(answer.body) <= LONG_BODY_BYTES:
        return _read(service, answer, writes=writes)
    return await asyncio.to_thread(_read, service, answer, writes=writes)


def _read(service: Service, answer: Answer, *, writes: bool) -> Reply:
    reply = read(service, answer.status, answer.body, answer.key, writes=writes)
    late = answer.skew_s is not None and abs(answer.skew_s) > CLOCK_ALARM_S
    if reply == Trouble(Failure.CREDENTIALS) and late:
        return Trouble(Failure.CLOCK)
    return reply


def _unanswered(error: httpx.HTTPError, rest: timedelta, *, writes: bool) -> Outcome:
    if isinstance(error, NEVER_SENT):
        return Postponed(Failure.UNREACHABLE, UNREACHABLE_WAIT)
    return Uncertain(Failure.NO_REPLY, rest) if writes else Postponed(Failure.NO_REPLY, min(rest, UNREACHABLE_WAIT))


def _troubled(failure: Failure, rest: timedelta, *, writes: bool) -> Outcome:
    if failure in NEEDS_A_PERSON:
        return _needs_a_person(failure)
    if failure is Failure.THROTTLED:
        return Postponed(failure, THROTTLED_WAIT)
    return Uncertain(failure, rest) if writes else Postponed(failure, min(rest, UNREACHABLE_WAIT))


def _needs_a_person(failure: Failure) -> Postponed:
    return Postponed(failure, LANE_WAITS[failure], ALERTS[failure])


def opened(way: Way, reply: Good, *, writes: bool) -> Any:
    """The value of a good answer; raises Ended when our key does not open it."""
    if reply.sealed:
        raise Ended(_troubled(Failure.UNDECIPHERABLE, way.rest, writes=writes))
    return reply.value
