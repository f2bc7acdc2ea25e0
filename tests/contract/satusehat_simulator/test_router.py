"""The DICOM router: it alone makes an ImagingStudy, once the request and the images are there (3.11)."""

import pytest

from tests.contract.satusehat_simulator import examples, orders
from tests.contract.satusehat_simulator.conftest import FHIR, Ministry, Opener
from tests.contract.satusehat_simulator.test_search import found

STUDY = {
    "organization": examples.ORGANIZATION,
    "accession_number": "R2603020001A",
    "study_uid": "1.2.3.4",
    "modality": "DX",
    "instances": 3,
}
ACSN = f"{examples.SYS}/acsn/{examples.ORGANIZATION}|R2603020001A"


async def images(ministry: Ministry, **changes: object) -> examples.Json:
    """Let images arrive at the router."""
    reply = await ministry.http.post("/__sandbox__/studies", json={**STUDY, **changes})
    assert 200 == reply.status_code, reply.text
    return dict(reply.json())


async def test_a_study_is_found_by_its_accession_number(ministry: Ministry) -> None:
    """As recorded: ACSN and DICOM uid, modality, counts, patient, request."""
    visit = await ministry.visit()
    request = await ministry.created(orders.image_request(visit))
    assert (await images(ministry))["made"]
    study = (await found(ministry, "ImagingStudy", identifier=ACSN))["entry"][0]["resource"]
    assert ("available", 3, 1) == (study["status"], study["numberOfInstances"], study["numberOfSeries"])
    assert [{"reference": f"ServiceRequest/{request}"}] == study["basedOn"]
    assert f"Patient/{examples.PATIENT}" == study["subject"]["reference"]
    assert {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4"} in study["identifier"]
    assert "DX" == study["modality"][0]["code"]


async def test_images_wait_for_their_request(ministry: Ministry) -> None:
    """Kept until it is held, then made at once; a Bundle will do."""
    assert {"made": False, "id": None} == await images(ministry)
    assert 1 == (await ministry.ledger("?summary=1"))["studies_waiting"]
    assert 0 == (await found(ministry, "ImagingStudy", identifier=ACSN))["total"]
    visit = await ministry.visit()
    order = examples.bundle(examples.entry(orders.image_request(visit)))
    assert 200 == (await ministry.http.post(f"{FHIR}/", json=order)).status_code
    assert 1 == (await found(ministry, "ImagingStudy", identifier=ACSN))["total"]
    assert 0 == (await ministry.ledger("?summary=1"))["studies_waiting"]


async def test_the_same_study_again_is_its_next_version(ministry: Ministry) -> None:
    """More images of it, no second study."""
    await ministry.created(orders.image_request(await ministry.visit()))
    first = await images(ministry)
    assert first == await images(ministry, instances=5)
    study = (await found(ministry, "ImagingStudy", identifier=ACSN))["entry"][0]["resource"]
    assert 5 == study["numberOfInstances"]


async def test_a_facility_writes_no_study(ministry: Ministry) -> None:
    """Neither alone nor in a Bundle nor over one that is there."""
    await ministry.created(orders.image_request(await ministry.visit()))
    made = (await images(ministry))["id"]
    body = (await ministry.http.get(f"{FHIR}/ImagingStudy/{made}")).json()
    order = examples.bundle(examples.entry(body))
    refused = [
        await ministry.http.post(f"{FHIR}/ImagingStudy", json=body),
        await ministry.http.post(f"{FHIR}/", json=order),
        await ministry.http.put(f"{FHIR}/ImagingStudy/{made}", json=body),
    ]
    assert [400] * 3 == [reply.status_code for reply in refused]
    assert all("(RuleNumber: 20003)" in reply.text for reply in refused)
    assert 1 == len((await ministry.ledger("?type=ImagingStudy"))["resources"])


async def test_studies_can_come_by_themselves(open_ministry: Opener) -> None:
    """So many milliseconds after the request, by the simulator's clock."""
    ministry = open_ministry(studies_after_ms=500)
    await ministry.sign_in()
    await ministry.created(orders.image_request(await ministry.visit()))
    assert 0 == (await found(ministry, "ImagingStudy", identifier=ACSN))["total"]
    ministry.clock.now += 0.6
    assert 1 == (await found(ministry, "ImagingStudy", identifier=ACSN))["total"]
    await ministry.http.post("/__sandbox__/settings", json={"studies_after_ms": None})
    other = orders.image_request(await ministry.visit("REG-2"), "SR-R2", "R2603020002A")
    await ministry.created(other)
    ministry.clock.now += 60
    assert 1 == len((await ministry.ledger("?type=ImagingStudy"))["resources"])


async def test_a_laboratorys_request_gets_no_study(open_ministry: Opener) -> None:
    """Only what has an accession number."""
    ministry = open_ministry(studies_after_ms=0)
    await ministry.sign_in()
    await ministry.created(orders.service_request(await ministry.visit()))
    assert [] == (await ministry.ledger("?type=ImagingStudy"))["resources"]


@pytest.mark.parametrize("changes", [{"organization": ""}, {"study_uid": 7}, {"instances": 0}, {"colour": "grey"}])
async def test_a_wish_that_cannot_be_met_is_refused(ministry: Ministry, changes: examples.Json) -> None:
    """With what is wrong with it, and nothing happens."""
    reply = await ministry.http.post("/__sandbox__/studies", json={**STUDY, **changes})
    assert 400 == reply.status_code
    assert next(iter(changes)) in reply.json()["error"]
