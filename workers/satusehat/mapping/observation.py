"""Vital signs and consciousness as Observations, one per measure (rules 10008 to 10012)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    LOINC,
    SNOMED,
    UCUM,
    Body,
    Resource,
    concept,
    filled,
    moment,
)
from workers.satusehat.snapshot import VisitSnapshot, VitalSigns


class Measure(NamedTuple):
    """A column of ``vital_signs`` and how SatuSehat writes it."""

    column: str
    loinc: str
    display: str
    unit: str
    ucum: str


MEASURES: Final = (
    Measure("systolic_mmhg", "8480-6", "Systolic blood pressure", "mm[Hg]", "mm[Hg]"),
    Measure("diastolic_mmhg", "8462-4", "Diastolic blood pressure", "mm[Hg]", "mm[Hg]"),
    Measure("heart_rate_per_min", "8867-4", "Heart rate", "{beats}/min", "{beats}/min"),
    Measure("respiratory_rate_per_min", "9279-1", "Respiratory rate", "breaths/min", "/min"),
    Measure("temperature_celsius", "8310-5", "Body temperature", "Cel", "Cel"),
    Measure(
        "oxygen_saturation_percent",
        "59408-5",
        "Oxygen saturation in Arterial blood by Pulse oximetry",
        "%",
        "%",
    ),
    Measure("height_cm", "8302-2", "Body height", "cm", "cm"),
    Measure("weight_kg", "29463-7", "Body weight", "kg", "kg"),
)
CONSCIOUSNESS: Final = "67775-7"
_LEVELS: Final = {
    "alert": ("248234008", "Mentally alert"),
    "confusion": ("130987000", "Acute confusion"),
    "voice": ("300202002", "Response to voice"),
    "pain": ("450847001", "Response to pain"),
    "unresponsive": ("422768004", "Unresponsive"),
}
_VITAL_SIGNS: Final = concept(f"{HL7}/observation-category", "vital-signs", "Vital Signs")


def _resource(row: VitalSigns, frame: Frame, code: Body, value: Body) -> Resource:
    loinc = code["coding"][0]["code"]
    body = filled(
        resourceType="Observation",
        identifier=[frame.identifier("observation", f"{row.id}-{loinc}")],
        status="final",
        category=[_VITAL_SIGNS],
        code=code,
        subject=frame.patient,
        encounter=frame.encounter,
        effectiveDateTime=moment(row.taken_at),
        issued=moment(row.taken_at),
        performer=[frame.practitioner(row.practitioner_id, "vital_signs.practitioner_id")],
        **value,
    )
    return Resource(f"observation/{row.id}/{loinc}", "Observation", body)


def _measured(row: VitalSigns, frame: Frame) -> Iterator[Resource]:
    for measure in MEASURES:
        value = getattr(row, measure.column)
        if value is not None:
            # A quantity without its system and code is refused (rule 10012).
            quantity = {"value": value, "unit": measure.unit, "system": UCUM, "code": measure.ucum}
            code = concept(LOINC, measure.loinc, measure.display)
            yield _resource(row, frame, code, {"valueQuantity": quantity})
    if row.consciousness is not None:
        level = concept(SNOMED, *_LEVELS[row.consciousness])
        code = concept(LOINC, CONSCIOUSNESS, "Level of responsiveness")
        yield _resource(row, frame, code, {"valueCodeableConcept": level})


def observations(snapshot: VisitSnapshot, frame: Frame) -> tuple[Resource, ...]:
    """Every measure of every taking, oldest first."""
    rows = sorted(snapshot.vital_signs, key=lambda row: (row.taken_at, row.id))
    return tuple(resource for row in rows for resource in _measured(row, frame))
