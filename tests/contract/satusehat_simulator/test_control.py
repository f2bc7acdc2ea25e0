"""The control door: ledger, reset, settings (see the README of the simulator)."""

import hashlib
import json
from pathlib import Path

import pytest

from sandbox.satusehat.__main__ import read_config
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, OTHER, Ministry
from tests.contract.satusehat_simulator.test_people import new_patient


async def test_every_request_is_written_down_in_order(ministry: Ministry) -> None:
    """Sequence, times, what was asked, how it ended, whose it was."""
    body = json.dumps(examples.location()).encode()
    await ministry.http.post(f"{FHIR}/Location", content=body)
    await ministry.http.get(f"{FHIR}/Location?organization=1")
    token, write, search = (await ministry.ledger())["requests"]
    assert [1, 2, 3] == [token["seq"], write["seq"], search["seq"]]
    assert ("token", "Location", "Location") == (token["type"], write["type"], search["type"])
    assert (201, True, "10000004") == (write["status"], write["effect"], write["organization"])
    assert hashlib.sha256(body).hexdigest() == write["body_sha256"]
    assert len(body) == write["body_bytes"]
    assert write["received_at"] <= write["started_at"] <= write["finished_at"]
    assert ("organization=1", False) == (search["query"], search["effect"])


async def test_secrets_are_not_written_down(ministry: Ministry) -> None:
    """Neither the client's secret nor a token, nor their hashes."""
    await ministry.create(examples.location())
    text = json.dumps(await ministry.ledger())
    assert "sandbox-client-secret" not in text
    assert ministry.http.headers["authorization"].removeprefix("Bearer ") not in text
    assert (await ministry.ledger())["requests"][0]["body_sha256"] is None


async def test_the_ledger_can_be_read_from_a_point_on(ministry: Ministry) -> None:
    """``since`` is exclusive; resources can be left out or narrowed to a type."""
    await ministry.room()
    last = (await ministry.ledger())["requests"][-1]["seq"]
    await ministry.http.get(f"{FHIR}/metadata")
    answer = await ministry.ledger(f"?since={last}&resources=0")
    assert [last + 1] == [row["seq"] for row in answer["requests"]]
    assert "resources" not in answer
    assert [] == (await ministry.ledger("?type=Encounter"))["resources"]
    assert 400 == (await ministry.http.get("/__sandbox__/ledger?since=x")).status_code


async def test_resources_are_listed_with_versions_and_identifiers(ministry: Ministry) -> None:
    """Type, id, count of versions, identifiers, organization and body."""
    room = examples.location()
    room_id = await ministry.created(room)
    await ministry.http.put(f"{FHIR}/Location/{room_id}", json={**room, "id": room_id})
    (row,) = (await ministry.ledger())["resources"]
    assert ("Location", room_id, 2, "10000004") == (
        row["type"],
        row["id"],
        row["versions"],
        row["organization"],
    )
    assert {"system": f"{examples.SYS}/location/10000004", "value": "R-01"} in row["identifiers"]
    assert "Ruang Periksa R-01" == row["body"]["name"]


async def test_a_receipt_names_the_visit_it_is_about(ministry: Ministry) -> None:
    """Bundle, resource of a visit, search and read all lead to the Encounter's identifier."""
    room = await ministry.room()
    reply = await ministry.http.post(FHIR, json=examples.visit_bundle(room))
    visit = reply.json()["entry"][0]["response"]["resourceID"]
    await ministry.create(examples.allergy(f"Encounter/{visit}"))
    await ministry.http.get(f"{FHIR}/Condition?encounter=Encounter/{visit}")
    await ministry.http.get(f"{FHIR}/Encounter/{visit}")
    await ministry.http.get(f"{FHIR}/Encounter", params={"identifier": f"{examples.SYS}/encounter/10000004|REG-1"})
    rows = (await ministry.ledger("?resources=0"))["requests"][2:]
    assert [f"{examples.SYS}/encounter/10000004|REG-1"] * 5 == [row["visit"] for row in rows]


async def test_the_summary_counts_and_compares_bodies(ministry: Ministry) -> None:
    """Per type and status; identifiers that were sent with different bodies are named."""
    room = await ministry.room()
    await ministry.create({**examples.location(), "name": "Lain"})
    await ministry.http.post(FHIR, json=examples.visit_bundle(room))
    summary = await ministry.ledger("?summary=1")
    assert {"Location": 1, "Encounter": 1, "Condition": 1, "Observation": 1} | {
        "MedicationRequest": 1,
        "MedicationDispense": 1,
    } == summary["resources"]
    assert {"200": 2, "201": 1, "400": 1} == summary["by_status"]
    assert [] == summary["duplicates"]
    (different,) = summary["bodies"]
    assert f"Location|{examples.SYS}/location/10000004|R-01" == different["identifier"]
    assert 2 == len(different["sha256"])
    assert 2 == summary["identifiers_sent"] == len((await ministry.ledger("?summary=1&bodies"))["bodies"])


