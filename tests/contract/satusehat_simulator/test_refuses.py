"""What the validator and the store refuse, in which of their dialects (reference 4)."""

from typing import Any

import pytest

from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import Ministry, Opener
from tests.contract.satusehat_simulator.refusals import DELETE, Build, changed, drug, encounter, episode, order, refused

ICD10 = "in system: http://hl7.org/fhir/sid/icd-10 (RuleNumber: 10003)"
ACT = "in system: http://terminology.hl7.org/CodeSystem/v3-ActCode (RuleNumber: 10001)"
WRONG = "Wrong organization ID provided by system URL:"
VALUES: list[tuple[Build, str, Any, str]] = [
    (encounter, "class.code", "XXX", f"Code not found: 'XXX' {ACT}"),
    (encounter, "class.system", "http://x", "Invalid coding system: http://x (RuleNumber: 10001)"),
    (
        encounter,
        "status",
        "beres",
        "Code not found: 'beres' in system: http://hl7.org/fhir/encounter-status (RuleNumber: 10121)",
    ),
    (encounter, "subject.reference", "Patient/", "Reference is mandatory : Encounter.subject (RuleNumber: 10118)"),
    (
        encounter,
        "location.0.location.reference",
        "Location/",
        "Reference is mandatory : Encounter.location[0].location (RuleNumber: 10120)",
    ),
    (
        encounter,
        "identifier.0.system",
        f"{examples.SYS}/encounter/10000099",
        f"{WRONG} {examples.SYS}/encounter/10000099 (RuleNumber: 10117)",
    ),
    (
        encounter,
        "identifier.0.system",
        f"{examples.SYS}/xxx/10000004",
        f"Invalid identifier system: {examples.SYS}/xxx/10000004 (RuleNumber: 10117)",
    ),
    (encounter, "identifier.0.value", "", "Text is empty: '' (RuleNumber: 10117)"),
    (encounter, "serviceProvider.reference", "Organization/10000099", "(RuleNumber: 10124)"),
    (encounter, "period", {"start": examples.LATER, "end": examples.AT}, "(RuleNumber: 10121)"),
    (examples.condition, "code.coding.0.code", "J069", f"Code not found: 'J069' {ICD10}"),
    (examples.condition, "code.coding.0.code", "Z99.99", f"Code not found: 'Z99.99' {ICD10}"),
    (examples.condition, "category.0.coding.0.code", "diagnosis", "(RuleNumber: 10007)"),
    (
        examples.condition,
        "recordedDate",
        "2026-03-02",
        "(RuleNumber: 10403). Format allowed : YYYY-MM-DDThh:mm:ss+00:00",
    ),
    (
        examples.condition,
        "recordedDate",
        "2014-06-02T00:00:00+00:00",
        "Not Allowed : Future Date or Past Date older than 3rd June 2014",
    ),
    (
        examples.condition,
        "recordedDate",
        "2027-01-01T00:00:00+00:00",
        "Invalid date time value : 2027-01-01T00:00:00+00:00 (RuleNumber: 10403)",
    ),
    (examples.observation, "code.coding.0.code", "8480-6 ", "(RuleNumber: 10010)"),
    (examples.observation, "valueQuantity.code", "mmHg", "(RuleNumber: 10012)"),
    (examples.procedure, "code.coding.0.code", "9394", "(RuleNumber: 10015)"),
    (examples.allergy, "category.0", "obat", "(RuleNumber: 10075)"),
    (examples.prescription, "dosageInstruction.0.route.coding.0.code", "Topical", "(RuleNumber: 10038)"),
    (
        examples.prescription,
        "dosageInstruction.0.sequence",
        "Satu",
        "Integer formated as a string: 'Satu' (RuleNumber: 10340)",
    ),
    (
        examples.prescription,
        "dosageInstruction.0.doseAndRate.0.doseQuantity",
        {"value": 5, "system": "http://unitsofmeasure.org", "code": "ml"},
        "(RuleNumber: 10349)",
    ),
    (examples.prescription, "dispenseRequest.quantity.system", f"{examples.SYS}/kfa-satuan", "(RuleNumber: 10348)"),
    (order, "quantity.system", f"{examples.SYS}/kfa-satuan", "(RuleNumber: 10050)"),
    (drug, "code.coding.0.code", "9300", "(RuleNumber: 10024)"),
    (drug, "code.coding.0.code", "93999999", "Code not found: '93999999'"),
    (examples.composition, "date", "2022-06-14", "Invalid date time format : 2022-06-14 (RuleNumber: 10132)"),
    (examples.composition, "type.coding.0.system", "http://snomed.info/sct", "(RuleNumber: 10021)"),
    (
        episode,
        "type.0.coding.0.system",
        "https://terminology.kemkes.go.id/CodeSystem/episodeofcare-type",
        "(RuleNumber: 10110)",
    ),
]


@pytest.mark.parametrize(("build", "path", "value", "words"), VALUES)
async def test_a_wrong_value_is_refused_in_the_recorded_words(
    ministry: Ministry, build: Build, path: str, value: Any, words: str
) -> None:
    """Code systems, codes, dates, organizations and numbers (reference 4.1, 4.5, 4.6)."""
    issues = await refused(ministry, changed(build("Encounter/none"), path, value))
    assert any(words in issue["details"]["text"] for issue in issues), issues


