"""One request of a delivery: never under a lease that ended while it waited, never half of what was planned."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from tests.unit.satusehat import visits
from tests.unit.workers.test_carrying import FHIR, taken
from workers import app
from workers.clock import elapsed
from workers.ending import Ended, Journal
from workers.errors import DatabaseAway
from workers.outcome import Accepted, Failure, Postponed
from workers.satusehat.auth import SatusehatAuth
from workers.satusehat.client import SatusehatClient
from workers.satusehat.exchange import Way, exchange
from workers.satusehat.identities import agrees
from workers.satusehat.mapping import Plan, plan
from workers.satusehat.sending import send
from workers.traffic import Pace


def way(http: httpx.AsyncClient, pace: Pace, lease_s: float = 60.0) -> Way:
    """A way with so much lease left."""
    end = elapsed() + lease_s
    client = SatusehatClient(http, FHIR, httpx.Auth(), pace)
    return Way(client, Journal(), timedelta(seconds=60), lambda: elapsed() < end)


async def test_a_lease_that_ends_while_waiting_for_the_pace_sends_nothing() -> None:
    """Another worker may have asked and sent by then."""
    asked: list[str] = []

    def ministry(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(200, json={})

    pace = Pace(100)
    pace.throttled(timedelta(seconds=0.3))
    async with httpx.AsyncClient(transport=httpx.MockTransport(ministry)) as http:
        with pytest.raises(Ended) as ended:
            await exchange(way(http, pace, lease_s=0.1), "POST Bundle", "POST", "", {})
    assert Postponed(Failure.STOPPED, timedelta()) == ended.value.outcome
    assert [] == asked


async def test_a_first_bundle_does_not_excuse_what_else_was_planned() -> None:
    """A resource that is held and not true any more is retracted also when the Encounter is new."""
    asked: list[tuple[str, str]] = []
    known = visits.sound_known()
    wanted = plan(visits.read(), known)
    gone = Accepted("condition/gone", "Condition", "old-1", "v1", "hash")

    def ministry(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/fhir-r4/v1").strip("/")
        asked.append((request.method, path))
        held = {"resourceType": "Condition", "id": "old-1"}
        return taken(request) if request.method == "POST" else httpx.Response(200, json=held)

    async with httpx.AsyncClient(transport=httpx.MockTransport(ministry)) as http:
        on = way(http, Pace(1e6))
        on.journal.know(known)
        await send(Plan(first=True, create=wanted.create, update=(), retract=(gone,)), on)
    assert [("POST", ""), ("GET", "Condition/old-1"), ("PUT", "Condition/old-1")] == asked


@pytest.mark.parametrize("identifier", [None, "x", [None], [7], [{"system": "https://fhir.kemkes.go.id/id/nik"}]])
def test_a_strange_record_never_crashes_the_comparison(identifier: object) -> None:
    """Whatever it is, it is judged."""
    assert agrees(visits.read().patient, {"id": "P1", "identifier": identifier}) in {True, False}


async def test_a_credential_is_announced_until_it_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that starts while Supabase is away says it once Supabase is back."""
    monkeypatch.setattr(app, "ANNOUNCE_AGAIN_S", 0.01)
    answers: Iterator[bool] = iter([False, False, True, True])
    said: list[object] = []

    async def call(_name: str, arguments: object) -> None:
        if not next(answers):
            raise DatabaseAway("resolve", "57P01")
        said.append(arguments)

    parts = SimpleNamespace(deliveries=SimpleNamespace(call=call), satusehat=SimpleNamespace(organizations=("1",)),
                            bpjs=SimpleNamespace(facilities=()), channels=SimpleNamespace(keys=()))  # fmt: skip
    await app._announce_again(parts)
    assert [{"p_keys": ["credential/1"]}, {"p_facilities": []}] == said


@pytest.mark.parametrize("stale", [False, True])
async def test_a_lease_that_ends_while_a_token_is_fetched_sends_nothing(stale: bool) -> None:
    """Neither the first time nor when the token turns out to be stale and the request is to be repeated."""
    asked: list[str] = []
    lease = {"holds": True}

    def ministry(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if not request.url.path.endswith("/accesstoken"):
            return httpx.Response(401, json={})
        lease["holds"] = len(asked) == 1 and stale  # it ends while the token is on its way
        return httpx.Response(200, json={"access_token": "a" * 28, "expires_in": "3599"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(ministry)) as http:
        auth = SatusehatAuth("https://ministry.test/oauth2/v1", "client", "secret")
        auth.client = http
        on = Way(SatusehatClient(http, FHIR, auth, Pace(1e6)), Journal(), timedelta(60), lambda: lease["holds"])
        with pytest.raises(Ended) as ended:
            await exchange(on, "POST Bundle", "POST", "", {})
    assert Postponed(Failure.STOPPED, timedelta()) == ended.value.outcome
    assert (1 if stale else 0) == sum(not path.endswith("/accesstoken") for path in asked)
