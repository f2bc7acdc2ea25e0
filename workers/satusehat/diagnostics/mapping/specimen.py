"""What was taken: one Specimen per tube, for all the items examined in it (rules 10068 to 10070, 10440)."""

from collections.abc import Iterable

from workers.satusehat.diagnostics.mapping.frame import request_key, specimen_key
from workers.satusehat.diagnostics.snapshot import Item, Specimen
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    SNOMED,
    Body,
    Resource,
    concept,
    filled,
    moment,
    refer,
)

_FASTING = {
    True: concept(f"{HL7}/v2-0916", "F", "Patient was fasting prior to the procedure."),
    False: concept(f"{HL7}/v2-0916", "NF", "The patient indicated they did not fast prior to the procedure."),
}


def _snomed(code: str | None, display: str | None) -> Body | None:
    return concept(SNOMED, code, display) if code else None


def _collection(specimen: Specimen, frame: Frame) -> Body:
    return filled(
        collector=frame.practitioner_if_named(specimen.collector_id, "specimens.collector_id"),
        collectedDateTime=moment(specimen.collected_at) if specimen.collected_at else None,
        method=_snomed(specimen.method_code, specimen.method_display),
        bodySite=_snomed(specimen.body_site_code, specimen.body_site_display),
        fastingStatusCodeableConcept=None if specimen.fasting is None else _FASTING[specimen.fasting],
    )


def specimen(row: Specimen, items: Iterable[Item], frame: Frame) -> Resource:
    """One tube with the requests of the items it serves."""
    if not row.type_code:
        raise MappingError(["specimens.type_code"])
    body = filled(
        resourceType="Specimen",
        identifier=[{**frame.identifier("specimen", row.id), "assigner": frame.organization}],
        status="available",
        type=concept(SNOMED, row.type_code, row.type_display),
        subject=frame.patient,
        receivedTime=moment(row.received_at) if row.received_at else None,
        request=[refer(request_key(item)) for item in items],
        collection=_collection(row, frame),
        note=[{"text": row.note}] if row.note else None,
    )
    return Resource(specimen_key(row), "Specimen", body)
