"""The door: a hint with the secret rings once, everything else is turned away and rings nothing."""

import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.bridge.conftest import LIMIT, SECRET, Doorway

HEADER = "X-Webhook-Secret"
CHUNK = 64 * 1024

# Any bytes a server lets through in a header's value: no control signs but the tab.
values = st.binary(max_size=80).map(lambda raw: bytes(b for b in raw if b == 9 or (b >= 32 and b != 127)))
bodies = st.one_of(st.binary(max_size=LIMIT), st.text(max_size=200).map(str.encode))
together = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TARGETS = ("satusehat", "pcare", "vclaim", "antrean", "files", "email", "whatsapp")


async def hook(doorway: Doorway, headers: list[tuple[bytes, bytes]], body: object = b"{}") -> tuple[int, int]:
    """Send a hook; its status, and how often the bell rang for it."""
    before = doorway.app.bell.rings
    request = doorway.http.build_request("POST", "/hooks/supabase", content=body)
    request.headers = httpx.Headers([*request.headers.raw, *headers])
    response = await doorway.http.send(request)
    return response.status_code, doorway.app.bell.rings - before


def secret(value: bytes = SECRET.encode()) -> tuple[bytes, bytes]:
    """A header with a secret."""
    return HEADER.encode(), value


async def test_the_secret_rings_once(doorway: Doorway) -> None:
    """One hook, one ring, nothing said in return."""
    assert (202, 1) == await hook(doorway, [secret()])
    listener = doorway.app.bell.listener()
    response = await doorway.http.post("/hooks/supabase", headers={HEADER: SECRET}, json={"record": {}})
    assert (202, b"", True) == (response.status_code, response.content, listener.is_set())


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [secret(b"")],
        [secret(SECRET.encode()[:-1])],
        [secret(SECRET.encode() + b"x")],
        [secret(SECRET.upper().encode())],
        [secret(), secret()],
        [secret(), secret(b"wrong")],
        [secret(b"wrong"), secret()],
        [secret(SECRET.encode() + b", " + SECRET.encode())],
        [secret("rahasia-ñ".encode())],
        [secret("rahasia-ñ".encode("latin-1"))],
        [(b"Authorization", f"Bearer {SECRET}".encode())],
    ],
)
async def test_anything_but_the_secret_is_refused(doorway: Doorway, headers: list[tuple[bytes, bytes]]) -> None:
    """Missing, wrong, doubled, odd: 401, and no bell rings."""
    assert (401, 0) == await hook(doorway, headers)


@together
@given(value=values, body=bodies)
async def test_no_header_opens_or_breaks_the_door(doorway: Doorway, value: bytes, body: bytes) -> None:
    """Whatever the header holds: 401, never an error of ours."""
    if value != SECRET.encode():
        assert (401, 0) == await hook(doorway, [secret(value)], body)


@together
@given(body=bodies)
async def test_a_body_is_never_read_as_data(doorway: Doorway, body: bytes) -> None:
    """Whatever the body holds, a hint is a hint."""
    assert (202, 1) == await hook(doorway, [secret()], body)


async def test_without_a_secret_every_hook_is_refused(unlocked: Doorway) -> None:
    """Forgetting the setting does not open the door."""
    for headers in ([], [secret()], [secret(b"")], [secret(b"None")]):
        assert (401, 0) == await hook(unlocked, headers)


async def test_the_limit_is_exact(doorway: Doorway) -> None:
    """A body at the limit rings, one byte more does not."""
    assert (202, 1) == await hook(doorway, [secret()], b"x" * LIMIT)
    assert (413, 0) == await hook(doorway, [secret()], b"x" * (LIMIT + 1))


async def test_an_endless_body_is_cut_off(doorway: Doorway) -> None:
    """The rest is never asked for, and nothing is kept."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 2_000:
            sent += 1
            yield bytes(CHUNK)

    tracemalloc.start()
    try:
        answer = await hook(doorway, [secret()], endless())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (413, 0) == answer
    assert sent <= 2
    assert peak < 4 * 1024 * 1024


async def test_strangers_bodies_are_not_read(doorway: Doorway) -> None:
    """Without the secret not a byte is taken."""
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        taken += 1
        yield b"x"

    assert (401, 0) == await hook(doorway, [], body())
    assert 0 == taken


async def test_health_is_200_while_supabase_answers(doorway: Doorway) -> None:
    """What a load balancer asks for, never from a cache."""
    response = await doorway.http.get("/health")
    assert 200 == response.status_code
    breakers = dict.fromkeys(TARGETS, "closed")
    assert {"database": "ok", "realtime": "away", "breakers": breakers} == response.json()
    assert "no-store" == response.headers["Cache-Control"]


async def test_health_is_503_when_it_does_not(cut_off: Doorway) -> None:
    """A hook still rings meanwhile: the loop decides what to do with it."""
    response = await cut_off.http.get("/health")
    assert (503, "away") == (response.status_code, response.json()["database"])
    assert (202, 1) == await hook(cut_off, [secret()])


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/", "/hooks", "/hooks/other", "/metrics"])
async def test_there_is_nothing_else(doorway: Doorway, path: str) -> None:
    """No documentation pages, no other doors."""
    assert 404 == (await doorway.http.get(path)).status_code


async def test_only_post_rings(doorway: Doorway) -> None:
    """A browser that follows a link rings nothing."""
    before = doorway.app.bell.rings
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert 405 == (await doorway.http.request(method, "/hooks/supabase", headers={HEADER: SECRET})).status_code
    assert before == doorway.app.bell.rings


async def test_refusals_do_not_repeat_what_was_sent(doorway: Doorway) -> None:
    """Neither the secret nor a patient comes back in an answer."""
    response = await doorway.http.post("/hooks/supabase", headers={HEADER: "guess-1234"}, content=b"3201010101010101")
    assert 401 == response.status_code
    for word in ("guess-1234", SECRET, "3201010101010101"):
        assert word not in response.text


@pytest.mark.parametrize(("origin", "allowed"), [("https://app.klinik.test", True), ("https://other.test", False)])
async def test_browsers_of_the_front_end_may_call(doorway: Doorway, origin: str, allowed: bool) -> None:
    """Those the settings name; others are not told that they may."""
    asks = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    response = await doorway.http.options("/files/00000000-0000-4000-8000-000000000001/open", headers=asks)

    assert allowed == (response.headers.get("access-control-allow-origin") == origin)
