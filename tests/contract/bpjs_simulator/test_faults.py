"""Misbehaviour on demand, and what it leaves behind."""

import base64
import json
from typing import Any

import httpx
import pytest

from sandbox.bpjs.config import CLINIC
from sandbox.bpjs.envelope import unseal
from sandbox.bpjs.gate import REFUSALS, REFUSALS_AS_ANSWERS, SPOILERS
from sandbox.bpjs.vocabulary import VOCABULARY
from sandbox.door.gate import ConnectionDroppedError
from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs, Consumer

OWN = "peserta/nik/8801014501800001"


def rule(kind: str, match: Any = None, **effect: Any) -> examples.Json:
    """A rule for registrations, unless told otherwise."""
    matcher = {"service": "pcare", "type": "pendaftaran", "method": "POST"} if match is None else match
    return {"name": kind, "match": matcher, "effect": {"kind": kind, **effect}}


async def sent(bpjs: Bpjs) -> httpx.Response:
    """Send the usual registration."""
    return await bpjs.pcare.send("POST", "pendaftaran", examples.registration(bpjs.clock.dmy()))


REFUSED = [
    ("outage", 503, "text/html"),
    ("unavailable", 503, "text/html"),
    ("throttle", 429, "text/html"),
    ("error", 500, "application/json"),
    ("bad_gateway", 502, "text/html"),
    ("gateway_timeout", 504, "text/html"),
    ("empty", 200, ""),
    ("expired_consumer", 401, "application/json"),
    ("not_registered", 404, "application/json"),
    ("wrong_password", 401, "application/json"),
    ("wrong_signature", 401, "application/json"),
    ("no_mapping", 404, "application/json"),
]


@pytest.mark.parametrize(("kind", "status", "content"), REFUSED)
async def test_refused_before_anything_happens(bpjs: Bpjs, kind: str, status: int, content: str) -> None:
    """The answer of the gateway, and nothing held."""
    await bpjs.faults(rule(kind))
    reply = await sent(bpjs)
    assert status == reply.status_code
    assert reply.headers.get("content-type", "").startswith(content)
    assert (b"" == reply.content) == (kind == "empty")
    assert [] == await bpjs.held("registration")


SPOILT = [
    ("error_after_commit", 500),
    ("html", 200),
    ("empty_after_commit", 200),
    ("truncated", 201),
]


@pytest.mark.parametrize(("kind", "status"), SPOILT)
async def test_carried_out_and_spoilt(bpjs: Bpjs, kind: str, status: int) -> None:
    """Held, though the answer cannot be read."""
    await bpjs.faults(rule(kind))
    reply = await sent(bpjs)
    assert status == reply.status_code
    with pytest.raises((ValueError, KeyError)):
        reply.json()["metaData"]
    assert 1 == len(await bpjs.held("registration"))


@pytest.mark.parametrize(("kind", "held"), [("drop_before_commit", 0), ("ip_not_allowed", 0), ("drop_after_commit", 1)])
async def test_hung_up(bpjs: Bpjs, kind: str, held: int) -> None:
    """Without a socket the caller sees the connection error itself."""
    await bpjs.faults(rule(kind))
    with pytest.raises(ConnectionDroppedError):
        await sent(bpjs)
    assert held == len(await bpjs.held("registration"))
    assert "dropped" == (await bpjs.door("ledger"))["requests"][-1]["status"]


async def test_an_outage_may_hang_up(bpjs: Bpjs) -> None:
    """For every path."""
    await bpjs.faults(rule("outage", {}, drop=True))
    for path in (OWN, "kesadaran"):
        with pytest.raises(ConnectionDroppedError):
            await bpjs.pcare.send("GET", path)


async def test_in_plain_text(bpjs: Bpjs) -> None:
    """The answer comes unlocked."""
    await bpjs.faults(rule("plaintext"))
    assert {"field": "noUrut", "message": "A1"} == (await sent(bpjs)).json()["response"]


@pytest.mark.parametrize("kind", ["undecryptable", "other_timestamp"])
async def test_locked_with_another_key(bpjs: Bpjs, kind: str) -> None:
    """It says that it worked, and cannot be opened."""
    await bpjs.faults(rule(kind))
    envelope = (await sent(bpjs)).json()
    assert 201 == envelope["metaData"]["code"]
    with pytest.raises(ValueError):  # noqa: PT011 - padding, letters or JSON: whichever breaks first
        unseal(envelope["response"], CLINIC.cons_id, CLINIC.cons_secret, str(int(bpjs.clock())))
    assert 1 == len(await bpjs.held("registration"))


async def test_a_clock_that_is_wrong(bpjs: Bpjs) -> None:
    """The server's, for once."""
    await bpjs.faults(rule("clock_skew", {}, seconds=301))
    assert "Signature" in (await bpjs.pcare.get(OWN)).message
    await bpjs.faults(rule("clock_skew", {}, seconds=299))
    assert 200 == (await bpjs.pcare.get(OWN)).code


