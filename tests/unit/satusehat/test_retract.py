"""Nothing is deleted at SatuSehat: what was wrong is marked entered-in-error, in each type's own way."""

from typing import Any

import pytest

from tests.unit.satusehat.visits import sound, sound_known
from workers.satusehat.mapping import Resource, plan, retract, validate
from workers.satusehat.snapshot import MappingError, parse

RESOURCES = {resource.type: resource for resource in plan(parse(sound()), sound_known()).create}


def _held(resource: Resource) -> dict[str, Any]:
    """The resource as the server gives it back: with id, meta and the creator's identifier."""
    given = resource.body["identifier"]
    creator = {"system": "http://sys-ids.kemkes.go.id/creator", "value": "10000004"}
    identifier = given if isinstance(given, dict) else [*given, creator]
    meta = {"lastUpdated": "2026-11-23T03:00:00.123456+00:00", "versionId": "MTcy"}
    return {**resource.body, "id": "5d5cfbd6", "meta": meta, "identifier": identifier}


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_each_type_is_marked_and_stays_valid(kind: str) -> None:
    """The marked form is valid FHIR, keeps id and our identifiers, and drops what the server added."""
    held = _held(RESOURCES[kind])
    marked = retract(kind, held)
    validate(marked)
    assert "5d5cfbd6" == marked["id"]
    assert "meta" not in marked
    assert RESOURCES[kind].body["identifier"] == marked["identifier"]
    assert "meta" in held


@pytest.mark.parametrize("kind", ["Condition", "AllergyIntolerance"])
def test_conditions_and_allergies_lose_their_clinical_status(kind: str) -> None:
    """In error and active at once is forbidden."""
    marked = retract(kind, _held(RESOURCES[kind]))
    assert "entered-in-error" == marked["verificationStatus"]["coding"][0]["code"]
    assert "clinicalStatus" not in marked


@pytest.mark.parametrize("kind", sorted(set(RESOURCES) - {"Condition", "AllergyIntolerance"}))
def test_others_are_marked_by_status(kind: str) -> None:
    """One word."""
    assert "entered-in-error" == retract(kind, _held(RESOURCES[kind]))["status"]


def test_empty_lists_of_the_server_are_dropped() -> None:
    """It answers with ``identifier: []`` where nothing was sent."""
    held = {"resourceType": "Observation", "id": "1", "status": "final", "identifier": []}
    assert "identifier" not in retract("Observation", held)


@pytest.mark.parametrize(("kind", "body"), [("Patient", {"resourceType": "Patient"}), ("Condition", {})])
def test_what_is_not_ours_to_take_back_is_refused(kind: str, body: dict[str, Any]) -> None:
    """Master data, and bodies of another type."""
    with pytest.raises(MappingError):
        retract(kind, body)
