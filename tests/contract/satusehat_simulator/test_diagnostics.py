"""Laboratory and radiology: what is accepted in which order, and what is refused with which rule (3.10, 3.11)."""

from typing import Any

import pytest

from tests.contract.satusehat_simulator import examples, orders
from tests.contract.satusehat_simulator.conftest import FHIR, Ministry
from tests.contract.satusehat_simulator.refusals import DELETE, Build, changed, refused
from tests.contract.satusehat_simulator.test_search import found


def specimen(_visit: str) -> examples.Json:
    """Give a specimen without a stored request."""
    return orders.specimen()


async def test_a_count_goes_request_specimen_result_report(ministry: Ministry) -> None:
    """Each refers to what was created before it; all are found again."""
    visit = await ministry.visit()
    request = f"ServiceRequest/{await ministry.created(orders.service_request(visit))}"
    tube = f"Specimen/{await ministry.created(orders.specimen(request))}"
    result = {**orders.laboratory_result(visit, request), "specimen": {"reference": tube}}
    value = f"Observation/{await ministry.created(result)}"
    report = {**orders.diagnostic_report(visit, request, value), "specimen": [{"reference": tube}]}
    await ministry.created(report)
    subject = f"Patient/{examples.PATIENT}"
    for kind in ("Observation", "DiagnosticReport"):
        based = {"subject": subject, "based_on": request}
        assert 1 == (await found(ministry, kind, **based))["total"]
        assert 0 == (await found(ministry, kind, subject=subject, based_on="ServiceRequest/x"))["total"]
        assert 1 == (await found(ministry, kind, encounter=visit))["total"]
    system = f"{examples.SYS}/diagnostic/{examples.ORGANIZATION}/lab"
    assert 1 == (await found(ministry, "DiagnosticReport", identifier=f"{system}|DR-lab"))["total"]
    assert 1 == (await found(ministry, "Specimen", identifier=f"{examples.SYS}/specimen/10000004|SP-1"))["total"]
    assert 1 == (await found(ministry, "Specimen", request=request))["total"]


async def test_a_whole_order_goes_in_one_bundle(ministry: Ministry) -> None:
    """References by urn among its entries; the visit is there already."""
    visit = await ministry.visit()
    request, value = f"urn:uuid:{'1' * 8}-1111-4111-8111-{'1' * 12}", f"urn:uuid:{'2' * 8}-1111-4111-8111-{'1' * 12}"
    order = examples.bundle(
        examples.entry(orders.service_request(visit), request),
        examples.entry(orders.specimen(request)),
        examples.entry(orders.laboratory_result(visit, request), value),
        examples.entry(orders.diagnostic_report(visit, request, value)),
    )
    reply = await ministry.http.post(f"{FHIR}/", json=order)
    assert 200 == reply.status_code, reply.text
    types = [row["response"]["resourceType"] for row in reply.json()["entry"]]
    assert ["ServiceRequest", "Specimen", "Observation", "DiagnosticReport"] == types
    again = await ministry.http.post(f"{FHIR}/", json=order)
    assert "Found duplicate: ServiceRequest (RuleNumber: 20002)" in again.text


@pytest.mark.parametrize("kind", ["specimen", "laboratory_result", "diagnostic_report"])
async def test_nothing_comes_before_its_request(ministry: Ministry, kind: str) -> None:
    """A reference that leads nowhere is refused by the store."""
    visit = await ministry.visit()
    build = getattr(orders, kind)
    reply = await ministry.create(build() if kind == "specimen" else build(visit))
    assert "reference_not_found" == reply.json()["issue"][0]["details"]["text"]


