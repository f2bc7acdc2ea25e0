"""Searching and reading what is held (reference 4.9, 5.2)."""

import pytest

from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, OTHER, Ministry, Opener


async def found(ministry: Ministry, kind: str, **params: str) -> examples.Json:
    """Search, and give the searchset."""
    reply = await ministry.http.get(f"{FHIR}/{kind}", params={k.replace("_", "-"): v for k, v in params.items()})
    assert 200 == reply.status_code, reply.text
    return dict(reply.json())


async def test_an_identifier_finds_its_resource(ministry: Ministry) -> None:
    """By ``system|value``; a searchset has its keys in alphabetical order."""
    await ministry.visit("REG-7")
    answer = await found(ministry, "Encounter", identifier=f"{examples.SYS}/encounter/10000004|REG-7")
    assert ["entry", "link", "resourceType", "total", "type"] == list(answer)
    assert (1, "searchset") == (answer["total"], answer["type"])
    resource = answer["entry"][0]["resource"]
    expected = f"https://api-satusehat-stg.dto.kemkes.go.id/fhir-r4/v1/Encounter/{resource['id']}"
    assert expected == answer["entry"][0]["fullUrl"]


async def test_nothing_found_is_200_without_entry(ministry: Ministry) -> None:
    """There is no 404 for a search."""
    answer = await found(ministry, "Encounter", identifier="a|b")
    assert 0 == answer["total"]
    assert "entry" not in answer


async def test_a_visits_resources_are_found_by_encounter_and_subject(ministry: Ministry) -> None:
    """With and without the type in the reference, and narrowed by code."""
    visit = await ministry.visit("A")
    other = await ministry.visit("B")
    await ministry.created(examples.observation(visit, "O1"))
    await ministry.created(examples.observation(other, "O2"))
    assert 1 == (await found(ministry, "Observation", encounter=visit))["total"]
    assert 1 == (await found(ministry, "Observation", encounter=visit.removeprefix("Encounter/")))["total"]
    both = await found(ministry, "Observation", subject=f"Patient/{examples.PATIENT}", code="8480-6")
    assert 2 == both["total"]
    none = await found(ministry, "Observation", patient=examples.PATIENT, encounter=visit, code="8462-4")
    assert 0 == none["total"]


async def test_encounter_is_ignored_on_a_dispense_and_context_is_not(ministry: Ministry) -> None:
    """A parameter without effect is not refused (reference 4.9)."""
    visit = await ministry.visit("A")
    other = await ministry.visit("B")
    order = await ministry.created(examples.prescription(visit))
    await ministry.created(examples.dispense(visit, f"MedicationRequest/{order}"))
    subject = examples.PATIENT
    assert 1 == (await found(ministry, "MedicationDispense", subject=subject, encounter=other))["total"]
    assert 0 == (await found(ministry, "MedicationDispense", subject=subject, context=other))["total"]
    assert 1 == (await found(ministry, "MedicationDispense", prescription=f"MedicationRequest/{order}"))["total"]


async def test_rooms_and_departments_are_found_by_name_and_parent(ministry: Ministry) -> None:
    """Location by organization, Organization by name and partof."""
    await ministry.created(examples.organization())
    await ministry.room()
    assert 1 == (await found(ministry, "Location", organization="10000004,77"))["total"]
    assert 0 == (await found(ministry, "Location", organization="77"))["total"]
    assert 1 == (await found(ministry, "Organization", name="poli"))["total"]
    assert 1 == (await found(ministry, "Organization", partof="10000004"))["total"]


async def test_some_types_demand_a_subject(ministry: Ministry) -> None:
    """Without one they are refused."""
    reply = await ministry.http.get(f"{FHIR}/CarePlan?status=active")
    assert "Missing query parameters: subject" == reply.json()["issue"][0]["details"]["text"]


async def test_a_page_holds_so_many_and_leads_to_the_next(open_ministry: Opener) -> None:
    """``total`` counts the page; ``next`` stands second and carries a token."""
    ministry = open_ministry(page_size=2)
    await ministry.sign_in()
    for n in range(5):
        await ministry.created(examples.location(f"R{n}"))
    url: str | None = f"{FHIR}/Location?organization=10000004"
    totals, names = [], []
    while url is not None:
        page = (await ministry.http.get(url)).json()
        totals.append(page["total"])
        names += [entry["resource"]["name"] for entry in page["entry"]]
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        assert not following or "next" == page["link"][1]["relation"]
        url = following[0].removeprefix("https://api-satusehat-stg.dto.kemkes.go.id") if following else None
    assert [2, 2, 1] == totals
    assert 5 == len(set(names))


async def test_without_consent_others_see_that_something_is_there(open_ministry: Opener) -> None:
    """HTTP 200 with an OperationOutcome, in a search as an entry without ``fullUrl``."""
    ministry = open_ministry(patients_without_consent=frozenset({examples.PATIENT}))
    await ministry.sign_in()
    visit = await ministry.visit()
    held = await ministry.created(examples.condition(visit))
    await ministry.sign_in(OTHER)
    answer = await found(ministry, "Condition", subject=examples.PATIENT)
    assert ["resource"] == list(answer["entry"][0])
    issue = answer["entry"][0]["resource"]["issue"][0]
    assert ("suppressed", f"No consent available for Condition/{held}") == (issue["code"], issue["diagnostics"])
    read = await ministry.http.get(f"{FHIR}/Condition/{held}")
    assert (200, "OperationOutcome") == (read.status_code, read.json()["resourceType"])


async def test_everything_is_not_enabled(ministry: Ministry) -> None:
    """Rule 20014."""
    reply = await ministry.http.get(f"{FHIR}/Patient/{examples.PATIENT}/$everything")
    assert "RuleNumber: 20014" in reply.text


@pytest.mark.parametrize("kind", ["Location", "Condition"])
async def test_an_unknown_id_is_a_404_of_the_store(ministry: Ministry, kind: str) -> None:
    """Reads, unlike searches, know not-found."""
    reply = await ministry.http.get(f"{FHIR}/{kind}/none")
    assert 404 == reply.status_code
    assert f"resource not found: {kind}/none" == reply.json()["issue"][0]["diagnostics"]
