"""Connections that close without an answer, and effects that come when nobody waits any more."""

import asyncio
from typing import Any

import httpx
import pytest

from sandbox.door.gate import ConnectionDroppedError
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


@pytest.mark.parametrize(("kind", "count"), [("drop_before_commit", 0), ("drop_after_commit", 1)])
async def test_a_dropped_connection_is_really_closed(socket: httpx.AsyncClient, kind: str, count: int) -> None:
    """Over a socket: no answer at all, with or without the effect."""
    await socket.post("/__sandbox__/faults", json=[rule(kind)])
    with pytest.raises(httpx.TransportError):
        await socket.post(LOCATIONS, json=examples.location())
    ledger = (await socket.get("/__sandbox__/ledger")).json()
    assert count == len(ledger["resources"])
    assert ("dropped", bool(count)) == (
        ledger["requests"][-1]["status"],
        ledger["requests"][-1]["effect"],
    )


async def test_an_outage_may_hang_up_too(socket: httpx.AsyncClient) -> None:
    """The ministry is gone for every path until the rule is removed by name."""
    await socket.post("/__sandbox__/faults", json=[rule("outage", {}, drop=True)])
    with pytest.raises(httpx.TransportError):
        await socket.get(f"{LOCATIONS}?organization=10000004")
    await socket.post("/__sandbox__/faults", json={"remove": ["outage"]})
    assert 200 == (await socket.get(f"{LOCATIONS}?organization=10000004")).status_code


async def test_without_a_socket_a_drop_is_an_exception(ministry: Ministry) -> None:
    """In process there is nothing to close, so the caller sees the connection error itself."""
    await ministry.faults(rule("drop_after_commit"))
    with pytest.raises(ConnectionDroppedError):
        await ministry.create(examples.location())
    assert 1 == await held(ministry)


async def test_a_straggler_commits_after_its_client_has_left(socket: httpx.AsyncClient) -> None:
    """The client's timeout passes, nothing is held yet; later it is."""
    await socket.post("/__sandbox__/faults", json=[rule("straggle", ms=300)])
    with pytest.raises(httpx.ReadTimeout):
        await socket.post(LOCATIONS, json=examples.location(), timeout=0.1)
    assert [] == (await socket.get("/__sandbox__/ledger")).json()["resources"]
    async with asyncio.timeout(5):
        while not (await socket.get("/__sandbox__/ledger")).json()["resources"]:
            continue
    receipt = (await socket.get("/__sandbox__/ledger")).json()["requests"][-1]
    assert receipt["effect"]


async def test_a_late_answer_has_committed_before_it_waits(socket: httpx.AsyncClient) -> None:
    """The other order: the effect at once, the answer too late."""
    await socket.post("/__sandbox__/faults", json=[rule("late_answer", ms=500)])
    with pytest.raises(httpx.ReadTimeout):
        await socket.post(LOCATIONS, json=examples.location(), timeout=0.2)
    assert 1 == len((await socket.get("/__sandbox__/ledger")).json()["resources"])


async def test_two_requests_about_one_visit_are_seen_together(socket: httpx.AsyncClient) -> None:
    """The ledger counts what is in flight per Encounter identifier."""
    await socket.post("/__sandbox__/faults", json=[rule("latency", {"type": "Encounter"}, ms=100)])
    search = f"{FHIR}/Encounter?identifier={examples.SYS}/encounter/10000004|REG-1"
    await asyncio.gather(*(socket.get(search) for _ in range(3)))
    ledger = (await socket.get("/__sandbox__/ledger")).json()["requests"]
    searches = [row for row in ledger if "Encounter" == row["type"]]
    assert [1, 2, 3] == [row["in_flight"] for row in searches]
    assert all(row["started_at"] <= row["finished_at"] for row in searches)
    summary = (await socket.get("/__sandbox__/ledger?summary=1")).json()
    assert (2, 3, 0) == (summary["overlaps"], summary["most_in_flight"], summary["in_flight"])
