"""What the pharmacy handed over, as MedicationDispenses.

``category`` is one object with a system of its own spelling, and the visit is ``context``
(rules 10048, 10049, 10138, 10389, 10390, 10394).
"""

from typing import Final

from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.medication import category, contained, dosage
from workers.satusehat.mapping.medication_request import in_order as items_in_order
from workers.satusehat.mapping.medication_request import request_key
from workers.satusehat.mapping.resource import Resource, filled, moment, refer
from workers.satusehat.mapping.units import days, quantity
from workers.satusehat.snapshot import Dispense, Prescription, PrescriptionItem, VisitSnapshot

_CATEGORY: Final = "http://terminology.hl7.org/fhir/CodeSystem/medicationdispense-category"
Row = tuple[Prescription, PrescriptionItem, Dispense]


def dispense_key(row: Dispense) -> str:
    """The local key of a dispense."""
    return f"medication-dispense/{row.id}"


def in_order(snapshot: VisitSnapshot) -> list[Row]:
    """Every dispense with its item and sheet, in the order of the items."""
    return [
        (sheet, item, row)
        for sheet, item in items_in_order(snapshot)
        for row in sorted(item.dispenses, key=lambda row: row.id)
    ]


def _dispense(snapshot: VisitSnapshot, row: Row, frame: Frame) -> Resource:
    sheet, item, given = row
    giver = frame.practitioner_if_named(given.practitioner_id, "dispenses.practitioner_id")
    body = filled(
        resourceType="MedicationDispense",
        contained=[contained(item.drug, given.id, frame, given)],
        identifier=[
            frame.official("prescription", sheet.id),
            frame.official("prescription-item", given.id),
        ],
        # Ready for pick-up until it is handed over.
        status="completed" if given.handed_over_at else "in-progress",
        category=category(_CATEGORY, snapshot.visit.visit_class),
        medicationReference=filled(reference=f"#{given.id}", display=item.drug.name),
        subject=frame.patient,
        context=frame.encounter,
        performer=[{"actor": giver}] if giver else None,
        authorizingPrescription=[refer(request_key(item))],
        quantity=quantity(given.quantity, item.unit, "prescriptions.items.unit"),
        daysSupply=days(item.days_supply),
        whenPrepared=moment(given.prepared_at) if given.prepared_at else None,
        whenHandedOver=moment(given.handed_over_at) if given.handed_over_at else None,
        dosageInstruction=dosage(item),
    )
    return Resource(dispense_key(given), "MedicationDispense", body)


def dispenses(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """One dispense per hand-over."""
    return tuple(_dispense(snapshot, row, frame) for row in in_order(snapshot))
