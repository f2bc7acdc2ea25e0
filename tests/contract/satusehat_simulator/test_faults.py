"""Misbehaviour on demand: each kind, each matcher, and what it leaves behind."""

import json
from typing import Any

import pytest

from sandbox.satusehat.faults import KINDS, Faults
from sandbox.satusehat.gate import REFUSALS, SPOILERS
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, Ministry

LOCATIONS = f"{FHIR}/Location"


def rule(kind: str, match: Any = None, **effect: Any) -> dict[str, Any]:
    """Give a rule for creating a Location, unless told otherwise."""
    matcher = {"method": "POST", "type": "Location"} if match is None else match
    return {"name": kind, "match": matcher, "effect": {"kind": kind, **effect}}


async def held(ministry: Ministry) -> int:
    """Count the Locations held."""
    return int((await ministry.ledger("?summary=1"))["resources"].get("Location", 0))


REFUSING = [
    ("throttle", 429, "application/json", "policies.ratelimit.QuotaViolation"),
    ("unavailable", 503, "text/plain", "no healthy upstream"),
    ("outage", 503, "text/plain", "no healthy upstream"),
    ("error", 500, "application/json", "An unexpected internal error has occurred."),
    ("gateway_timeout", 504, "text/plain", "Gateway Timeout"),
    ("forbidden", 403, "text/html; charset=UTF-8", "403 Forbidden"),
    ("outcome", 200, "application/json", "OperationOutcome"),
    ("no_product", 401, "application/json", "no apiproduct match found"),
    ("redirect", 302, None, ""),
]


@pytest.mark.parametrize(("kind", "status", "content_type", "words"), REFUSING)
async def test_a_refusing_fault_answers_and_leaves_nothing(
    ministry: Ministry, kind: str, status: int, content_type: str | None, words: str
) -> None:
    """The request is not carried out, and the ledger says so."""
    await ministry.faults(rule(kind))
    reply = await ministry.create(examples.location())
    assert (status, content_type) == (reply.status_code, reply.headers.get("content-type"))
    assert words in reply.text
    assert 0 == await held(ministry)
    receipt = (await ministry.ledger())["requests"][-1]
    assert (status, False, [kind]) == (receipt["status"], receipt["effect"], receipt["faults"])


SPOILT = [
    ("truncated", 201),
    ("html", 200),
    ("created_without_id", 201),
    ("error_after_commit", 503),
    ("outcome_after_commit", 200),
    ("wrong_charset", 201),
]


@pytest.mark.parametrize(("kind", "status"), SPOILT)
async def test_a_spoilt_answer_has_had_its_effect(ministry: Ministry, kind: str, status: int) -> None:
    """The resource is held although the answer does not prove it."""
    await ministry.faults(rule(kind))
    reply = await ministry.create(examples.location())
    assert status == reply.status_code
    assert 1 == await held(ministry)
    assert (await ministry.ledger())["requests"][-1]["effect"]


async def test_spoilt_answers_are_spoilt(ministry: Ministry) -> None:
    """Half a body is no JSON, and an answer without id has none anywhere."""
    await ministry.faults(rule("truncated", {"next": 1}), rule("created_without_id", {"after": 1}))
    with pytest.raises(json.JSONDecodeError):
        (await ministry.create(examples.location("A"))).json()
    reply = await ministry.create(examples.location("B"))
    assert "id" not in reply.json()
    assert "location" not in reply.headers
    bundle = examples.bundle(examples.entry(examples.location("C")))
    row = (await ministry.http.post(FHIR, json=bundle)).json()["entry"][0]["response"]
    assert not {"resourceID", "location"} & row.keys()


async def test_an_empty_search_hides_what_is_there(ministry: Ministry) -> None:
    """Success without proof that nothing exists (F15)."""
    await ministry.room()
    await ministry.faults(rule("empty_search", {"method": "GET"}))
    assert 0 == (await ministry.http.get(f"{LOCATIONS}?organization=10000004")).json()["total"]


