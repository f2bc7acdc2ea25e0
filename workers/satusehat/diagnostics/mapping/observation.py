"""What was found: one Observation per analyte (rules 10008 to 10012, 10295 to 10297, 10398, 10428)."""

from typing import Any, Final

from workers.satusehat.diagnostics.mapping.frame import observation_key, request_key, study
from workers.satusehat.diagnostics.mapping.moments import taken_at
from workers.satusehat.diagnostics.mapping.request import body_site
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot, Result
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    LOINC,
    UCUM,
    Body,
    Resource,
    concept,
    filled,
    moment,
    refer,
    urn,
)

_CATEGORIES: Final = {
    "laboratory": concept(f"{HL7}/observation-category", "laboratory", "Laboratory"),
    "imaging": concept(f"{HL7}/observation-category", "imaging", "Imaging"),
}
_FLAGS: Final = {
    "N": "Normal",
    "L": "Low",
    "H": "High",
    "LL": "Critical low",
    "HH": "Critical high",
    "A": "Abnormal",
    "AA": "Critical abnormal",
}


def _quantity(value: Any, unit: str | None, comparator: str | None = None) -> Body:
    """A measured amount; without system and code it is refused (rule 10012)."""
    if not unit:
        raise MappingError(["items.results.unit"])
    return filled(value=value, comparator=comparator, unit=unit, system=UCUM, code=unit)


def _value(result: Result) -> Body:
    """The value under the name FHIR gives its type; raises MappingError when there is none."""
    match result.value_type:
        case "numeric" if result.value_numeric is not None:
            return {"valueQuantity": _quantity(result.value_numeric, result.unit, result.comparator)}
        case "coded" if result.value_system and result.value_code:
            return {"valueCodeableConcept": concept(result.value_system, result.value_code, result.value_display)}
        case "coded" if result.value_display:
            return {"valueCodeableConcept": {"text": result.value_display}}
        case "text" if result.value_text:
            return {"valueString": result.value_text}
    raise MappingError(["items.results.value"])


def _interpretation(result: Result) -> list[Body] | None:
    if result.flag is None:
        return None
    return [concept(f"{HL7}/v3-ObservationInterpretation", result.flag, _FLAGS[result.flag])]


def _range(result: Result) -> list[Body] | None:
    """Low and high in the result's own unit, or what the catalogue says in words."""
    numeric = result.value_type == "numeric" and result.unit
    low = _quantity(result.range_low, result.unit) if numeric and result.range_low is not None else None
    high = _quantity(result.range_high, result.unit) if numeric and result.range_high is not None else None
    said = filled(low=low, high=high, text=result.range_text)
    return [said] if said else None


def analyte(result: Result, item: Item) -> tuple[str | None, str | None]:
    """LOINC code and name of what was found; findings of images bear the procedure's."""
    if result.loinc_code or item.examination.kind == "panel":
        return result.loinc_code, result.loinc_display
    return item.examination.loinc_code, item.examination.loinc_display


def _code(result: Result, item: Item) -> Body:
    code, display = analyte(result, item)
    if not code:
        raise MappingError(["items.results.loinc_code"])
    return concept(LOINC, code, display, result.name)


def observation(snapshot: OrderSnapshot, item: Item, result: Result, frame: Frame) -> Resource:
    """One analyte as it stands now; a corrected value is the same resource, ``corrected``."""
    order = snapshot.order
    laboratory = order.category == "laboratory"
    verifier = result.practitioner_id or order.performer_id
    issued = result.issued_at or order.final_at or result.observed_at
    body = filled(
        resourceType="Observation",
        identifier=[frame.identifier("observation", result.id)],
        basedOn=[refer(request_key(item))],
        status="corrected" if result.corrected else "final",
        category=[_CATEGORIES[order.category]],
        code=_code(result, item),
        subject=frame.patient,
        encounter=frame.encounter,
        effectiveDateTime=moment(result.observed_at if laboratory else taken_at(snapshot, item)),
        issued=moment(issued),
        performer=[frame.practitioner(verifier, "items.results.practitioner_id"), frame.organization],
        **_value(result),
        interpretation=_interpretation(result),
        note=[{"text": result.comment}] if result.comment else None,
        bodySite=None if laboratory else body_site(item.examination),
        specimen={"reference": urn(f"specimen/{item.specimen_id}")} if laboratory and item.specimen_id else None,
        referenceRange=_range(result),
        derivedFrom=study(item, frame.known),
    )
    return Resource(observation_key(result), "Observation", body)
