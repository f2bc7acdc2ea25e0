"""What the ministry accepts, and the form of its answer."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, Ministry, Opener

OF_A_VISIT: list[Callable[[str], examples.Json]] = [
    examples.condition,
    examples.observation,
    examples.procedure,
    examples.allergy,
    examples.prescription,
    examples.composition,
    examples.immunization,
]


@pytest.mark.parametrize("build", OF_A_VISIT, ids=lambda build: build.__name__)
async def test_every_resource_of_a_visit_is_created(ministry: Ministry, build: Callable[[str], examples.Json]) -> None:
    """A complete resource is answered 201 with its id."""
    visit = await ministry.visit()
    reply = await ministry.create(build(visit))
    assert 201 == reply.status_code, reply.text
    assert reply.json()["id"]


async def test_master_data_and_drugs_are_created(ministry: Ministry) -> None:
    """Organization, Location and a separate Medication need no visit."""
    for resource in (examples.organization(), examples.location(), examples.medication()):
        await ministry.created(resource)


async def test_a_dispense_follows_its_prescription(ministry: Ministry) -> None:
    """MedicationDispense refers to the order, and shares its prescription-item number."""
    visit = await ministry.visit()
    order = await ministry.created(examples.prescription(visit))
    await ministry.created(examples.dispense(visit, f"MedicationRequest/{order}"))


async def test_a_visit_goes_through_its_states(ministry: Ministry) -> None:
    """Arrived by POST, then finished by PUT; each write is a new version."""
    room = await ministry.room()
    visit = examples.encounter(room)
    visit_id = await ministry.created(visit)
    diagnosis = await ministry.created(examples.condition(f"Encounter/{visit_id}"))
    final = {**examples.finished(visit, f"Condition/{diagnosis}"), "id": visit_id}
    reply = await ministry.http.put(f"{FHIR}/Encounter/{visit_id}", json=final)
    assert 200 == reply.status_code, reply.text
    assert "finished" == (await ministry.http.get(f"{FHIR}/Encounter/{visit_id}")).json()["status"]
    held = (await ministry.ledger("?type=Encounter"))["resources"]
    assert [2] == [row["versions"] for row in held]


def all_sorted(value: Any) -> bool:
    """Tell whether every object's keys stand in alphabetical order."""
    if isinstance(value, list):
        return all(all_sorted(item) for item in value)
    if isinstance(value, dict):
        return list(value) == sorted(value) and all_sorted(list(value.values()))
    return True


async def test_the_answer_to_a_create_has_the_details_that_break_clients(ministry: Ministry) -> None:
    """Sorted keys, nanosecond version, Google's address with the version last (reference 1.4)."""
    reply = await ministry.create(examples.location())
    body = json.loads(reply.text)
    assert all_sorted(body)
    version = body["meta"]["versionId"]
    assert "=" not in version
    assert base64.b64decode(version + "==").decode().isdigit()
    assert body["meta"]["lastUpdated"].endswith("+00:00")
    assert f'W/"{version}"' == reply.headers["etag"]
    location = reply.headers["location"]
    assert location.startswith("https://healthcare.googleapis.com/")
    assert location.endswith(f"/Location/{body['id']}/_history/{version}")
    assert {"system": f"{examples.SYS}/creator", "value": "10000004"} in body["identifier"]


async def test_without_the_creator_switch_an_absent_identifier_becomes_an_empty_array(
    open_ministry: Opener,
) -> None:
    """The form recorded before 2025: ``identifier: []``, and ``{}`` for a Composition."""
    ministry = open_ministry(creator_identifier=False)
    await ministry.sign_in()
    visit = await ministry.visit()
    for build, empty in ((examples.observation, []), (examples.composition, {})):
        resource = build(visit)
        del resource["identifier"]
        assert empty == (await ministry.create(resource)).json()["identifier"]


async def test_dates_are_stored_as_they_came(ministry: Ministry) -> None:
    """Offsets and Z are accepted and never converted (reference 4.5)."""
    visit = await ministry.visit()
    for n, when in enumerate(("2026-03-02T09:10:00+07:00", "2026-03-02T02:10:00Z", "2026-03-02T02:10:00.000Z")):
        resource = {**examples.observation(visit, f"O{n}"), "effectiveDateTime": when}
        assert when == (await ministry.create(resource)).json()["effectiveDateTime"]


async def test_metadata_is_served(ministry: Ministry) -> None:
    """The capability statement needs a bearer and answers 200."""
    assert 200 == (await ministry.http.get(f"{FHIR}/metadata")).status_code
