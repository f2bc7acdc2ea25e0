"""What was asked: one ServiceRequest per item (rules 10060 to 10066, 10376, 10377, 10415, 10427)."""

from typing import Final

from workers.satusehat.diagnostics.mapping.frame import request_key
from workers.satusehat.diagnostics.snapshot import Examination, Item, Order, OrderSnapshot
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    DCM,
    HL7,
    ICD10,
    KPTL,
    LOINC,
    SNOMED,
    Body,
    Resource,
    coding,
    concept,
    filled,
    moment,
)

_CATEGORIES: Final = {
    "laboratory": concept(SNOMED, "108252007", "Laboratory procedure"),
    "imaging": concept(SNOMED, "363679005", "Imaging"),
}
_ACSN: Final = {"coding": [{"system": f"{HL7}/v2-0203", "code": "ACSN"}]}


def _identifiers(item: Item, frame: Frame) -> list[Body]:
    """Ours, and for images the accession number by which the DICOM router finds the request."""
    own = [frame.identifier("servicerequest", item.id)]
    if not item.accession_number:
        return own
    return [*own, {"use": "usual", "type": _ACSN, **frame.identifier("acsn", item.accession_number)}]


def examination_code(examination: Examination) -> Body:
    """LOINC first, the ministry's own KPTL beside it, the clinic's name as text."""
    if not examination.loinc_code:
        raise MappingError(["items.examination.loinc_code"])
    codings = [coding(LOINC, examination.loinc_code, examination.loinc_display)]
    if examination.kptl_code:
        codings.append(coding(KPTL, examination.kptl_code, examination.kptl_display))
    return filled(coding=codings, text=examination.name)


def _details(examination: Examination) -> list[Body] | None:
    if not examination.modality:
        return None
    return [concept(DCM, examination.modality, text=f"Modality Code: {examination.modality}")]


def body_site(examination: Examination) -> Body | None:
    """The part of the body that was looked at."""
    if not examination.body_site_code:
        return None
    return concept(SNOMED, examination.body_site_code, examination.body_site_display)


def _reason(order: Order) -> list[Body] | None:
    if order.diagnosis_code:
        text = order.clinical_question or order.diagnosis_name
        return [concept(ICD10, order.diagnosis_code, order.diagnosis_name, text)]
    return [{"text": order.clinical_question}] if order.clinical_question else None


_FASTING: Final = {True: "Pasien berpuasa sebelum pemeriksaan.", False: "Pasien tidak berpuasa."}


def _notes(order: Order) -> list[Body] | None:
    said = [] if order.fasting is None else [{"text": _FASTING[order.fasting]}]
    return [*said, {"text": "Pasien hamil."}] if order.pregnant else said


def service_request(snapshot: OrderSnapshot, item: Item, frame: Frame) -> Resource:
    """One item as it was asked.

    A laboratory's request goes with its report and is completed; that of images is ``active``, as the
    DICOM router finds it in all the ministry's examples.
    """
    order = snapshot.order
    imaging = order.category == "imaging"
    body = filled(
        resourceType="ServiceRequest",
        identifier=_identifiers(item, frame),
        status="active" if imaging else "completed",
        intent="original-order",
        priority=order.priority,
        category=[_CATEGORIES[order.category]],
        code=examination_code(item.examination),
        orderDetail=_details(item.examination),
        subject=frame.patient,
        encounter=frame.encounter,
        occurrenceDateTime=moment(order.ordered_at),
        authoredOn=moment(order.ordered_at),
        requester=frame.practitioner(order.practitioner_id, "order.practitioner_id"),
        performer=[frame.practitioner(order.performer_id, "order.performer_id")],
        reasonCode=_reason(order),
        bodySite=[site] if (site := body_site(item.examination)) else None,
        note=_notes(order),
    )
    return Resource(request_key(item), "ServiceRequest", body)
