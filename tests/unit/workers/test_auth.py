"""One token for all, asked for by one; a handler function is the ministry and the clock is ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from workers.satusehat.auth import PENALTY_S, SatusehatAuth, TokenUnavailable

SECRET = "a-client-secret"
Answer = Callable[[int], httpx.Response]


class Ministry:
    """Counts token calls, and refuses every token but the newest."""

    def __init__(self, grant: Answer | None = None) -> None:
        self.grant = grant or (lambda n: httpx.Response(200, json={"access_token": f"t{n}", "expires_in": "3599"}))
        self.asked: list[httpx.Request] = []
        self.bearers: list[str] = []
        self.stale: set[str] = set()
        self.refusal = httpx.Response(401, text="Invalid access token")

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/accesstoken"):
            self.asked.append(request)
            await asyncio.sleep(0)  # others get their chance to ask too
            return self.grant(len(self.asked))
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        self.bearers.append(bearer)
        return self.refusal if bearer in self.stale else httpx.Response(200, json={})


class Clock:
    """Time that moves when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def signed(ministry: Ministry, clock: Clock) -> AsyncIterator[Callable[[], asyncio.Future[httpx.Response]]]:
    """A signed GET, ready to be made."""
    auth = SatusehatAuth("https://ministry.test/oauth2/v1", "a-client", SECRET, clock)
    async with httpx.AsyncClient(transport=httpx.MockTransport(ministry)) as http:
        auth.client = http
        yield lambda: http.get("https://ministry.test/fhir-r4/v1/Patient", auth=auth)


async def test_thirty_requests_ask_for_one_token() -> None:
    """Single flight: whoever waits finds the token the first one brought."""
    ministry = Ministry()
    async with signed(ministry, Clock()) as get:
        await asyncio.gather(*(get() for _ in range(30)))
    assert 1 == len(ministry.asked)
    assert ["t1"] * 30 == ministry.bearers


async def test_the_grant_type_is_in_the_query_and_the_secret_is_not() -> None:
    """The credentials travel in the form, and never in a URL or a header."""
    ministry = Ministry()
    async with signed(ministry, Clock()) as get:
        await get()
    [request] = ministry.asked
    assert "client_credentials" == request.url.params["grant_type"]
    assert SECRET not in str(request.url)
    assert SECRET in request.content.decode()
    assert "authorization" not in request.headers


@pytest.mark.parametrize("life", [3599, "3599", 3599.0])
async def test_a_token_is_renewed_before_it_ends(life: object) -> None:
    """Early enough that no request carries one that ends on the way."""
    clock = Clock()
    ministry = Ministry(lambda n: httpx.Response(200, json={"access_token": f"t{n}", "expires_in": life}))
    async with signed(ministry, clock) as get:
        await get()
        clock.now = 3200.0
        await get()
        clock.now = 3400.0
        await get()
    assert ["t1", "t1", "t2"] == ministry.bearers


async def test_a_stale_token_is_replaced_once_for_all() -> None:
    """However many are told that it ended, one new token is asked for, and each request is repeated once."""
    ministry = Ministry()
    async with signed(ministry, Clock()) as get:
        await get()
        ministry.stale = {"t1"}
        replies = await asyncio.gather(*(get() for _ in range(10)))
    assert {200} == {reply.status_code for reply in replies}
    assert 2 == len(ministry.asked)


async def test_a_missing_right_is_not_answered_with_a_new_token() -> None:
    """The client has no right to the product: a token is not what it lacks."""
    ministry = Ministry()
    ministry.refusal = httpx.Response(401, json={"fault": {"detail": {"errorcode": "keymanagement.NoApiProductMatch"}}})
    ministry.stale = {"t1", "t2"}
    async with signed(ministry, Clock()) as get:
        assert 401 == (await get()).status_code
    assert 1 == len(ministry.asked)


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (httpx.Response(401, json={"ErrorCode": "invalid_client"}), True),
        (httpx.Response(429), False),
        (httpx.Response(500, text="oops"), False),
        (httpx.Response(200, text="<html>"), False),
        (httpx.Response(200, json={"expires_in": "soon", "access_token": "x"}), False),
    ],
)
async def test_a_failed_call_is_not_repeated_within_the_penalty(answer: httpx.Response, refused: bool) -> None:
    """Asking again would start the ministry's minute anew; afterwards one call is made."""
    clock = Clock()
    ministry = Ministry(lambda _: answer)
    async with signed(ministry, clock) as get:
        for _ in range(5):
            with pytest.raises(TokenUnavailable) as told:
                await get()
            assert refused is told.value.refused
        assert 1 == len(ministry.asked)
        assert PENALTY_S == told.value.wait_s
        clock.now = PENALTY_S + 1
        with pytest.raises(TokenUnavailable):
            await get()
    assert 2 == len(ministry.asked)


async def test_the_old_token_serves_while_a_new_one_is_refused() -> None:
    """A token that still lives is used though its renewal failed."""
    clock = Clock()
    good = httpx.Response(200, json={"access_token": "t1", "expires_in": 3600})
    ministry = Ministry(lambda n: good if n == 1 else httpx.Response(503))
    async with signed(ministry, clock) as get:
        await get()
        clock.now = 3400.0
        await get()
        assert ["t1", "t1"] == ministry.bearers
        clock.now = 3601.0
        with pytest.raises(TokenUnavailable):
            await get()


def test_nothing_about_the_token_is_shown() -> None:
    """Neither the plug nor its error says what it holds."""
    auth = SatusehatAuth("https://ministry.test", "a-client", SECRET)
    assert SECRET not in repr(auth)
    assert SECRET not in str(TokenUnavailable(1.0, refused=True))
