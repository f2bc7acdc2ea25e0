"""Sends to BPJS for one facility and hands back what came, without judging it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from workers.bpjs.services import Service, services_of
from workers.bpjs.signature import authorization, key, signature
from workers.clock import elapsed
from workers.outcome import Failure
from workers.settings import BpjsFacility, Settings
from workers.traffic import Pace
from workers.transport import Client, read_capped, turn_of

KEY = "bpjs.key"
GATE_SHUT_S = 60.0
"""Deliveries that were already leased when BPJS refused our credentials end here instead of hammering."""

_GET_TYPE = "application/json; charset=utf-8"
_FORM_TYPE = "Application/x-www-form-urlencoded"  # of a raw JSON body, as the catalogue has it (reference 1.3)
_WITH_PCARE_USER = frozenset({"pcare", "antrean_fktp"})


class BpjsAuth(httpx.Auth):
    """Signs a request. The very same timestamp signs it, travels with it and opens its answer."""

    def __init__(self, facility: BpjsFacility, service: Service, clock: Callable[[], float] = time.time) -> None:
        self._facility = facility
        self._user_key = facility.user_keys[service].get_secret_value()
        self._with_user = service in _WITH_PCARE_USER
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Stamp the request, and leave the answer's key in its extensions."""
        consumer, secret = self._facility.consumer_id, self._facility.consumer_secret.get_secret_value()
        timestamp = str(int(self._clock()))
        request.headers["X-cons-id"] = consumer
        request.headers["X-timestamp"] = timestamp
        request.headers["X-signature"] = signature(consumer, secret, timestamp)
        request.headers["user_key"] = self._user_key
        if self._with_user and self._facility.pcare_user and self._facility.pcare_password:
            request.headers["X-authorization"] = authorization(
                self._facility.pcare_user, self._facility.pcare_password.get_secret_value(),
                self._facility.application_code,
            )  # fmt: skip
        request.extensions[KEY] = key(consumer, secret, timestamp)
        yield request


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came, with the key that opens it."""

    status: int
    retry_after: str | None
    body: bytes
    key: bytes
    skew_s: float | None
    """Our clock minus theirs, from the Date header; None when there was none."""


class GateShut(httpx.ConnectError):
    """Not sent: BPJS has just refused these credentials. Carries the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__("BPJS has just refused this facility")
        self.failure = failure


class BpjsClient:
    """One facility's way to one service.

    Until BPJS has accepted the credentials once, requests go one at a time: a wrong password must not
    be tried eight times at once, BPJS locks accounts (reference 7).
    """

    def __init__(  # a way has these parts
        self, http: httpx.AsyncClient, facility: BpjsFacility, service: Service, settings: Settings, pace: Pace
    ) -> None:
        self.facility_code = facility.facility_code
        self.service = service
        self._http = http
        self._settings = settings
        self._base = getattr(settings, f"bpjs_{service}_url").rstrip("/")
        self._pace = pace
        self._auth = BpjsAuth(facility, service)
        self._accepted = False
        self._first = asyncio.Lock()
        self._shut_until, self._failure = 0.0, Failure.CREDENTIALS

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the pace, and for the first request's answer; raises GateShut while refused."""
        await turn_of(self._pace)
        if self._accepted:
            yield
            return
        async with self._first:
            if self.shut:
                raise GateShut(self._failure)
            yield

    @property
    def shut(self) -> bool:
        """Whether BPJS has just refused these credentials."""
        return elapsed() < self._shut_until

    def accepted(self) -> None:
        """BPJS let us in."""
        self._accepted, self._shut_until = True, 0.0

    def refused(self, failure: Failure) -> None:
        """BPJS did not let us in: what is leased already ends without being sent."""
        self._accepted, self._failure = False, failure
        self._shut_until = elapsed() + GATE_SHUT_S

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        """One request, at once. Raises what httpx raises; ConnectError means that nothing was sent."""
        headers = {"Content-Type": _content_type(self._settings, self.service, method)}
        content = None if body is None else orjson.dumps(body)
        request = self._http.build_request(
            method, f"{self._base}/{path}", content=content, headers=headers, extensions={KEY: b""}
        )
        try:
            async with asyncio.timeout(self._settings.bpjs_timeout_seconds):
                return await self._answer(request)
        except TimeoutError:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from None

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, auth=self._auth, stream=True)
        try:
            body = await read_capped(response)
        finally:
            await response.aclose()
        return Answer(
            response.status_code, response.headers.get("retry-after"), body,
            request.extensions[KEY], _skew_s(response.headers),
        )  # fmt: skip


def _content_type(settings: Settings, service: Service, method: str) -> str:
    """As the reference has it per service (1.3); P-Care's is disputed, hence configured."""
    if service == "pcare":
        return settings.bpjs_pcare_content_type if method in ("POST", "PUT") else _GET_TYPE
    return _GET_TYPE if method == "GET" else _FORM_TYPE


def _skew_s(headers: Mapping[str, str]) -> float | None:
    try:
        theirs = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return None
    return (datetime.now(UTC) - theirs).total_seconds()


class BpjsClients:
    """The clients of all facilities this deployment has credentials for, over one connection pool."""

    def __init__(self, settings: Settings, paces: Mapping[str, Pace]) -> None:
        """``paces``: per target."""
        self._http = Client(settings.bpjs_timeout_seconds, 4 * settings.bpjs_concurrency)
        self._clients = {
            (service, facility.facility_code): BpjsClient(self._http, facility, service, settings, pace)
            for target, pace in paces.items()
            for service in services_of(target)
            for facility in settings.bpjs_facilities
            if service in facility.user_keys
        }
        self.facilities = tuple(facility.facility_code for facility in settings.bpjs_facilities)

    def of(self, service: Service, facility_code: str | None) -> BpjsClient | None:
        """A facility's way to a service; None when there are no credentials for it."""
        return None if facility_code is None else self._clients.get((service, facility_code))

    def __iter__(self) -> Iterator[BpjsClient]:
        """Every way there is."""
        return iter(self._clients.values())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