async def test_an_issue_says_where(ministry: Ministry) -> None:
    """The expression is a path with indexes, down to the system when that is what is wrong."""
    wrong = changed(encounter(""), "participant.0.type.0.coding.0.system", "http://x")
    assert ["Encounter.participant[0].type[0].coding[0].system"] == (await refused(ministry, wrong))[0]["expression"]


async def test_several_complaints_come_in_one_answer(ministry: Ministry) -> None:
    """The validator does not stop at the first."""
    wrong = changed(changed(encounter(""), "subject", DELETE), "class", DELETE)
    assert 2 == len(await refused(ministry, wrong))


SHAPES: list[tuple[Build, str, Any, str]] = [
    (examples.procedure, "category", [], "expected a CodeableConcept object"),
    (order, "category", [examples.concept("x", "y")], "expected a CodeableConcept object"),
    (examples.composition, "identifier", [], "expected an object"),
    (examples.condition, "category", examples.concept("x", "y"), "expected an array"),
    (encounter, "serviceType", [], "expected a CodeableConcept object"),
]


@pytest.mark.parametrize(("build", "path", "value", "words"), SHAPES)
async def test_array_and_object_are_told_apart_by_the_store(
    ministry: Ministry, build: Build, path: str, value: Any, words: str
) -> None:
    """The store's dialect: sorted keys, a token in the text, the sentence in diagnostics."""
    reply = await ministry.create(changed(build("Encounter/none"), path, value))
    outcome = reply.json()
    assert (400, "application/fhir+json;charset=utf-8") == (
        reply.status_code,
        reply.headers["content-type"],
    )
    assert ["issue", "resourceType"] == list(outcome)
    issue = outcome["issue"][0]
    assert ("structure", "unparseable_resource") == (issue["code"], issue["details"]["text"])
    assert words == issue["diagnostics"]


async def test_what_only_the_store_demands_is_refused_in_its_dialect(ministry: Ministry) -> None:
    """A Goal has no rule numbers, only FHIR's own cardinality."""
    reply = await ministry.create({"resourceType": "Goal", "subject": examples.ref("Patient", "P1")})
    texts = [issue["diagnostics"] for issue in reply.json()["issue"]]
    assert 'missing required field "lifecycleStatus"' in texts


async def test_a_dangling_reference_is_refused_by_the_store(ministry: Ministry) -> None:
    """With the check on, what is referred to must be held, and people must be known."""
    reply = await ministry.create(examples.condition("Encounter/none"))
    assert "reference_not_found" == reply.json()["issue"][0]["details"]["text"]
    visit = await ministry.visit()
    stranger = changed(examples.condition(visit), "subject.reference", "Patient/P99999999999")
    assert "reference_not_found" in (await ministry.create(stranger)).text


async def test_the_reference_check_can_be_switched_off(open_ministry: Opener) -> None:
    """Then only the form of a reference matters."""
    ministry = open_ministry(check_references=False)
    await ministry.sign_in()
    await ministry.created(examples.condition("Encounter/none"))
    reply = await ministry.create(examples.condition("Encounter", "DX-2"))
    assert "unparseable_resource" == reply.json()["issue"][0]["details"]["text"]


async def test_a_contained_drug_must_be_there(ministry: Ministry) -> None:
    """A local reference leads into ``contained``."""
    visit = await ministry.visit()
    reply = await ministry.create(changed(examples.prescription(visit), "contained.0.id", "lain"))
    assert "contained resource not found: #obat-1" == reply.json()["issue"][0]["diagnostics"]


async def test_the_same_identifier_is_a_duplicate(ministry: Ministry) -> None:
    """HTTP 400 with rule 20002, per type; an order and its dispense may share a number."""
    visit = await ministry.visit()
    order_id = await ministry.created(examples.prescription(visit))
    again = await refused(ministry, examples.prescription(visit))
    expected = {
        "severity": "error",
        "code": "duplicate",
        "details": {"text": "Found duplicate: MedicationRequest (RuleNumber: 20002)"},
    }
    assert [expected] == again
    await ministry.created(examples.prescription(visit, "RX-1-2"))  # same prescription, other item
    await ministry.created(examples.dispense(visit, f"MedicationRequest/{order_id}"))


async def test_one_active_episode_per_patient_and_type(ministry: Ministry) -> None:
    """The refusal spells the rule number in two words (reference 3.15)."""
    await ministry.created(examples.episode())
    issues = await refused(ministry, examples.episode(value="EP-2"))
    text = "found duplicated EpisodeOfCare Type with status active. (Rule Number: 10109)"
    assert text == issues[0]["details"]["text"]


@pytest.mark.parametrize("body", ["", "{", "null", "[1]", '"x"', "[" * 5000])
async def test_a_body_that_is_no_resource_is_refused(ministry: Ministry, body: str) -> None:
    """No body brings the simulator down (rule 20006)."""
    reply = await ministry.http.post("/fhir-r4/v1/Condition", content=body)
    assert 400 == reply.status_code
    assert "RuleNumber: 20006" in reply.text


async def test_the_types_of_url_and_body_must_agree(ministry: Ministry) -> None:
    """A Location sent to Organization is a mismatch of the store."""
    reply = await ministry.http.post("/fhir-r4/v1/Organization", json=examples.location())
    assert "resource_mismatch" == reply.json()["issue"][0]["details"]["text"]