async def test_retry_after_is_sent_when_asked_for(ministry: Ministry) -> None:
    """A 429 comes with or without the header."""
    await ministry.faults(rule("throttle", {"next": 1}, retry_after_s=7), rule("throttle"))
    assert "7" == (await ministry.create(examples.location())).headers["retry-after"]
    assert "retry-after" not in (await ministry.create(examples.location())).headers


async def test_a_quota_lets_so_many_through_each_second(ministry: Ministry) -> None:
    """A token bucket: the burst, then 429, then again what the time has brought."""
    await ministry.faults(rule("quota", {"type": "Location"}, per_second=2, burst=3))
    statuses = [(await ministry.create(examples.location(f"R{n}"))).status_code for n in range(4)]
    assert [201, 201, 201, 429] == statuses
    ministry.clock.now += 0.5
    assert 201 == (await ministry.create(examples.location("R9"))).status_code


async def test_next_and_after_count_matching_requests(ministry: Ministry) -> None:
    """Skip one, hit two, then leave in peace."""
    await ministry.faults(rule("unavailable", {"type": "Location", "after": 1, "next": 2}))
    statuses = [(await ministry.create(examples.location(f"R{n}"))).status_code for n in range(4)]
    assert [201, 503, 503, 201] == statuses
    described = (await ministry.http.get("/__sandbox__/faults")).json()["rules"][0]
    assert (4, 2) == (described["seen"], described["fired"])


async def test_paths_methods_and_types_choose(ministry: Ministry) -> None:
    """A rule touches only what it matches."""
    await ministry.faults(rule("error", {"path": "/Location/[a-f0-9-]+$", "method": "GET"}))
    room = await ministry.room()
    assert 500 == (await ministry.http.get(f"{LOCATIONS}/{room}")).status_code
    assert 200 == (await ministry.http.get(f"{LOCATIONS}?organization=10000004")).status_code


