"""An invented visit and its resources, written for these tests; each function gives a fresh copy."""

import uuid
from typing import Any

Json = dict[str, Any]

ORGANIZATION = "10000004"
PATIENT = "P03647103112"
PRACTITIONER = "10006926841"
SYS = "http://sys-ids.kemkes.go.id"
AT = "2026-03-02T02:10:00+00:00"
LATER = "2026-03-02T02:45:00+00:00"


def concept(system: str, code: str) -> Json:
    """Give a CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}]}


def ref(kind: str, resource_id: str) -> Json:
    """Give a reference by id."""
    return {"reference": f"{kind}/{resource_id}"}


def ids(name: str, value: str, organization: str = ORGANIZATION) -> list[Json]:
    """Give one identifier of ours."""
    return [{"system": f"{SYS}/{name}/{organization}", "value": value}]


def organization() -> Json:
    """Give a department of the clinic."""
    return {
        "resourceType": "Organization",
        "active": True,
        "identifier": ids("organization", "POLI"),
        "name": "Poli Umum",
        "partOf": ref("Organization", ORGANIZATION),
    }


def location(value: str = "R-01", organization: str = ORGANIZATION) -> Json:
    """Give an examination room."""
    return {
        "resourceType": "Location",
        "identifier": ids("location", value, organization),
        "status": "active",
        "name": f"Ruang Periksa {value}",
        "managingOrganization": ref("Organization", organization),
    }


def encounter(room: str, value: str = "REG-1", organization: str = ORGANIZATION) -> Json:
    """Give a visit whose patient has just arrived."""
    participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
    return {
        "resourceType": "Encounter",
        "identifier": ids("encounter", value, organization),
        "status": "arrived",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": ref("Patient", PATIENT),
        "participant": [{"type": [concept(participation, "ATND")], "individual": ref("Practitioner", PRACTITIONER)}],
        "period": {"start": AT},
        "location": [{"location": ref("Location", room)}],
        "statusHistory": [{"status": "arrived", "period": {"start": AT}}],
        "serviceProvider": ref("Organization", organization),
    }


def finished(visit: Json, condition: str) -> Json:
    """Give the same visit after its end, with its diagnosis (a full reference)."""
    role = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
    return {
        **visit,
        "status": "finished",
        "period": {"start": AT, "end": LATER},
        "statusHistory": [
            {"status": "arrived", "period": {"start": AT, "end": AT}},
            {"status": "in-progress", "period": {"start": AT, "end": LATER}},
            {"status": "finished", "period": {"start": LATER, "end": LATER}},
        ],
        "diagnosis": [{"condition": {"reference": condition}, "use": concept(role, "DD"), "rank": 1}],
    }


def condition(visit: str, value: str = "DX-1", code: str = "J06.9") -> Json:
    """Give an ICD-10 diagnosis; ``visit`` is a full reference."""
    category = "http://terminology.hl7.org/CodeSystem/condition-category"
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "identifier": ids("condition", value),
        "clinicalStatus": concept(clinical, "active"),
        "category": [concept(category, "encounter-diagnosis")],
        "code": concept("http://hl7.org/fhir/sid/icd-10", code),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "recordedDate": AT,
    }


def observation(visit: str, value: str = "OBS-1") -> Json:
    """Give a systolic blood pressure."""
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "identifier": ids("observation", value),
        "status": "final",
        "category": [concept(category, "vital-signs")],
        "code": concept("http://loinc.org", "8480-6"),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "effectiveDateTime": AT,
        "performer": [ref("Practitioner", PRACTITIONER)],
        "valueQuantity": {
            "value": 128,
            "unit": "mm[Hg]",
            "system": "http://unitsofmeasure.org",
            "code": "mm[Hg]",
        },
    }


def procedure(visit: str) -> Json:
    """Give an ICD-9-CM procedure, whose category is an object."""
    return {
        "resourceType": "Procedure",
        "identifier": ids("procedure", "PR-1"),
        "status": "completed",
        "category": concept("http://snomed.info/sct", "277132007"),
        "code": concept("http://hl7.org/fhir/sid/icd-9-cm", "93.94"),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "performedPeriod": {"start": AT, "end": LATER},
        "performer": [{"actor": ref("Practitioner", PRACTITIONER)}],
    }


def allergy(visit: str) -> Json:
    """Give an allergy to a food."""
    return {
        "resourceType": "AllergyIntolerance",
        "identifier": ids("allergy", "AL-1"),
        "category": ["food"],
        "code": concept("http://snomed.info/sct", "91935009"),
        "patient": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "recordedDate": AT,
        "recorder": ref("Practitioner", PRACTITIONER),
    }


def _drug(value: str) -> Json:
    url = "https://fhir.kemkes.go.id/r4/StructureDefinition/MedicationType"
    kind = "http://terminology.kemkes.go.id/CodeSystem/medication-type"
    return {
        "resourceType": "Medication",
        "id": "obat-1",
        "identifier": ids("medication", value),
        "status": "active",
        "code": concept("http://sys-ids.kemkes.go.id/kfa", "93001019"),
        "extension": [{"url": url, "valueCodeableConcept": concept(kind, "NC")}],
    }


def medication(value: str = "M-1") -> Json:
    """Give a drug as a resource of its own."""
    drug = _drug(value)
    del drug["id"]
    return drug


def _dose() -> list[Json]:
    form = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
    rate = "http://terminology.hl7.org/CodeSystem/dose-rate-type"
    amount = {"value": 1, "unit": "TAB", "system": form, "code": "TAB"}
    return [
        {
            "sequence": 1,
            "route": concept("http://www.whocc.no/atc", "O"),
            "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"type": concept(rate, "ordered"), "doseQuantity": amount}],
        }
    ]


def prescription(visit: str, item: str = "RX-1-1") -> Json:
    """Give a MedicationRequest with its drug contained."""
    return {
        "resourceType": "MedicationRequest",
        "contained": [_drug("M-1")],
        "identifier": ids("prescription", "RX-1") + ids("prescription-item", item),
        "status": "completed",
        "intent": "order",
        "medicationReference": {"reference": "#obat-1"},
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "authoredOn": AT,
        "requester": ref("Practitioner", PRACTITIONER),
        "dosageInstruction": _dose(),
        "dispenseRequest": {
            "validityPeriod": {"start": AT, "end": "2099-01-01T00:00:00+00:00"},
            "quantity": _dose()[0]["doseAndRate"][0]["doseQuantity"],
        },
    }


def dispense(visit: str, order: str, item: str = "RX-1-1") -> Json:
    """Give a MedicationDispense; ``order`` is a full reference to its MedicationRequest."""
    return {
        "resourceType": "MedicationDispense",
        "contained": [_drug("M-1")],
        "identifier": ids("prescription", "RX-1") + ids("prescription-item", item),
        "status": "completed",
        "category": concept("http://terminology.hl7.org/fhir/CodeSystem/medicationdispense-category", "outpatient"),
        "medicationReference": {"reference": "#obat-1"},
        "subject": ref("Patient", PATIENT),
        "context": {"reference": visit},
        "authorizingPrescription": [{"reference": order}],
        "whenHandedOver": LATER,
        "quantity": _dose()[0]["doseAndRate"][0]["doseQuantity"],
        "dosageInstruction": _dose(),
    }


def composition(visit: str) -> Json:
    """Give a medical résumé, whose identifier is an object."""
    return {
        "resourceType": "Composition",
        "identifier": ids("composition", "CO-1")[0],
        "status": "final",
        "type": concept("http://loinc.org", "88645-7"),
        "subject": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "date": LATER,
        "author": [ref("Practitioner", PRACTITIONER)],
        "title": "Resume Medis Rawat Jalan",
        "section": [{"title": "Diagnosis", "code": concept("http://loinc.org", "78375-3")}],
    }


def episode(patient: str = PATIENT, value: str = "EP-1") -> Json:
    """Give an antenatal episode of care."""
    system = "http://terminology.kemkes.go.id/CodeSystem/episodeofcare-type"
    return {
        "resourceType": "EpisodeOfCare",
        "identifier": ids("episode-of-care", value),
        "status": "active",
        "statusHistory": [{"status": "active", "period": {"start": AT}}],
        "type": [concept(system, "ANC")],
        "patient": ref("Patient", patient),
        "managingOrganization": ref("Organization", ORGANIZATION),
        "period": {"start": AT},
    }


def immunization(visit: str) -> Json:
    """Give a dose given here."""
    reason = "http://terminology.kemkes.go.id/CodeSystem/immunization-reason"
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": concept("http://sys-ids.kemkes.go.id/kfa", "93023055"),
        "patient": ref("Patient", PATIENT),
        "encounter": {"reference": visit},
        "occurrenceDateTime": AT,
        "primarySource": True,
        "lotNumber": "A1",
        "expirationDate": "2030-01-01",
        "performer": [{"actor": ref("Practitioner", PRACTITIONER)}],
        "reasonCode": [concept(reason, "IM-Dasar")],
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
    }


def entry(resource: Json, full_url: str | None = None) -> Json:
    """Give a Bundle entry that creates a resource."""
    return {
        "fullUrl": full_url or f"urn:uuid:{uuid.uuid4()}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def bundle(*entries: Json) -> Json:
    """Give a transaction."""
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def visit_bundle(room: str, value: str = "REG-1") -> Json:
    """Give a finished visit with diagnosis, vital sign, procedure, prescription and résumé."""
    names = {name: f"urn:uuid:{uuid.uuid4()}" for name in ("visit", "diagnosis", "order")}
    visit = names["visit"]
    return bundle(
        entry(finished(encounter(room, value), names["diagnosis"]), visit),
        entry(condition(visit, f"DX-{value}"), names["diagnosis"]),
        entry(observation(visit, f"OBS-{value}")),
        entry(prescription(visit, f"RX-{value}"), names["order"]),
        entry(dispense(visit, names["order"], f"RX-{value}")),
    )
