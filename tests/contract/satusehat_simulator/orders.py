"""An invented laboratory order and an image, written for these tests; each function gives a fresh copy."""

from tests.contract.satusehat_simulator.examples import (
    AT,
    LATER,
    ORGANIZATION,
    PATIENT,
    PRACTITIONER,
    SYS,
    Json,
    concept,
    ids,
    observation,
    ref,
)


def service_request(visit: str, value: str = "SR-1") -> Json:
    """Give a request for a blood count."""
    return {
        "resourceType": "ServiceRequest",
        "identifier": ids("servicerequest", value),
        "status": "active",
        "intent": "original-order",
        "priority": "routine",
        "category": [concept("http://snomed.info/sct", "108252007")],
        "code": concept("http://loinc.org", "58410-2"),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "occurrenceDateTime": AT,
        "authoredOn": AT,
        "requester": ref("Practitioner", PRACTITIONER),
        "performer": [ref("Practitioner", PRACTITIONER)],
        "reasonCode": [concept("http://hl7.org/fhir/sid/icd-10", "A91")],
    }


def image_request(visit: str, value: str = "SR-R1", acsn: str = "R2603020001A") -> Json:
    """Give a request for a chest image, with the number its images will bear."""
    dcm = "http://dicom.nema.org/resources/ontology/DCM"
    kind = concept("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN")
    return {
        **service_request(visit, value),
        "identifier": [*ids("servicerequest", value), {"use": "usual", "type": kind, **ids("acsn", acsn)[0]}],
        "category": [concept("http://snomed.info/sct", "363679005")],
        "code": concept("http://loinc.org", "24648-8"),
        "orderDetail": [
            {**concept(dcm, "DX"), "text": "Modality Code: DX"},
            {"coding": [{"system": f"{SYS}/ae-title", "display": "XR0001"}]},
        ],
    }


def specimen(request: str = "ServiceRequest/none", value: str = "SP-1") -> Json:
    """Give a tube of blood; ``request`` is a full reference."""
    return {
        "resourceType": "Specimen",
        "identifier": [{**ids("specimen", value)[0], "assigner": ref("Organization", ORGANIZATION)}],
        "status": "available",
        "type": concept("http://snomed.info/sct", "119297000"),
        "subject": ref("Patient", PATIENT),
        "request": [{"reference": request}],
        "receivedTime": LATER,
        "collection": {
            "collector": ref("Practitioner", PRACTITIONER),
            "collectedDateTime": AT,
            "quantity": {"value": 3, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"},
            "method": concept("http://snomed.info/sct", "396540005"),
            "bodySite": concept("http://snomed.info/sct", "280388002"),
            "fastingStatusCodeableConcept": concept("http://terminology.hl7.org/CodeSystem/v2-0916", "NF"),
        },
    }


def laboratory_result(visit: str, request: str = "ServiceRequest/none", value: str = "HB-1") -> Json:
    """Give a haemoglobin below its range."""
    unit = {"unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}
    flags = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return {
        **observation(visit, value),
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
        "code": concept("http://loinc.org", "718-7"),
        "issued": LATER,
        "performer": [ref("Practitioner", PRACTITIONER), ref("Organization", ORGANIZATION)],
        "basedOn": [{"reference": request}],
        "valueQuantity": {"value": 9.1, **unit},
        "interpretation": [concept(flags, "L")],
        "referenceRange": [{"low": {"value": 13.2, **unit}, "high": {"value": 17.3, **unit}}],
    }


def imaging_result(visit: str, request: str = "ServiceRequest/none", study: str = "ImagingStudy/none") -> Json:
    """Give what was seen on the chest image."""
    body = laboratory_result(visit, request, "XR-1")
    for name in ("valueQuantity", "interpretation", "referenceRange"):
        del body[name]
    return {
        **body,
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "imaging")],
        "code": concept("http://loinc.org", "24648-8"),
        "valueString": "Paru dan jantung dalam batas normal.",
        "derivedFrom": [{"reference": study}],
    }


def diagnostic_report(
    visit: str, request: str = "ServiceRequest/none", result: str = "Observation/none", department: str = "lab"
) -> Json:
    """Give a report over one result."""
    section = {"lab": "HM", "rad": "RAD"}.get(department, "HM")
    system = f"{SYS}/diagnostic/{ORGANIZATION}/{department}"
    return {
        "resourceType": "DiagnosticReport",
        "identifier": [{"system": system, "use": "official", "value": f"DR-{department}"}],
        "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/v2-0074", section)],
        "code": concept("http://loinc.org", "58410-2"),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "effectiveDateTime": AT,
        "issued": LATER,
        "performer": [ref("Practitioner", PRACTITIONER), ref("Organization", ORGANIZATION)],
        "basedOn": [{"reference": request}],
        "result": [{"reference": result}],
        "conclusion": "Anemia.",
    }