def test_chance_is_seeded() -> None:
    """The same seed hits the same requests, another one does not."""

    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.change([rule("error", {"probability": 0.3})])
        return [bool(faults.plan("POST", "Bundle", "/", 0).names) for _ in range(200)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert 30 < sum(hits(1)) < 90


@pytest.mark.parametrize(
    ("effect", "low", "high"),
    [
        ({"ms": 100}, 0.1, 0.1),
        ({"ms": 100, "distribution": "uniform", "jitter_ms": 20}, 0.08, 0.12),
        ({"ms": 100, "distribution": "exponential"}, 0.0, 3.0),
        ({"ms": 100, "distribution": "lognormal", "sigma": 0.5}, 0.01, 2.0),
    ],
)
def test_latency_has_a_distribution(effect: dict[str, Any], low: float, high: float) -> None:
    """Seconds, drawn around the given milliseconds and never negative."""
    faults = Faults(1)
    faults.change([rule("latency", {}, **effect)])
    drawn = [faults.plan("GET", "x", "/", 0).answer_after_s for _ in range(300)]
    assert low <= min(drawn)
    assert max(drawn) <= high
    assert 0.08 < sum(drawn) / len(drawn) < 0.14


async def test_expired_tokens_and_failing_token_calls(ministry: Ministry) -> None:
    """All tokens end at once; the token endpoint fails, or grants what is over already."""
    await ministry.faults(rule("expire_tokens", {"next": 1}))
    assert 401 == (await ministry.create(examples.location())).status_code
    assert 401 == (await ministry.create(examples.location())).status_code
    await ministry.faults(rule("error", {"type": "token"}))
    assert 500 == (await ministry.token()).status_code
    await ministry.faults(rule("expired_grant", {"type": "token"}))
    await ministry.sign_in()
    assert 401 == (await ministry.create(examples.location())).status_code
    await ministry.faults()
    await ministry.sign_in()
    await ministry.created(examples.location())


async def test_a_search_lags_behind_the_write(ministry: Ministry) -> None:
    """A read by id finds it at once, a search only later; a second create is refused all the same."""
    await ministry.faults(rule("search_lag", {"method": "POST"}, ms=2000))
    room = await ministry.room()
    search = f"{LOCATIONS}?identifier={examples.SYS}/location/10000004|R-01"
    assert 0 == (await ministry.http.get(search)).json()["total"]
    assert 200 == (await ministry.http.get(f"{LOCATIONS}/{room}")).status_code
    assert "RuleNumber: 20002" in (await ministry.create(examples.location())).text
    ministry.clock.now += 2
    assert 1 == (await ministry.http.get(search)).json()["total"]


@pytest.mark.parametrize("whole", [False, True])
async def test_duplicate_records_are_held_and_counted(ministry: Ministry, whole: bool) -> None:
    """One request, two records with one identifier; the summary names them."""
    await ministry.faults(rule("duplicate", {"method": "POST"}))
    if whole:
        bundle = examples.bundle(examples.entry(examples.location()))
        assert 200 == (await ministry.http.post(FHIR, json=bundle)).status_code
    else:
        await ministry.room()
    summary = await ministry.ledger("?summary=1")
    assert 2 == len(summary["duplicates"][0]["ids"])
    assert f"{examples.SYS}/location/10000004|R-01" == summary["duplicates"][0]["identifier"]
    search = f"{LOCATIONS}?identifier={examples.SYS}/location/10000004|R-01"
    assert 2 == (await ministry.http.get(search)).json()["total"]


BAD_RULES = [
    "nonsense",
    {"rules": [], "more": 1},
    {"rules": 1},
    {"remove": "error"},
    [{"effect": {"kind": "explode"}}],
    [{"match": {}}],
    [{"effect": {"kind": "latency", "seconds": 1}}],
    [{"effect": "quota"}],
    [{"effect": "error", "match": {"probabilty": 1}}],
    [{"effect": "error", "match": {"path": "("}}],
    [{"effect": {"kind": "latency", "ms": "soon"}}],
    [{"effect": {"kind": "latency", "distribution": "odd"}}],
    [{"effect": "error", "match": {"next": "one"}}],
]


@pytest.mark.parametrize("posted", BAD_RULES, ids=str)
async def test_a_rule_that_cannot_be_understood_changes_nothing(ministry: Ministry, posted: Any) -> None:
    """400 with a sentence; the rules in force stay."""
    await ministry.faults(rule("error"))
    reply = await ministry.http.post("/__sandbox__/faults", json=posted)
    assert 400 == reply.status_code
    assert reply.json()["error"]
    assert 1 == len((await ministry.http.get("/__sandbox__/faults")).json()["rules"])


async def test_rules_are_added_removed_and_cleared(ministry: Ministry) -> None:
    """A list replaces; add and remove work by name; DELETE clears."""
    await ministry.faults(rule("error"), rule("latency"))
    changed = {"add": [rule("throttle")], "remove": ["error"], "seed": 3}
    rules = (await ministry.http.post("/__sandbox__/faults", json=changed)).json()["rules"]
    assert ["latency", "throttle"] == [one["name"] for one in rules]
    assert {"rules": []} == (await ministry.http.delete("/__sandbox__/faults")).json()


def test_every_kind_is_known_to_the_gate() -> None:
    """No rule can be posted that nothing carries out."""
    carried = {*REFUSALS, *SPOILERS, "drop_before_commit", "drop_after_commit"}
    bent = {"latency", "straggle", "late_answer", "duplicate", "search_lag", "expired_grant"}
    assert carried | bent == KINDS


@pytest.mark.parametrize(
    ("kind", "effect", "low", "high"),
    [
        ("latency", {}, 0.0, 1.0),
        ("latency", {"commit_at": 0}, 0.0, 0.0),
        ("latency", {"commit_at": 1}, 1.0, 1.0),
        ("straggle", {}, 1.0, 1.0),
        ("late_answer", {}, 0.0, 0.0),
    ],
)
def test_the_effect_comes_somewhere_in_the_wait(kind: str, effect: dict[str, Any], low: float, high: float) -> None:
    """A latency's effect at any moment unless told; a straggler's last, a late answer's first."""
    faults = Faults(1)
    faults.change([rule(kind, {}, ms=1000, **effect)])
    plans = [faults.plan("POST", "Bundle", "/", 0) for _ in range(200)]
    assert {1.0} == {plan.answer_after_s for plan in plans}
    assert low <= min(plan.commit_after_s for plan in plans)
    assert max(plan.commit_after_s for plan in plans) <= high
