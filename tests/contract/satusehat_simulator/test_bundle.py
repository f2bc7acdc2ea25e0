"""The transaction Bundle: all or nothing, in one commit (reference 3.16)."""

import uuid

import pytest

from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import FHIR, OTHER, Ministry


async def counts(ministry: Ministry) -> dict[str, int]:
    """Count what is held per type."""
    return dict((await ministry.ledger("?summary=1"))["resources"])


@pytest.mark.parametrize("root", [FHIR, f"{FHIR}/"])
async def test_a_visit_is_accepted_whole(ministry: Ministry, root: str) -> None:
    """One etag for all, entries in order, the id before ``_history``, no resource in the answer."""
    sent = examples.visit_bundle(await ministry.room())
    reply = await ministry.http.post(root, json=sent)
    assert 200 == reply.status_code, reply.text
    answer = reply.json()
    assert "transaction-response" == answer["type"]
    rows = [row["response"] for row in answer["entry"]]
    assert [entry["resource"]["resourceType"] for entry in sent["entry"]] == [row["resourceType"] for row in rows]
    assert 1 == len({row["etag"] for row in rows})
    for row in rows:
        assert "201 Created" == row["status"]
        version = row["etag"].removeprefix('W/"').removesuffix('"')
        tail = f"/fhir-r4/v1/{row['resourceType']}/{row['resourceID']}/_history/{version}"
        assert row["location"].startswith("https://api-satusehat-stg.dto.kemkes.go.id")
        assert row["location"].endswith(tail)
        assert {"etag", "lastModified", "location", "status", "resourceType", "resourceID"} == row.keys()


async def test_references_inside_become_real_ones(ministry: Ministry) -> None:
    """``urn:uuid`` turns into Type/id, forwards and backwards."""
    reply = await ministry.http.post(FHIR, json=examples.visit_bundle(await ministry.room()))
    visit, diagnosis, *_ = (row["response"]["resourceID"] for row in reply.json()["entry"])
    held = (await ministry.http.get(f"{FHIR}/Encounter/{visit}")).json()
    assert f"Condition/{diagnosis}" == held["diagnosis"][0]["condition"]["reference"]
    held = (await ministry.http.get(f"{FHIR}/Condition/{diagnosis}")).json()
    assert f"Encounter/{visit}" == held["encounter"]["reference"]


async def test_one_bad_entry_stops_them_all(ministry: Ministry) -> None:
    """Nothing is written, and the others are marked (rules 20012, 20013)."""
    bundle = examples.visit_bundle(await ministry.room())
    bundle["entry"][1]["resource"]["code"]["coding"][0]["code"] = "nonsense"
    before = await counts(ministry)
    reply = await ministry.http.post(FHIR, json=bundle)
    issues = reply.json()["issue"]
    assert 400 == reply.status_code
    assert ["Bundle.entry[1].resource.code.coding[0]"] == issues[0]["expression"]
    marks = [issue["details"]["text"] for issue in issues[1:]]
    assert 4 == len(marks)
    assert all("RuleNumber: 20012" in text or "RuleNumber: 20013" in text for text in marks)
    assert before == await counts(ministry)


async def test_a_store_error_in_one_entry_stops_them_all(ministry: Ministry) -> None:
    """The store places its complaint inside the Bundle, with the type's name in lower camel case."""
    bundle = examples.visit_bundle(await ministry.room())
    bundle["entry"][1]["resource"]["code"]["coding"] = {}
    before = await counts(ministry)
    reply = await ministry.http.post(FHIR, json=bundle)
    issue = reply.json()["issue"][0]
    assert "unparseable_resource" == issue["details"]["text"]
    assert ["Bundle.entry[1].resource.condition.code.coding"] == issue["expression"]
    assert before == await counts(ministry)


