"""One request and its reading: long answers do not stop the loop, short ones are not worth a thread."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.bpjs.config import CLINIC
from sandbox.bpjs.envelope import seal
from sandbox.up import FACILITIES
from workers.bpjs.client import BpjsClient
from workers.bpjs.exchange import LONG_BODY_BYTES, Way, exchange
from workers.bpjs.reply import Good
from workers.ending import Journal
from workers.settings import Settings
from workers.traffic import Pace


def settings() -> Settings:
    """Just enough to reach a P-Care."""
    return Settings(
        _env_file=None, supabase_url="http://127.0.0.1:1", supabase_service_key="key", bpjs_facilities=FACILITIES,
        satusehat_auth_url="http://127.0.0.1:1", satusehat_fhir_url="http://127.0.0.1:1",
        **{f"bpjs_{name}_url": "http://127.0.0.1:1" for name in ("pcare", "vclaim", "antrean_fktp", "antrean_rs")},
    )  # fmt: skip


def pcare(rows: list[dict[str, Any]]) -> httpx.MockTransport:
    """A P-Care that answers every question with these rows, sealed as it seals."""

    def answer(request: httpx.Request) -> httpx.Response:
        sealed = seal({"list": rows}, CLINIC.cons_id, CLINIC.cons_secret, request.headers["X-timestamp"])
        body = {"response": sealed, "metaData": {"code": 200, "message": "OK"}}
        return httpx.Response(200, content=json.dumps(body).encode())

    return httpx.MockTransport(answer)


async def ticks_during(rows: list[dict[str, Any]]) -> int:
    """How often the loop came round while one answer was fetched and read."""
    count, done = 0, asyncio.Event()

    async def tick() -> None:
        nonlocal count
        while not done.is_set():
            count += 1
            await asyncio.sleep(0)

    async with httpx.AsyncClient(transport=pcare(rows)) as http:
        client = BpjsClient(http, settings().bpjs_facilities[0], "pcare", settings(), Pace(1000))
        way = Way(client, Journal(), timedelta(), holds=lambda: True)
        ticking = asyncio.create_task(tick())
        reply = await exchange(way, "GET list", "GET", "kunjungan/peserta/0")
        done.set()
        await ticking
    assert Good({"list": rows}) == reply
    return count


@pytest.mark.parametrize("visits", [1, 50])
async def test_a_short_answer_is_read_at_once(visits: int) -> None:
    """No thread is asked for: the loop does not come round in between."""
    assert 0 == await ticks_during([{"n": n, "text": "ISPA"} for n in range(visits)])


async def test_a_long_answer_is_read_aside() -> None:
    """The loop goes on coming round while a thread opens it."""
    rows = [{"n": n, "text": f"{n * 7919:x} {n * 104729:x} {n * 1299709:x}"} for n in range(9000)]
    assert len(json.dumps(rows)) > LONG_BODY_BYTES
    assert await ticks_during(rows) > 0
