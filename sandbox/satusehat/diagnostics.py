"""What requests, results and reports of laboratory and radiology must say in themselves (reference 3.10, 3.11)."""

from typing import Any, Final

from sandbox.satusehat.dialects import Json
from sandbox.satusehat.notes import Lifecycle, Notes, missing, rows

SYS: Final = "http://sys-ids.kemkes.go.id/"
LONGEST_ACSN: Final = 16
"""DICOM's SH; a longer one matches no image, which the real service does not say (reference 3.11)."""
_INTENTS: Final = frozenset(
    {
        *("proposal", "plan", "directive", "order", "original-order", "reflex-order"),
        *("filler-order", "instance-order", "option"),
    }
)
_PRIORITIES: Final = frozenset(["routine", "urgent", "asap", "stat"])
_COMPARATORS: Final = frozenset({"<", "<=", ">=", ">"})


def accession_number(resource: Json) -> tuple[str, str] | None:
    """Give the organization and the ACSN among a resource's identifiers."""
    for row in rows(resource.get("identifier")):
        system = str(row.get("system"))
        if system.startswith(f"{SYS}acsn/"):
            return system.removeprefix(f"{SYS}acsn/"), str(row.get("value"))
    return None


def modality(resource: Json) -> str | None:
    """Give the DICOM modality that a request orders."""
    for detail in rows(resource.get("orderDetail")):
        for coding in rows(detail.get("coding")):
            if coding.get("system") == "http://dicom.nema.org/resources/ontology/DCM":
                return str(coding.get("code"))
    return None


def _categories(resource: Json) -> set[str]:
    return {str(coding.get("code")) for row in rows(resource.get("category")) for coding in rows(row.get("coding"))}


def _one_of(codes: frozenset[str], value: Any, where: str, notes: Notes, rule: int, system: str) -> None:
    if value is not None and value not in codes:
        notes.add(f"Code not found: '{value}' in system: http://hl7.org/fhir/{system}", rule, where)


def _request(order: Json, _family: frozenset[str], notes: Notes) -> None:
    """Intent and priority are of their lists; an image's request has a number that DICOM can carry."""
    _one_of(_INTENTS, order.get("intent"), "ServiceRequest.intent", notes, 10063, "request-intent")
    _one_of(_PRIORITIES, order.get("priority"), "ServiceRequest.priority", notes, 10066, "request-priority")
    number = accession_number(order)
    if number is not None and not 0 < len(number[1]) <= LONGEST_ACSN:
        where = "ServiceRequest.identifier"
        notes.add(f"Invalid identifier value, at most {LONGEST_ACSN} characters: {number[1]}", 10415, where)
    if number is not None and modality(order) is None:
        missing(notes, "ServiceRequest.orderDetail", 10427)


def _has_practitioner(resource: Json, notes: Notes, rule: int) -> None:
    performers = [str(row.get("reference")) for row in rows(resource.get("performer"))]
    if performers and not any(one.startswith("Practitioner/") for one in performers):
        where = f"{resource.get('resourceType')}.performer"
        notes.add(f"Reference is mandatory : {where}", rule, where)


def _observation(result: Json, _family: frozenset[str], notes: Notes) -> None:
    """A result of laboratory or imaging has a value, a performing person, and the request it answers."""
    quantity = result.get("valueQuantity")
    if isinstance(quantity, dict):
        where = "Observation.valueQuantity.comparator"
        _one_of(_COMPARATORS, quantity.get("comparator"), where, notes, 10012, "quantity-comparator")
    if not _categories(result) & {"laboratory", "imaging"}:
        return
    _has_practitioner(result, notes, 10383)
    told = any(name.startswith("value") for name in result) or result.get("component") or result.get("hasMember")
    if not told and not result.get("dataAbsentReason"):
        missing(notes, "Observation.value[x]", 10331)


def _report(report: Json, _family: frozenset[str], notes: Notes) -> None:
    """A report's identifier says of which department it is; it answers a request (rules 10432, 10387)."""
    _has_practitioner(report, notes, 10384)
    for index, row in enumerate(rows(report.get("identifier"))):
        system = str(row.get("system"))
        if system.startswith(f"{SYS}diagnostic/") and system.rpartition("/")[2] not in {"lab", "rad"}:
            where = f"DiagnosticReport.identifier[{index}].system"
            notes.add(f"Invalid identifier system: {system}", 10432, where)
    if not report.get("basedOn"):
        missing(notes, "DiagnosticReport.basedOn", 10387)


DIAGNOSTICS: Final[dict[str, Lifecycle]] = {
    "ServiceRequest": _request,
    "Observation": _observation,
    "DiagnosticReport": _report,
}
