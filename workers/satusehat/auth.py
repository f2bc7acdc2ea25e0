"""OAuth2 of SatuSehat as a plug on the client: callers never see a token.

Facts (SatuSehat reference §1.2–1.3): ``grant_type`` travels in the query, the credentials in the form;
``expires_in`` may be a string; a failed token call is punished with a minute's wait, so it is never
repeated sooner; "no apiproduct match" is not cured by a new token.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from workers.clock import elapsed

REFRESH_EARLY_S = 300.0
PENALTY_S = 60.0
SHORTEST_LIFE_S = 5.0
TOKEN_TIMEOUT_S = 20.0
HOLDS = "satusehat.holds"
"""The extension of a request that says whether its lease still lasts long enough."""

Clock = Callable[[], float]


class TokenUnavailable(httpx.RequestError):
    """No token now; ``wait_s``: when asking again is allowed, ``refused``: whether the credentials were."""

    def __init__(self, wait_s: float, *, refused: bool) -> None:
        super().__init__("SatuSehat gave no token")
        self.wait_s = wait_s
        self.refused = refused


class NotSent(httpx.RequestError):
    """The lease ended while a token was waited for: the request did not go out."""


def _let_out(request: httpx.Request) -> None:
    """The last look before a request goes: a token may take longer than what is left of a lease."""
    holds = request.extensions.get(HOLDS)
    if holds is not None and not holds():
        raise NotSent("the lease ended before the request went out")


@dataclass(slots=True)
class _Token:
    value: str = field(repr=False)
    refresh_at: float
    ends_at: float


class SatusehatAuth(httpx.Auth):
    """One token for all tasks of one organization, refreshed early, by one task at a time."""

    def __init__(self, auth_url: str, client_id: str, client_secret: str, clock: Clock = elapsed) -> None:
        self._url = f"{auth_url.rstrip('/')}/accesstoken"
        self._form = {"client_id": client_id, "client_secret": client_secret}
        self._clock = clock
        self._token: _Token | None = None
        self._asking = asyncio.Lock()
        self._not_before = 0.0
        self._refused = False
        self.client: httpx.AsyncClient | None = None
        """The client the token is asked with; set by whoever owns it."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign the request; on an expired token ask for a new one and repeat once."""
        token = await self._valid()
        request.headers["Authorization"] = f"Bearer {token}"
        _let_out(request)
        response = yield request
        if response.status_code == 401 and await _is_stale_token(response):
            self.forget(token)
            request.headers["Authorization"] = f"Bearer {await self._valid()}"
            _let_out(request)
            yield request

    def forget(self, token: str) -> None:
        """Drop a token the target refused, unless it was replaced already."""
        if self._token is not None and self._token.value == token:
            self._token = None

    async def _valid(self) -> str:
        token = self._token
        if token is not None and self._clock() < token.refresh_at:
            return token.value
        async with self._asking:  # single flight: the others find the new token here
            token = self._token
            if token is None or self._clock() >= token.refresh_at:
                token = await self._renewed(token)
            return token.value

    async def _renewed(self, old: _Token | None) -> _Token:
        if self._clock() < self._not_before:
            return self._usable(old)
        try:
            self._token = await self._ask()
        except TokenUnavailable as error:
            self._not_before, self._refused = self._clock() + error.wait_s, error.refused
            return self._usable(old)
        return self._token

    def _usable(self, old: _Token | None) -> _Token:
        """The old token while it lives; otherwise the penalty has to be waited out."""
        if old is not None and self._clock() < old.ends_at:
            return old
        raise TokenUnavailable(max(0.0, self._not_before - self._clock()), refused=self._refused)

    async def _ask(self) -> _Token:
        asked_at = self._clock()
        try:
            response = await self._post()
        except httpx.HTTPError:
            raise TokenUnavailable(PENALTY_S / 4, refused=False) from None
        if response.status_code != 200:
            raise TokenUnavailable(PENALTY_S, refused=response.status_code in {400, 401})
        try:
            body = response.json()
            value, life = str(body["access_token"]), float(body["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise TokenUnavailable(PENALTY_S, refused=False) from None
        life = max(SHORTEST_LIFE_S, life)
        early = min(REFRESH_EARLY_S, life / 2)
        return _Token(value, asked_at + life - early, asked_at + life)

    async def _post(self) -> httpx.Response:
        assert self.client is not None, "the owner of the client sets it"  # noqa: S101
        async for attempt in AsyncRetrying(
            # Only a connection that was never made is repeated at once: anything else may count as failed.
            retry=retry_if_exception_type(httpx.ConnectError),
            stop=stop_after_attempt(3), wait=wait_random_exponential(max=2), reraise=True,
        ):  # fmt: skip
            with attempt:
                return await self.client.post(
                    self._url, params={"grant_type": "client_credentials"}, data=self._form,
                    auth=httpx.Auth(), timeout=TOKEN_TIMEOUT_S,
                )  # fmt: skip
        raise AssertionError("unreachable")


async def _is_stale_token(response: httpx.Response) -> bool:
    """Whether a new token helps; it does not when the client has no right to the product."""
    body = await response.aread()
    return b"NoApiProductMatch" not in body and b"apiproduct" not in body.lower()
