"""Sends to one organization's SatuSehat and hands back what came, without judging it.

The transport is aiohttp's: httpx's own pool collapses at 32–50 requests in flight (performance
reference B.3). Redirects are not followed, bodies are read up to a cap, TLS is verified.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from workers.satusehat.auth import HOLDS, SatusehatAuth
from workers.settings import SatusehatCredential, Settings
from workers.traffic import Pace
from workers.transport import Client, read_capped, turn_of


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came: status, content type, Retry-After, body up to the cap."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


class SatusehatClient:
    """One organization's way to SatuSehat; counts what it sends."""

    def __init__(self, http: httpx.AsyncClient, fhir_url: str, auth: SatusehatAuth, pace: Pace) -> None:
        self._http = http
        self._base = fhir_url.rstrip("/")
        self._root = httpx.URL(f"{self._base}/")  # most requests go here, and reading a URL is not cheap
        self._auth = auth
        self._pace = pace

    async def turn(self) -> None:
        """Wait until the pace lets one more request through; a throttle may make that an hour."""
        await turn_of(self._pace)

    async def send(
        self, method: str, path: str = "", body: Any = None, params: Mapping[str, str] | None = None,
        holds: Callable[[], bool] | None = None,
    ) -> Answer:  # fmt: skip
        """One request, at once; whoever sends many waits for a ``turn`` first. ``holds``: whether it still may go.

        Raises what httpx raises; ``httpx.ConnectError``, ``httpx.PoolTimeout``, TokenUnavailable and NotSent
        mean that nothing was sent, everything else that it may have been.
        """
        content = None if body is None else orjson.dumps(body)
        kind = "application/json-patch+json" if method == "PATCH" else "application/json"
        request = self._http.build_request(
            method, f"{self._base}/{path}" if path else self._root, params=params, content=content,
            headers={"Content-Type": kind} if content is not None else None,
        )  # fmt: skip
        if holds is not None:
            request.extensions = {**request.extensions, HOLDS: holds}
        try:
            # httpx's own timeout is per read: an answer that trickles in would outlive its lease.
            async with asyncio.timeout(self._http.timeout.read):
                return await self._answer(request)
        except TimeoutError:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from None

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._http.send(request, auth=self._auth, stream=True)
        try:
            return Answer(
                response.status_code, response.headers.get("content-type", ""),
                response.headers.get("retry-after"), await read_capped(response),
            )  # fmt: skip
        finally:
            await response.aclose()


class SatusehatClients:
    """The clients of all organizations this deployment has credentials for, over one connection pool."""

    def __init__(self, settings: Settings, pace: Pace) -> None:
        self._http = Client(settings.satusehat_timeout_seconds, settings.satusehat_concurrency + 4)
        self._clients = {
            credential.organization_id: self._client(settings, credential, pace)
            for credential in settings.satusehat_credentials
        }

    def _client(self, settings: Settings, credential: SatusehatCredential, pace: Pace) -> SatusehatClient:
        auth = SatusehatAuth(
            settings.satusehat_auth_url, credential.client_id, credential.client_secret.get_secret_value()
        )
        auth.client = self._http
        return SatusehatClient(self._http, settings.satusehat_fhir_url, auth, pace)

    def of(self, organization_id: str | None) -> SatusehatClient | None:
        """The client of an organization; None when there is no credential for it."""
        return None if organization_id is None else self._clients.get(organization_id)

    @property
    def organizations(self) -> tuple[str, ...]:
        """Organization ids there are credentials for."""
        return tuple(self._clients)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()
