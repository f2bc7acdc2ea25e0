"""What was concluded: one DiagnosticReport per item (rules 10071 to 10074, 10384 to 10387, 10432)."""

from typing import Final

from workers.satusehat.diagnostics.mapping.frame import observation_key, report_key, request_key, study
from workers.satusehat.diagnostics.mapping.moments import given_out_at, taken_at
from workers.satusehat.diagnostics.mapping.request import examination_code
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot, Result
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    HL7,
    Body,
    Resource,
    concept,
    filled,
    moment,
    refer,
    urn,
)

_DEPARTMENTS: Final = {"laboratory": "lab", "imaging": "rad"}
_GENERAL: Final = {"laboratory": ("LAB", "Laboratory"), "imaging": ("RAD", "Radiology")}
SECTIONS: Final = {
    "AU": "Audiology", "BG": "Blood Gases", "BLB": "Blood Bank", "CH": "Chemistry", "CP": "Cytopathology",
    "CT": "CAT Scan", "CTH": "Cardiac Catheterization", "CUS": "Cardiac Ultrasound", "EC": "Electrocardiac",
    "EN": "Electroneuro", "GE": "Genetics", "HM": "Hematology", "IMG": "Diagnostic Imaging", "IMM": "Immunology",
    "LAB": "Laboratory", "MB": "Microbiology", "MCB": "Mycobacteriology", "MYC": "Mycology",
    "NMR": "Nuclear Magnetic Resonance", "NMS": "Nuclear Medicine Scan", "OUS": "OB Ultrasound", "PAR": "Parasitology",
    "PAT": "Pathology", "PF": "Pulmonary Function", "RAD": "Radiology", "RUS": "Radiology Ultrasound",
    "RX": "Radiograph", "SP": "Surgical Pathology", "SR": "Serology", "TX": "Toxicology", "VR": "Virology",
    "VUS": "Vascular Ultrasound",
}  # fmt: skip
"""Sections of HL7 table 0074 that a clinic has; another word of the clinic's is told as the whole department."""


def in_order(item: Item) -> list[Result]:
    """The results in the order of the report."""
    return sorted(item.results, key=lambda row: (row.position, row.code, row.id))


def _section(snapshot: OrderSnapshot, item: Item) -> Body:
    code = item.examination.section_code or ""
    told = (code, SECTIONS[code]) if code in SECTIONS else _GENERAL[snapshot.order.category]
    return concept(f"{HL7}/v2-0074", *told)


def _conclusion(item: Item) -> str | None:
    """The conclusion with its ICD-10 code as words: ``conclusionCode`` takes no ICD-10 (rule 10074)."""
    if not item.conclusion_code:
        return item.conclusion
    code = " ".join(filter(None, ("ICD-10", item.conclusion_code, item.conclusion_display)))
    return f"{item.conclusion} ({code})" if item.conclusion else code


def report(snapshot: OrderSnapshot, item: Item, frame: Frame) -> Resource:
    """The report of one item over its results."""
    if not item.results:
        raise MappingError(["items.results"])
    order = snapshot.order
    department = f"{frame.identifier('diagnostic', item.id)['system']}/{_DEPARTMENTS[order.category]}"
    laboratory = order.category == "laboratory"
    body = filled(
        resourceType="DiagnosticReport",
        identifier=[{"system": department, "use": "official", "value": item.id}],
        basedOn=[refer(request_key(item))],
        status="amended" if item.amended else "final",
        category=[_section(snapshot, item)],
        code={"coding": examination_code(item.examination)["coding"][:1]},
        subject=frame.patient,
        encounter=frame.encounter,
        effectiveDateTime=moment(taken_at(snapshot, item)),
        issued=moment(given_out_at(snapshot, item)),
        performer=[frame.practitioner(order.performer_id, "order.performer_id"), frame.organization],
        specimen=[{"reference": urn(f"specimen/{item.specimen_id}")}] if laboratory and item.specimen_id else None,
        result=[refer(observation_key(result)) for result in in_order(item)],
        imagingStudy=study(item, frame.known),
        conclusion=_conclusion(item),
    )
    return Resource(report_key(item), "DiagnosticReport", body)
