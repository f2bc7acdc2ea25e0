"""What ``workers doctor`` asks BPJS: is it there, does it let each facility in, and is the clock right?"""

from collections.abc import AsyncIterator

import httpx

from workers.bpjs.client import Answer, BpjsClient, BpjsClients
from workers.bpjs.exchange import ALERTS, CLOCK_ALARM_S
from workers.bpjs.reply import Trouble, read
from workers.bpjs.services import Service
from workers.outcome import Failure

_ASK: dict[Service, str] = {
    "pcare": "kesadaran",
    "vclaim": "referensi/carakeluar",
    "antrean_fktp": "ref/poli/tanggal/2026-01-01",
    "antrean_rs": "ref/poli",
}
"""Lists that every facility may read and that name nobody."""


async def checks(clients: BpjsClients) -> AsyncIterator[tuple[str, bool, str]]:
    """One finding per facility and service: name, whether it is right, what to do when it is not (one try each)."""
    for client in sorted(clients, key=lambda one: (one.facility_code, one.service)):
        right, detail = await _answer(client)
        yield (f"bpjs {client.facility_code} {client.service}", right, detail)


async def _answer(client: BpjsClient) -> tuple[bool, str]:
    try:
        answer = await client.send("GET", _ASK[client.service])
    except httpx.HTTPError as error:
        setting = f"WORKERS_BPJS_{client.service.upper()}_URL"
        return False, (
            f"does not answer ({type(error).__name__}); check {setting} and the network. "
            "BPJS lets in registered IP addresses only; others see just this"
        )
    return _judged(client.service, answer)


def _judged(service: Service, answer: Answer) -> tuple[bool, str]:
    late = answer.skew_s is not None and abs(answer.skew_s) > CLOCK_ALARM_S
    match read(service, answer.status, answer.body, answer.key, writes=False):
        case Trouble(Failure.CREDENTIALS) if late:
            return False, ALERTS[Failure.CLOCK]
        case Trouble(failure):
            return False, ALERTS.get(failure, f"answers, but not properly ({failure}); try again later")
        case _ if late:
            return False, f"lets us in, but its clock is {answer.skew_s:.0f} s away from ours; switch on NTP"
        case _:
            return True, "lets us in"
