"""A simulated BPJS, and the consumers that speak to it over ASGI or over a real socket."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.bpjs.app import Simulator, create_app
from sandbox.bpjs.config import CLINIC, HOSPITAL, Facility, config_of
from sandbox.bpjs.envelope import signature, unseal
from tests.contract.serving import serving

NOW = 1_780_000_000.0  # 29 May 2026, 03:26 in Jakarta, where the day is another than in Greenwich
PREFIXES = {"pcare": "pcare-rest", "vclaim": "vclaim-rest", "antrean-fktp": "antreanfktp", "antrean-rs": "antreanrs"}
FORM = "Application/x-www-form-urlencoded"
TYPES = {"pcare": "text/plain"}

Json = dict[str, Any]


class Clock:
    """Unix time that a test moves by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    def day(self, offset: int = 0) -> str:
        """Jakarta's day as ISO."""
        return (datetime.fromtimestamp(self.now, UTC) + timedelta(hours=7, days=offset)).date().isoformat()

    def dmy(self, offset: int = 0) -> str:
        """Jakarta's day as P-Care writes it."""
        return "-".join(reversed(self.day(offset).split("-")))


class Heard:
    """An answer, opened as a client would."""

    def __init__(self, reply: httpx.Response, facility: Facility, timestamp: str) -> None:
        self.reply = reply
        self.status = reply.status_code
        self.envelope: Json = reply.json()
        meta = self.envelope.get("metaData") or self.envelope["metadata"]
        self.code, self.message = meta["code"], meta["message"]
        self.raw = self.envelope.get("response")
        locked = isinstance(self.raw, str) and str(self.code) in ("1", "200", "201") and len(self.raw) > 19
        self.response = self.raw
        if locked:
            self.response = unseal(self.raw, facility.cons_id, facility.cons_secret, timestamp)


class Consumer:
    """A facility that calls one service."""

    def __init__(self, http: httpx.AsyncClient, facility: Facility, service: str, clock: Callable[[], float]) -> None:
        self.http, self.facility, self.service, self.clock = http, facility, service, clock

    def headers(self, timestamp: str) -> dict[str, str]:
        one = self.facility
        login = f"{one.pcare_user}:{one.pcare_password}:{one.application_code}"
        return {
            "X-cons-id": one.cons_id,
            "X-timestamp": timestamp,
            "X-signature": signature(one.cons_id, one.cons_secret, timestamp),
            "user_key": one.user_keys[self.service],
            "X-authorization": "Basic " + base64.b64encode(login.encode()).decode(),
            "content-type": TYPES.get(self.service, FORM),
        }

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send, and give the raw answer."""
        timestamp = headers.get("X-timestamp") or str(int(self.clock()))
        content = b"" if body is None else json.dumps(body).encode()
        url = f"/{PREFIXES[self.service]}/{path}"
        return await self.http.request(method, url, content=content, headers={**self.headers(timestamp), **headers})

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Heard:
        """Send, and open the answer."""
        timestamp = str(int(self.clock()))
        headers.setdefault("X-timestamp", timestamp)
        reply = await self.send(method, path, body, **headers)
        return Heard(reply, self.facility, headers["X-timestamp"])

    async def get(self, path: str) -> Heard:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any) -> Heard:
        return await self.ask("POST", path, body)


class Bpjs:
    """A simulator with its clock and its door."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.app: Simulator = create_app(replace(config_of(settings), clock=self.clock))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://bpjs.test")

    def consumer(self, facility: Facility, service: str) -> Consumer:
        return Consumer(self.http, facility, service, self.clock)

    @property
    def pcare(self) -> Consumer:
        return self.consumer(CLINIC, "pcare")

    @property
    def vclaim(self) -> Consumer:
        return self.consumer(HOSPITAL, "vclaim")

    @property
    def queue(self) -> Consumer:
        return self.consumer(CLINIC, "antrean-fktp")

    @property
    def hospital_queue(self) -> Consumer:
        return self.consumer(HOSPITAL, "antrean-rs")

    async def door(self, name: str, body: Any = None, status: int = 200) -> Any:
        """Post to the control door, or read from it."""
        url = f"/__sandbox__/{name}"
        reply = await (self.http.get(url) if body is None else self.http.post(url, json=body))
        assert status == reply.status_code, reply.text
        return reply.json()

    async def switch(self, **settings: Any) -> None:
        await self.door("settings", settings)

    async def faults(self, *rules: Any) -> None:
        await self.door("faults", list(rules))

    async def held(self, kind: str) -> list[Json]:
        """Give what is held of a type."""
        rows: list[Json] = (await self.door(f"ledger?type={kind}"))["resources"]
        return rows

    async def summary(self) -> Json:
        summary: Json = await self.door("ledger?summary=1")
        return summary


@pytest.fixture
async def open_bpjs() -> AsyncIterator[Callable[..., Bpjs]]:
    """Build simulators with settings of their own."""
    opened: list[Bpjs] = []

    def build(**settings: Any) -> Bpjs:
        opened.append(Bpjs(**settings))
        return opened[-1]

    yield build
    for one in opened:
        await one.http.aclose()


@pytest.fixture
def bpjs(open_bpjs: Callable[..., Bpjs]) -> Bpjs:
    """Give the usual simulator."""
    return open_bpjs()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve a simulator on a free port of loopback, with the wall clock."""
    with serving(create_app()) as url:
        yield url


@pytest.fixture
async def socket(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the served simulator, which is new for each test."""
    async with httpx.AsyncClient(base_url=address, timeout=5) as client:
        await client.post("/__sandbox__/reset")
        yield client
