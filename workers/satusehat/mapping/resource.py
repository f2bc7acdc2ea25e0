"""A resource to be held at SatuSehat, and the small FHIR words every one of them is made of."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

Body = dict[str, Any]

_NAMESPACE: Final = uuid.UUID("5d3b2f0e-0a53-5c4e-9a0c-6f1b7c1f4d52")

SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD9CM: Final = "http://hl7.org/fhir/sid/icd-9-cm"
UCUM: Final = "http://unitsofmeasure.org"
KFA: Final = "http://sys-ids.kemkes.go.id/kfa"
KEMKES: Final = "http://terminology.kemkes.go.id"
KPTL: Final = "http://terminology.kemkes.go.id/CodeSystem/kptl"
HL7: Final = "http://terminology.hl7.org/CodeSystem"
DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"


@dataclass(frozen=True, slots=True)
class Resource:
    """One desired resource under its local key; ``body`` refers to its fellows by urn."""

    key: str
    type: str
    body: Body


@lru_cache(maxsize=8192)
def urn(key: str) -> str:
    """The name a resource goes by inside a Bundle; the same key gives the same urn for ever."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, key)}"


def content_hash(body: Body) -> str:
    """Tell two contents apart: sha256 of the canonical JSON, references still by urn."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def moment(at: datetime) -> str:
    """UTC with ``+00:00`` and whole seconds, the form SatuSehat's date rules print (docs, 10132)."""
    return at.replace(microsecond=0).isoformat()


def period(start: datetime | None, end: datetime | None = None) -> Body:
    """From ``start`` to ``end``; an open side is left out."""
    sides = (("start", start), ("end", end))
    return {name: moment(at) for name, at in sides if at is not None}


def coding(system: str, code: str, display: str | None = None) -> Body:
    """A code of a system; the display is a courtesy and never compared."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str | None = None, text: str | None = None) -> Body:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)], **({"text": text} if text else {})}


def refer(key: str) -> Body:
    """A reference to a resource of the same visit."""
    return {"reference": urn(key)}


def filled(**elements: Any) -> Body:
    """The elements that are known: an absent fact leaves no trace, not even an empty list."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}
