"""What request and dispense say alike: the contained Medication and how to take it.

The Medication travels inside the resource that names it, as prescribing and dispensing have had it
since 2024. We send ready-made products only: type NC, one KFA code (rules 10024, 10031).
"""

from typing import Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    KEMKES,
    KFA,
    Body,
    concept,
    filled,
)
from workers.satusehat.mapping.units import ROUTE_SYSTEM, ROUTES, quantity
from workers.satusehat.snapshot import Dispense, Drug, PrescriptionItem

_TYPE: Final = {
    "url": "https://fhir.kemkes.go.id/r4/StructureDefinition/MedicationType",
    "valueCodeableConcept": concept(f"{KEMKES}/CodeSystem/medication-type", "NC", "Non-compound"),
}
_ORDERED: Final = concept(f"{HL7}/dose-rate-type", "ordered", "Ordered")
_CATEGORIES: Final = {
    "ambulatory": ("outpatient", "Outpatient"),
    "emergency": ("outpatient", "Outpatient"),
    "inpatient": ("inpatient", "Inpatient"),
}


def category(system: str, visit_class: str) -> Body:
    """Where the medicine is for; emergency patients are not admitted."""
    return concept(system, *_CATEGORIES[visit_class])


def _product(drug: Drug) -> Body:
    if drug.kfa is None or not drug.kfa.code:
        raise MappingError(["prescriptions.items.drug.kfa"])
    return concept(KFA, drug.kfa.code, drug.kfa.display)


def _form(drug: Drug) -> Body | None:
    if not drug.form_code:
        return None
    return concept(f"{KEMKES}/CodeSystem/medication-form", drug.form_code, drug.form_name)


def _batch(dispense: Dispense | None) -> Body | None:
    if dispense is None:
        return None
    expires = dispense.expires_on.isoformat() if dispense.expires_on else None
    return filled(lotNumber=dispense.batch_number, expirationDate=expires)


def contained(drug: Drug, row_id: str, frame: Frame, dispense: Dispense | None = None) -> Body:
    """The product, named after the row that asks for it: no two rows share a Medication."""
    return filled(
        resourceType="Medication",
        id=row_id,
        extension=[_TYPE],
        identifier=[frame.official("medication", row_id)],
        code=_product(drug),
        status="active",
        form=_form(drug),
        batch=_batch(dispense),
    )


def _timing(item: PrescriptionItem) -> Body | None:
    """How often, when the clinic says so in full: half a rhythm is no rhythm."""
    if item.frequency is None or item.period is None or not item.period_unit:
        return None
    rhythm = {"frequency": item.frequency, "period": item.period, "periodUnit": item.period_unit}
    return {"repeat": rhythm}


def _route(item: PrescriptionItem) -> Body | None:
    if not item.route:
        return None
    if item.route not in ROUTES:
        raise MappingError(["prescriptions.items.route"])
    return concept(ROUTE_SYSTEM, item.route, ROUTES[item.route])


def dosage(item: PrescriptionItem) -> list[Body] | None:
    """How to take it; None when nothing is said about it."""
    dose = quantity(item.dose_quantity, item.dose_unit, "prescriptions.items.dose_unit")
    said = filled(
        patientInstruction=item.instruction,
        timing=_timing(item),
        route=_route(item),
        doseAndRate=[{"type": _ORDERED, "doseQuantity": dose}] if dose else None,
    )
    return [{"sequence": 1, **said}] if said else None
