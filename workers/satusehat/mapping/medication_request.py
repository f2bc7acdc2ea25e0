"""Prescription items as MedicationRequests (rules 10032, 10033, 10135, 10337, 10388, 10455)."""

from typing import Final

from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.medication import category, contained, dosage
from workers.satusehat.mapping.resource import HL7, Body, Resource, filled, moment
from workers.satusehat.mapping.units import days, quantity
from workers.satusehat.snapshot import Prescription, PrescriptionItem, VisitSnapshot

_CATEGORY: Final = f"{HL7}/medicationrequest-category"


def request_key(item: PrescriptionItem) -> str:
    """The local key of a prescription item."""
    return f"medication-request/{item.id}"


def in_order(snapshot: VisitSnapshot) -> list[tuple[Prescription, PrescriptionItem]]:
    """Every item with its sheet: sheets by time, items by line."""
    sheets = sorted(snapshot.prescriptions, key=lambda sheet: (sheet.prescribed_at, sheet.id))
    return [(sheet, item) for sheet in sheets for item in sorted(sheet.items, key=lambda item: (item.line, item.id))]


def _status(item: PrescriptionItem) -> str:
    """Completed once everything prescribed was handed over; until then the order stands."""
    handed = sum(d.quantity for d in item.dispenses if d.handed_over_at is not None)
    return "completed" if item.quantity is not None and handed >= item.quantity else "active"


def _supply(item: PrescriptionItem, frame: Frame) -> Body:
    """What the pharmacy is asked for; the performing organization is mandatory (rule 10453)."""
    return filled(
        quantity=quantity(item.quantity, item.unit, "prescriptions.items.unit"),
        expectedSupplyDuration=days(item.days_supply),
        performer=frame.organization,
    )


def _request(snapshot: VisitSnapshot, sheet: Prescription, item: PrescriptionItem, frame: Frame) -> Resource:
    body = filled(
        resourceType="MedicationRequest",
        contained=[contained(item.drug, item.id, frame)],
        identifier=[
            frame.official("prescription", sheet.id),
            frame.official("prescription-item", item.id),
        ],
        status=_status(item),
        intent="order",
        category=[category(_CATEGORY, snapshot.visit.visit_class)],
        medicationReference=filled(reference=f"#{item.id}", display=item.drug.name),
        subject=frame.patient,
        encounter=frame.encounter,
        authoredOn=moment(sheet.prescribed_at),
        requester=frame.practitioner(sheet.practitioner_id, "prescriptions.practitioner_id"),
        dosageInstruction=dosage(item),
        dispenseRequest=_supply(item, frame),
    )
    return Resource(request_key(item), "MedicationRequest", body)


def requests(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """One request per prescription item."""
    return tuple(_request(snapshot, sheet, item, frame) for sheet, item in in_order(snapshot))