async def test_every_effect_is_played(bpjs: Bpjs) -> None:
    """The vocabulary and the gate know the same words; delays are tested for both simulators together."""
    hung_up = {"drop_before_commit", "drop_after_commit", "ip_not_allowed"}
    locked = {"plaintext", "undecryptable", "other_timestamp", "wrong_signature"}
    known = REFUSALS.keys() | REFUSALS_AS_ANSWERS.keys() | SPOILERS.keys() | hung_up | locked
    assert known == VOCABULARY.refusing | VOCABULARY.spoiling
    for kind in VOCABULARY.kinds:
        needed = {"per_second": 1} if kind == "quota" else {}
        await bpjs.faults(rule(kind, **needed))


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"service": "pcare"}, True),
        ({"service": "vclaim"}, False),
        ({"type": "peserta"}, True),
        ({"type": "kunjungan"}, False),
        ({"method": "POST"}, False),
        ({"path": "nik/88"}, True),
        ({"path": "^/vclaim"}, False),
        ({"next": 0}, False),
        ({"after": 1}, False),
        ({"probability": 0.0}, False),
    ],
)
async def test_which_requests_are_hit(bpjs: Bpjs, match: examples.Json, hit: bool) -> None:
    """Service, type, verb, path, count and chance."""
    await bpjs.faults(rule("error", match))
    assert hit == (500 == (await bpjs.pcare.send("GET", OWN)).status_code)


async def test_chance_is_seeded(bpjs: Bpjs) -> None:
    """The same seed hits the same requests."""

    async def course() -> list[int]:
        await bpjs.door("faults", {"seed": 5, "rules": [rule("error", {"probability": 0.4})]})
        return [(await bpjs.pcare.send("GET", OWN)).status_code for _ in range(40)]

    first = await course()
    assert first == await course()
    assert {200, 500} == set(first)


async def test_a_quota(bpjs: Bpjs) -> None:
    """429 beyond the bucket, which fills with time."""
    await bpjs.faults(rule("quota", {}, per_second=1, burst=2, retry_after_s=3))
    codes = [(await bpjs.pcare.send("GET", OWN)).status_code for _ in range(3)]
    assert [200, 200, 429] == codes
    bpjs.clock.now += 1
    assert 200 == (await bpjs.pcare.send("GET", OWN)).status_code


@pytest.mark.parametrize("wrong", [rule("nonsense"), rule("error", {"kind": "x"}), rule("outage", ms=1), 5])
async def test_a_rule_that_makes_no_sense(bpjs: Bpjs, wrong: Any) -> None:
    """400, and what was in force stays."""
    await bpjs.faults(rule("error", {}))
    await bpjs.door("faults", [wrong], status=400)
    assert 500 == (await bpjs.pcare.send("GET", OWN)).status_code


async def over_the_wire(socket: httpx.AsyncClient) -> Consumer:
    """Speak to the served simulator with the wall clock's own time, as it tells it."""
    await socket.post("/__sandbox__/settings", json={"clock_tolerance_s": 10**12})
    return Consumer(socket, CLINIC, "pcare", lambda: 1_780_000_000.0)


async def test_a_dropped_connection_is_really_closed(socket: httpx.AsyncClient) -> None:
    """Over a socket: no answer, and the registration is there."""
    clinic = await over_the_wire(socket)
    await socket.post("/__sandbox__/faults", json=[rule("drop_after_commit")])
    with pytest.raises(httpx.TransportError):
        await clinic.send("POST", "pendaftaran", examples.registration("29-05-2026"))
    held = (await socket.get("/__sandbox__/ledger?type=registration")).json()["resources"]
    assert [examples.CARD] == [row["body"]["noKartu"] for row in held]


async def test_a_late_answer_has_been_carried_out(socket: httpx.AsyncClient) -> None:
    """The client's timeout passes, the registration is there."""
    clinic = await over_the_wire(socket)
    await socket.post("/__sandbox__/faults", json=[rule("late_answer", ms=800)])
    with pytest.raises(httpx.ReadTimeout):
        await socket.post(
            "/pcare-rest/pendaftaran",
            content=json.dumps(examples.registration("29-05-2026")),
            headers=clinic.headers("1780000000"),
            timeout=0.3,
        )
    ledger = (await socket.get("/__sandbox__/ledger?type=registration")).json()
    assert 1 == len(ledger["resources"])


async def test_no_secret_is_written_down(bpjs: Bpjs) -> None:
    """The ledger holds bodies, never headers."""
    await sent(bpjs)
    text = json.dumps(await bpjs.door("ledger"))
    login = base64.b64encode(b"melati:sandbox-only:095").decode()
    for secret in (CLINIC.cons_secret, CLINIC.user_keys["pcare"], CLINIC.pcare_password, login):
        assert secret not in text