MANDATORY: list[tuple[Build, str, int]] = [
    *((orders.service_request, path, rule) for path, rule in {
        "status": 10065, "intent": 10063, "code": 10060, "subject": 10141, "encounter": 10142, "requester": 10376,
        "performer": 10377}.items()),
    *((specimen, path, rule) for path, rule in {
        "status": 10069, "type": 10070, "subject": 10143, "request": 10440}.items()),
    *((orders.laboratory_result, path, rule) for path, rule in {
        "status": 10008, "code": 10010, "subject": 10129, "encounter": 10130, "effectiveDateTime": 10295,
        "performer": 10383, "valueQuantity": 10331}.items()),
    *((orders.diagnostic_report, path, rule) for path, rule in {
        "status": 10072, "code": 10071, "subject": 10144, "encounter": 10145, "performer": 10384, "result": 10385,
        "basedOn": 10387}.items()),
    (orders.image_request, "orderDetail", 10427),
]  # fmt: skip

UCUM = "http://unitsofmeasure.org"
VALUES: list[tuple[Build, str, Any, int]] = [
    (orders.service_request, "status", "done", 10065),
    (orders.service_request, "intent", "wish", 10063),
    (orders.service_request, "priority", "cito", 10066),
    (orders.service_request, "code.coding.0.system", "http://x", 10060),
    (orders.service_request, "code.coding.0.code", "58410-2 ", 10060),
    (orders.service_request, "category.0.coding.0.system", "http://x", 10462),
    (orders.service_request, "reasonCode.0.coding.0.code", "A91x", 10064),
    (orders.service_request, "requester.reference", "Patient/P1", 10376),
    (orders.service_request, "performer.0.reference", "Organization/10000004", 10377),
    (orders.service_request, "authoredOn", "2026-03-02", 10361),
    (orders.service_request, "occurrenceDateTime", "2013-03-02T00:00:00+00:00", 10360),
    (orders.service_request, "identifier.0.system", f"{examples.SYS}/servicerequest/10000099", 10415),
    (orders.service_request, "identifier.0.system", f"{examples.SYS}/specimen/10000004", 10415),
    (orders.image_request, "identifier.1.value", "R26030200010000AB", 10415),
    (orders.image_request, "orderDetail.0.coding.0.system", "http://x", 10427),
    (specimen, "status", "taken", 10069),
    (specimen, "type.coding.0.system", "http://loinc.org", 10070),
    (specimen, "request.0.reference", "Observation/x", 10440),
    (specimen, "identifier.0.system", f"{examples.SYS}/acsn/10000004", 10414),
    (specimen, "identifier.0.assigner.reference", "Practitioner/x", 10395),
    (specimen, "collection.collector.reference", "Patient/x", 10396),
    (specimen, "collection.collectedDateTime", "2030-03-02T00:00:00+00:00", 10362),
    (specimen, "collection.method.coding.0.system", "http://x", 10068),
    (specimen, "collection.bodySite.coding.0.system", "http://x", 10680),
    (specimen, "collection.fastingStatusCodeableConcept.coding.0.code", "YES", 10363),
    (specimen, "collection.quantity.value", "3", 10364),
    (specimen, "receivedTime", "yesterday", 10366),
    (orders.laboratory_result, "category.0.coding.0.code", "lab", 10009),
    (orders.laboratory_result, "valueQuantity.code", "gr/dL", 10012),
    (orders.laboratory_result, "valueQuantity.code", "x10*3/uL", 10012),
    (orders.laboratory_result, "valueQuantity.code", "µmol/L", 10012),
    (orders.laboratory_result, "valueQuantity.value", "9.1", 10331),
    (orders.laboratory_result, "valueQuantity.comparator", "=", 10012),
    (orders.laboratory_result, "interpretation.0.coding.0.code", "LOW", 10398),
    (orders.laboratory_result, "referenceRange.0.low.value", "13,2", 10369),
    (orders.laboratory_result, "referenceRange.0.high.value", "17,3", 10368),
    (orders.laboratory_result, "referenceRange.0.low.system", "http://x", 10382),
    (orders.laboratory_result, "referenceRange.0.high.system", "http://x", 10381),
    (orders.laboratory_result, "issued", "2026-03-02", 10296),
    (orders.laboratory_result, "performer", [{"reference": "Organization/10000004"}], 10383),
    (orders.laboratory_result, "identifier.0.system", f"{examples.SYS}/diagnostic/10000004", 10441),
    (orders.imaging_result, "derivedFrom.0.reference", "ServiceRequest/x", 10428),
    (orders.diagnostic_report, "status", "ready", 10072),
    (orders.diagnostic_report, "category.0.coding.0.code", "UR", 10073),
    (orders.diagnostic_report, "code.coding.0.system", "http://snomed.info/sct", 10071),
    (orders.diagnostic_report, "performer", [{"reference": "Organization/10000004"}], 10384),
    (orders.diagnostic_report, "result.0.reference", "Specimen/x", 10385),
    (orders.diagnostic_report, "basedOn.0.reference", "Encounter/x", 10387),
    (orders.diagnostic_report, "issued", "2030-03-02T00:00:00+00:00", 10359),
    (orders.diagnostic_report, "effectiveDateTime", "2026-03-02", 10379),
    (orders.diagnostic_report, "identifier.0.system", f"{examples.SYS}/diagnostic/10000004/xray", 10432),
    (orders.diagnostic_report, "identifier.0.system", f"{examples.SYS}/diagnostic/10000099/lab", 10432),
    (orders.diagnostic_report, "specimen", [{"reference": "Observation/x"}], 10386),
    (orders.diagnostic_report, "conclusionCode",
     [examples.concept("http://hl7.org/fhir/sid/icd-10", "D64.9")], 10074),
]  # fmt: skip


