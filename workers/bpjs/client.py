"""Sends to BPJS for one facility and hands back what came, without judging it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from workers.bpjs.services import Service
from workers.bpjs.signature import authorization, key, signature
from workers.clock import elapsed
from workers.outcome import Failure
from workers.settings import BpjsFacility, Settings
from workers.traffic import Pace
from workers.transport import Transport, read_capped, turn_of

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
    """One facility's way to the services it has keys for.

    Until BPJS has accepted the credentials once, requests go one at a time: a wrong password must not
    be tried eight times at once, BPJS locks accounts (reference 7).
    """

    def __init__(self, http: httpx.AsyncClient, facility: BpjsFacility, settings: Settings, pace: Pace) -> None:
        self.facility_code = facility.facility_code
        self.services = frozenset(facility.user_keys)
        self._http = http
        self._settings = settings
        self._pace = pace
        self._auth = {service: BpjsAuth(facility, service) for service in facility.user_keys}
        self._accepted: set[Service] = set()
        self._first = asyncio.Lock()
        self._shut: dict[Service, tuple[float, Failure]] = {}

    @asynccontextmanager
    async def turn(self, service: Service) -> AsyncIterator[None]:
        """Wait for the pace, and for the first request's answer; raises GateShut while refused."""
        await turn_of(self._pace)
        if service in self._accepted:
            yield
            return
        async with self._first:
            until, failure = self._shut.get(service, (0.0, Failure.CREDENTIALS))
            if elapsed() < until:
                raise GateShut(failure)
            yield

    def shut(self, service: Service) -> bool:
        """Whether BPJS has just refused these credentials."""
        return service in self._shut and elapsed() < self._shut[service][0]

    def accepted(self, service: Service) -> None:
        """BPJS let us in."""
        self._accepted.add(service)
        self._shut.pop(service, None)

    def refused(self, service: Service, failure: Failure) -> None:
        """BPJS did not let us in: what is leased already ends without being sent."""
        self._accepted.discard(service)
        self._shut[service] = (elapsed() + GATE_SHUT_S, failure)

    async def send(self, service: Service, method: str, path: str, body: Any = None) -> Answer:
        """One request, at once. Raises what httpx raises; ConnectError means that nothing was sent."""
        base = getattr(self._settings, f"bpjs_{service}_url")
        headers = {"Content-Type": _content_type(self._settings, service, method)}
        content = None if body is None else orjson.dumps(body)
        request = self._http.build_request(
            method, f"{base.rstrip('/')}/{path}", content=content, headers=headers, extensions={KEY: b""}
        )
        try:
            async with asyncio.timeout(self._settings.bpjs_timeout_seconds):
                return await self._answer(request, self._auth[service])
        except TimeoutError:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from None

    async def _answer(self, request: httpx.Request, auth: BpjsAuth) -> Answer:
        response = await self._http.send(request, auth=auth, stream=True)
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
        self._http = httpx.AsyncClient(
            transport=Transport(), timeout=settings.bpjs_timeout_seconds, follow_redirects=False,
            limits=httpx.Limits(max_connections=4 * settings.bpjs_concurrency), trust_env=False,
        )  # fmt: skip
        self._clients = {
            (target, facility.facility_code): BpjsClient(self._http, facility, settings, pace)
            for facility in settings.bpjs_facilities
            for target, pace in paces.items()
        }

    def of(self, target: str, facility_code: str | None) -> BpjsClient | None:
        """The client of a facility for a target; None when there are no credentials for it."""
        return None if facility_code is None else self._clients.get((target, facility_code))

    @property
    def facilities(self) -> tuple[str, ...]:
        """Facility codes there are credentials for."""
        return tuple(dict.fromkeys(code for _, code in self._clients))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
