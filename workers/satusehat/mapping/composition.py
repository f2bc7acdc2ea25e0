"""The medical summary (resume medis) of a finished visit: sections that have content, no others.

``identifier`` is one object here, not a list (rule 10464).
"""

from html import escape
from typing import Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.resource import (
    KEMKES,
    LOINC,
    Body,
    Resource,
    concept,
    filled,
    moment,
    urn,
)
from workers.satusehat.snapshot import VisitSnapshot

_TYPES: Final = {
    "ambulatory": ("88645-7", "Outpatient hospital Discharge summary", "Rawat Jalan"),
    "emergency": ("97663-9", "Emergency department Discharge summary", "Gawat Darurat"),
    "inpatient": ("34105-7", "Hospital Discharge summary", "Rawat Inap"),
}
_TAKEN_HOME: Final = ("Obat Pulang", "75311-1", "Discharge medications Narrative")
_GIVEN: Final = ("Obat Saat Kunjungan", "42346-7", "Medications on admission (narrative)")
_REPORT: Final = concept(LOINC, "LP173421-1", "Report")


def composition_key(snapshot: VisitSnapshot) -> str:
    """The local key of the visit's medical summary."""
    return f"composition/{snapshot.visit.id}"


def _entries(resources: tuple[Resource, ...], *types: str) -> list[Body]:
    return [{"reference": urn(r.key)} for r in resources if r.type in types]


def _section(title: str, code: Body, **content: object) -> list[Body]:
    """A list of one section, or of none when it would be empty."""
    kept = filled(**content)
    return [{"title": title, "code": code, **kept}] if kept else []


def _words(text: str | None) -> Body | None:
    if not text:
        return None
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(text, quote=False)}</div>'
    return {"status": "additional", "div": div}


def _anamnesis(snapshot: VisitSnapshot, resources: tuple[Resource, ...]) -> list[Body]:
    complaint = [r for r in resources if r.key.endswith("/chief-complaint")]
    # A coded complaint carries its words in the Condition; one in words alone is told here.
    words = None if complaint else _words(snapshot.visit.chief_complaint)
    parts = _section(
        "Keluhan Utama",
        concept(LOINC, "10154-3", "Chief complaint Narrative - Reported"),
        text=words,
        entry=_entries(tuple(complaint), "Condition"),
    ) + _section(
        "Riwayat Alergi",
        concept(LOINC, "48765-2", "Allergies"),
        entry=_entries(resources, "AllergyIntolerance"),
    )
    return _section("Anamnesis", concept(KEMKES, "TK000003", "Anamnesis"), section=parts)


def _examination(resources: tuple[Resource, ...]) -> list[Body]:
    vital_signs = _section(
        "Tanda Vital",
        concept(LOINC, "8716-3", "Vital signs"),
        entry=_entries(resources, "Observation"),
    )
    code = concept(KEMKES, "TK000007", "Pemeriksaan Fisik")
    return _section("Pemeriksaan Fisik", code, section=vital_signs)


def _diagnosis(resources: tuple[Resource, ...]) -> list[Body]:
    found = tuple(r for r in resources if not r.key.endswith("/chief-complaint"))
    final = _section(
        "Diagnosis Akhir",
        concept(LOINC, "78375-3", "Discharge diagnosis Narrative"),
        entry=_entries(found, "Condition"),
    )
    return _section("Diagnosis", concept(KEMKES, "TK000004", "Diagnosis"), section=final)


def _procedures(snapshot: VisitSnapshot, resources: tuple[Resource, ...]) -> list[Body]:
    lessons = {f"procedure/{p.id}" for p in snapshot.procedures if p.category == "education"}
    done = tuple(r for r in resources if r.key not in lessons)
    taught = tuple(r for r in resources if r.key in lessons)
    return _section(
        "Tindakan/Prosedur Medis",
        concept(KEMKES, "TK000005", "Tindakan/Prosedur Medis"),
        entry=_entries(done, "Procedure"),
    ) + _section(
        "Edukasi",
        concept(LOINC, "34895-3", "Education note"),
        entry=_entries(taught, "Procedure"),
    )


def _pharmacy(snapshot: VisitSnapshot, resources: tuple[Resource, ...]) -> list[Body]:
    """Medicines: an outpatient takes them home, others are given them during the visit."""
    outpatient = snapshot.visit.visit_class == "ambulatory"
    title, code, display = _TAKEN_HOME if outpatient else _GIVEN
    medicines = _section(
        title,
        concept(LOINC, code, display),
        entry=_entries(resources, "MedicationRequest", "MedicationDispense"),
    )
    return _section("Farmasi", concept(KEMKES, "TK000013", "Obat"), section=medicines)


def _sections(snapshot: VisitSnapshot, resources: tuple[Resource, ...]) -> list[Body]:
    return [
        *_anamnesis(snapshot, resources),
        *_examination(resources),
        *_diagnosis(resources),
        *_procedures(snapshot, resources),
        *_pharmacy(snapshot, resources),
    ]


def composition(snapshot: VisitSnapshot, frame: Frame, resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """The summary over ``resources``; none before the visit is finished or with nothing to tell."""
    visit, sections = snapshot.visit, _sections(snapshot, resources)
    if visit.status != "finished" or not sections:
        return ()
    if visit.finished_at is None:
        raise MappingError(["visit.finished_at"])
    code, display, kind = _TYPES[visit.visit_class]
    body = filled(
        resourceType="Composition",
        identifier=frame.identifier("composition", visit.id),
        status="final",
        type=concept(LOINC, code, display),
        category=[_REPORT],
        subject=frame.patient,
        encounter=frame.encounter,
        date=moment(visit.finished_at),
        author=[frame.practitioner(visit.practitioner_id, "visit.practitioner_id")],
        title=f"Resume Medis {kind}",
        custodian=frame.organization,
        section=sections,
    )
    return (Resource(composition_key(snapshot), "Composition", body),)