@pytest.mark.parametrize("part", ["resources", "ledger", "faults", "tokens"])
async def test_each_part_is_cleared_alone(ministry: Ministry, part: str) -> None:
    """What is not named stays."""
    await ministry.room()
    await ministry.faults({"effect": {"kind": "latency", "ms": 0}})
    reply = await ministry.http.post("/__sandbox__/reset", json={part: True})
    assert [part] == reply.json()["cleared"]
    ledger = await ministry.ledger()
    rules = (await ministry.http.get("/__sandbox__/faults")).json()["rules"]
    bearer = await ministry.http.get(f"{FHIR}/metadata")
    empty = {
        "resources": not ledger["resources"],
        "ledger": not ledger["requests"],
        "faults": not rules,
        "tokens": 401 == bearer.status_code,
    }
    assert {name: name == part for name in empty} == empty


async def test_an_empty_reset_clears_everything(ministry: Ministry) -> None:
    """As new; people registered in between are gone too."""
    await ministry.http.post(f"{FHIR}/Patient", json=new_patient("3171012106910001"))
    await ministry.http.post("/__sandbox__/reset")
    await ministry.sign_in()
    params = {"identifier": "https://fhir.kemkes.go.id/id/nik|3171012106910001"}
    assert 0 == (await ministry.http.get(f"{FHIR}/Patient", params=params)).json()["total"]
    assert 400 == (await ministry.http.post("/__sandbox__/reset", json={"all": True})).status_code
    assert 400 == (await ministry.http.post("/__sandbox__/reset", content="{")).status_code


async def test_settings_change_while_running(ministry: Ministry) -> None:
    """Token life, unknown codes and the reference check survive a reset of the resources."""
    settings = {"token_ttl_s": 5, "unknown_codes": ["J06.9"], "check_references": False, "token_penalty_s": 0}
    reply = await ministry.http.post("/__sandbox__/settings", json=settings)
    assert sorted(settings) == reply.json()["changed"]
    await ministry.http.post("/__sandbox__/reset", json={"resources": True})
    assert "5" == (await ministry.token()).json()["expires_in"]
    reply = await ministry.create(examples.condition("Encounter/none"))
    assert "Code not found: 'J06.9'" in reply.text
    await ministry.created(examples.condition("Encounter/none", code="A09"))
    for wrong in ({"page_size": 1}, {"token_ttl_s": "soon"}, []):
        assert 400 == (await ministry.http.post("/__sandbox__/settings", json=wrong)).status_code


async def test_two_organizations_share_one_ministry(ministry: Ministry) -> None:
    """The same value under another organization's system is another identifier."""
    await ministry.room()
    await ministry.sign_in(OTHER)
    await ministry.created(examples.location(organization=OTHER.organization_id))
    refused = await ministry.create(examples.location("R-02"))
    assert "RuleNumber: 10447" in refused.text


async def test_a_department_belongs_to_its_clinics_family(ministry: Ministry) -> None:
    """A sub-organization created by the client may stand in identifiers and as provider."""
    department = await ministry.created(examples.organization())
    room = await ministry.created(examples.location("R-9", organization=department))
    await ministry.created(examples.encounter(room, organization=department))


async def test_the_door_tells_that_it_is_open(ministry: Ministry) -> None:
    """A health check for whoever started the simulator."""
    assert {"ok": True} == (await ministry.http.get("/__sandbox__/health")).json()


def test_a_configuration_is_read_from_json(tmp_path: Path) -> None:
    """The fields of Config by name; an unknown one is named in the error."""
    path = tmp_path / "ministry.json"
    client = {"client_id": "a", "client_secret": "b", "organization_id": "1"}
    path.write_text(json.dumps({"clients": [client], "token_ttl_s": 9, "unknown_codes": ["A00"]}))
    config = read_config(path)
    assert ("1", 9, frozenset({"A00"})) == (
        config.clients[0].organization_id,
        config.token_ttl_s,
        config.unknown_codes,
    )
    path.write_text('{"tokens": 1, "clock": 2}')
    with pytest.raises(ValueError, match="clock, tokens"):
        read_config(path)
    assert 3599 == read_config(None).token_ttl_s