@pytest.mark.parametrize(
    ("full_url", "rule"),
    [
        (None, 20021),
        ("Encounter/1", 20018),
        ("urn:uuid", 20017),
        ("urn:uuid:visit-1", 20019),
    ],
)
async def test_a_full_url_is_a_uuid(ministry: Ministry, full_url: str | None, rule: int) -> None:
    """Each way to write it wrongly has its rule."""
    entry = examples.entry(examples.location())
    entry["fullUrl"] = full_url
    reply = await ministry.http.post(FHIR, json=examples.bundle(entry))
    assert 400 == reply.status_code
    assert f"(RuleNumber: {rule})" in reply.text


async def test_full_urls_are_unique(ministry: Ministry) -> None:
    """Two entries cannot share one (rule 20020)."""
    url = f"urn:uuid:{uuid.uuid4()}"
    bundle = examples.bundle(examples.entry(examples.location("A"), url), examples.entry(examples.location("B"), url))
    reply = await ministry.http.post(FHIR, json=bundle)
    assert "(RuleNumber: 20020)" in reply.text


async def test_a_bundle_in_a_bundle_is_refused(ministry: Ministry) -> None:
    """No nesting (rule 20011)."""
    inner = examples.bundle(examples.entry(examples.location()))
    reply = await ministry.http.post(FHIR, json=examples.bundle(examples.entry(inner)))
    assert "(RuleNumber: 20011)" in reply.text


async def test_a_bundle_sent_again_is_a_duplicate(ministry: Ministry) -> None:
    """Rule 20002 for each entry that is held already; nothing is written twice."""
    bundle = examples.visit_bundle(await ministry.room())
    await ministry.http.post(FHIR, json=bundle)
    before = await counts(ministry)
    reply = await ministry.http.post(FHIR, json=bundle)
    assert "Found duplicate: Encounter (RuleNumber: 20002)" in reply.text
    assert before == await counts(ministry)
    assert [] == (await ministry.ledger("?summary=1"))["duplicates"]


async def test_duplicates_inside_one_bundle_are_refused(ministry: Ministry) -> None:
    """The store is not the only place to look."""
    entries = [examples.entry(examples.location("A")) for _ in range(2)]
    reply = await ministry.http.post(FHIR, json=examples.bundle(*entries))
    assert "Found duplicate: Location" in reply.text


async def test_an_entry_may_replace_what_is_held(ministry: Ministry) -> None:
    """A PUT entry writes the next version in the same commit."""
    room = examples.location()
    room_id = await ministry.created(room)
    entry = examples.entry({**room, "id": room_id, "status": "inactive"})
    entry["request"] = {"method": "PUT", "url": f"Location/{room_id}"}
    reply = await ministry.http.post(FHIR, json=examples.bundle(entry))
    assert "200 OK" == reply.json()["entry"][0]["response"]["status"]
    assert "inactive" == (await ministry.http.get(f"{FHIR}/Location/{room_id}")).json()["status"]
    entry["request"]["url"] = "Location/none"
    reply = await ministry.http.post(FHIR, json=examples.bundle(entry))
    assert "(RuleNumber: 20007)" in reply.text


async def test_an_entry_may_not_replace_what_others_hold(ministry: Ministry) -> None:
    """Permission is checked inside a transaction too."""
    room_id = await ministry.created(examples.location())
    await ministry.sign_in(OTHER)
    theirs = examples.location(organization=OTHER.organization_id)
    entry = examples.entry({**theirs, "id": room_id})
    entry["request"] = {"method": "PUT", "url": f"Location/{room_id}"}
    reply = await ministry.http.post(FHIR, json=examples.bundle(entry))
    assert "You don't have permission to edit resource" in reply.text


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "type": "batch", "entry": [{}]},
        {"resourceType": "Bundle", "type": "transaction"},
        {"resourceType": "Bundle", "type": "transaction", "entry": [None, {}, {"resource": []}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": {}}]},
    ],
)
async def test_what_is_no_transaction_is_refused(ministry: Ministry, body: examples.Json) -> None:
    """Odd bodies get an answer too."""
    assert 400 == (await ministry.http.post(FHIR, json=body)).status_code
