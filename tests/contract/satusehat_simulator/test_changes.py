"""PUT and PATCH: what may be changed, by whom and how (reference 3.17)."""

import pytest

from sandbox.satusehat.json_patch import PatchError, patched
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, OTHER, Ministry

PATCH = {"content-type": "application/json-patch+json"}


async def test_a_put_needs_the_id_of_its_url(ministry: Ministry) -> None:
    """No id, another id and an unknown id are three different refusals."""
    room = examples.location()
    url = f"{FHIR}/Location/{await ministry.created(room)}"
    without = await ministry.http.put(url, json=room)
    assert "id is required" == without.json()["issue"][0]["details"]["text"]
    other = await ministry.http.put(url, json={**room, "id": "other"})
    issue = other.json()["issue"][0]
    assert "resource_mismatch" == issue["details"]["text"]
    assert "id from payload: other" in issue["diagnostics"]
    nowhere = await ministry.http.put(f"{FHIR}/Location/none", json={**room, "id": "none"})
    assert (404, "storage_error") == (
        nowhere.status_code,
        nowhere.json()["issue"][0]["details"]["text"],
    )


async def test_only_the_creator_may_change(ministry: Ministry) -> None:
    """Another organization is told that it has no permission."""
    room = examples.location()
    room_id = await ministry.created(room)
    await ministry.sign_in(OTHER)
    theirs = examples.location(organization=OTHER.organization_id)
    reply = await ministry.http.put(f"{FHIR}/Location/{room_id}", json={**theirs, "id": room_id})
    assert (400, "You don't have permission to edit resource") == (
        reply.status_code,
        reply.json()["issue"][0]["details"]["text"],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": examples.ids("observation", "OTHER")},
        {"subject": examples.ref("Patient", "P00805884304")},
    ],
)
async def test_identifier_and_subject_never_change(ministry: Ministry, change: examples.Json) -> None:
    """Changing them is answered as a lack of permission (reference 3.4)."""
    visit = await ministry.visit()
    before = examples.observation(visit)
    held = await ministry.created(before)
    after = {**before, **change, "id": held}
    reply = await ministry.http.put(f"{FHIR}/Observation/{held}", json=after)
    assert "You don't have permission to edit resource" in reply.text


async def test_a_put_is_validated_like_a_post(ministry: Ministry) -> None:
    """A visit cannot be finished without a diagnosis by way of PUT either."""
    room = await ministry.room()
    visit = examples.encounter(room)
    visit_id = await ministry.created(visit)
    final = {**examples.finished(visit, "Condition/x"), "id": visit_id}
    del final["diagnosis"]
    reply = await ministry.http.put(f"{FHIR}/Encounter/{visit_id}", json=final)
    assert "RuleNumber: 10457" in reply.text


async def test_a_patch_changes_one_element(ministry: Ministry) -> None:
    """The whole resource comes back with a new version."""
    url = f"{FHIR}/Location/{await ministry.room()}"
    change = [{"op": "replace", "path": "/status", "value": "inactive"}]
    reply = await ministry.http.patch(url, json=change, headers=PATCH)
    assert (200, "inactive") == (reply.status_code, reply.json()["status"])
    assert "inactive" == (await ministry.http.get(url)).json()["status"]


async def test_a_patch_needs_its_own_content_type(ministry: Ministry) -> None:
    """``application/json`` is refused by the store, whatever the documentation says."""
    url = f"{FHIR}/Location/{await ministry.room()}"
    reply = await ministry.http.patch(url, json=[])
    assert "invalid_headers" == reply.json()["issue"][0]["details"]["text"]


async def test_a_patch_that_does_not_fit_changes_nothing(ministry: Ministry) -> None:
    """An operation on what is not there fails to merge."""
    url = f"{FHIR}/Location/{await ministry.room()}"
    change = [
        {"op": "replace", "path": "/status", "value": "inactive"},
        {"op": "remove", "path": "/nothing"},
    ]
    reply = await ministry.http.patch(url, json=change, headers=PATCH)
    assert "merge_failed" == reply.json()["issue"][0]["details"]["text"]
    assert "active" == (await ministry.http.get(url)).json()["status"]


async def test_operational_status_is_patched_whole(ministry: Ministry) -> None:
    """The deep path of older examples is refused (rule 10171)."""
    url = f"{FHIR}/Location/{await ministry.room()}"
    change = [{"op": "replace", "path": "/operationalStatus/code", "value": "O"}]
    reply = await ministry.http.patch(url, json=change, headers=PATCH)
    assert "RuleNumber: 10171" in reply.text


async def test_an_episode_is_closed_by_patch_only(ministry: Ministry) -> None:
    """PUT is forbidden, and the PATCH's answer shows five keys."""
    episode = examples.episode()
    episode_id = await ministry.created(episode)
    url = f"{FHIR}/EpisodeOfCare/{episode_id}"
    put = await ministry.http.put(url, json={**episode, "id": episode_id})
    assert 403 == put.status_code
    change = [
        {"op": "replace", "path": "/status", "value": "finished"},
        {"op": "add", "path": "/period/end", "value": examples.LATER},
    ]
    reply = await ministry.http.patch(url, json=change, headers=PATCH)
    assert ["id", "meta", "resourceType", "status", "statusHistory"] == list(reply.json())
    await ministry.created(examples.episode(value="EP-2"))


def test_patch_operations_follow_the_standard() -> None:
    """Add inserts and appends, test compares, tilde and slash are escaped."""
    document = {"a": [1, 3], "b/c": {"d~e": 1}}
    operations = [
        {"op": "test", "path": "/b~1c/d~0e", "value": 1},
        {"op": "add", "path": "/a/1", "value": 2},
        {"op": "add", "path": "/a/-", "value": 4},
        {"op": "remove", "path": "/b~1c/d~0e"},
    ]
    assert {"a": [1, 2, 3, 4], "b/c": {}} == patched(document, operations)
    assert {"a": [1, 3], "b/c": {"d~e": 1}} == document


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a/0", "value": 9},
        {"op": "remove", "path": "/a/5"},
        {"op": "replace", "path": "/x/y", "value": 1},
        {"op": "move", "path": "/a"},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/a/0/b", "value": 1},
        "replace",
    ],
)
def test_operations_that_cannot_be_done_are_errors(operation: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(PatchError):
        patched({"a": [1]}, [operation])