@pytest.mark.parametrize(("build", "path", "rule"), MANDATORY)
async def test_a_missing_element_is_refused(ministry: Ministry, build: Build, path: str, rule: int) -> None:
    """Every mandatory element, with its number in the text (reference 3.2)."""
    issues = await refused(ministry, changed(build("Encounter/none"), path, DELETE))
    assert any(f"(RuleNumber: {rule})" in issue["details"]["text"] for issue in issues), issues


@pytest.mark.parametrize(("build", "path", "value", "rule"), VALUES)
async def test_a_wrong_value_is_refused(ministry: Ministry, build: Build, path: str, value: Any, rule: int) -> None:
    """Code systems, forms, moments, identifiers and the types of what is referred to."""
    issues = await refused(ministry, changed(build("Encounter/none"), path, value))
    assert any(f"(RuleNumber: {rule})" in issue["details"]["text"] for issue in issues), issues


@pytest.mark.parametrize("build", [orders.service_request, specimen, orders.diagnostic_report])
async def test_a_result_of_words_or_codes_is_as_good(ministry: Ministry, build: Build) -> None:
    """KPTL beside LOINC, a text alone, a coded value: nothing of the validator's to refuse."""
    coded = changed(orders.laboratory_result("Encounter/none"), "valueQuantity", DELETE)
    coded["valueCodeableConcept"] = examples.concept("http://loinc.org", "LA19710-5")
    kptl = examples.concept("http://terminology.kemkes.go.id/CodeSystem/kptl", "30683")["coding"]
    asked = orders.service_request("Encounter/none")
    asked["code"]["coding"] += kptl
    for resource in (coded, asked, build("Encounter/none")):
        reply = await ministry.create(resource)
        assert "RuleNumber" not in reply.text
        assert "reference_not_found" in reply.text


async def test_a_report_is_amended_and_taken_back(ministry: Ministry) -> None:
    """By PUT, under the same identifier."""
    visit = await ministry.visit()
    request = f"ServiceRequest/{await ministry.created(orders.service_request(visit))}"
    value = f"Observation/{await ministry.created(orders.laboratory_result(visit, request))}"
    report = orders.diagnostic_report(visit, request, value)
    report_id = await ministry.created(report)
    for status in ("amended", "entered-in-error"):
        body = {**report, "id": report_id, "status": status}
        assert 200 == (await ministry.http.put(f"{FHIR}/DiagnosticReport/{report_id}", json=body)).status_code
