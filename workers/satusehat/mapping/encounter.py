"""The visit as an Encounter (reference shapes: SatuSehat rawat jalan, Encounter)."""

from datetime import datetime, timedelta
from typing import Final

from workers.satusehat.mapping.condition import complaint_key, diagnosis_key, in_rank
from workers.satusehat.mapping.frame import Frame, encounter_key
from workers.satusehat.mapping.resource import (
    HL7,
    KEMKES,
    UCUM,
    Body,
    Resource,
    concept,
    filled,
    period,
    refer,
)
from workers.satusehat.snapshot import StatusPeriod, VisitSnapshot

_CLASSES: Final = {
    "ambulatory": ("AMB", "ambulatory"),
    "emergency": ("EMER", "emergency"),
    "inpatient": ("IMP", "inpatient encounter"),
}
_ORDER: Final = ("arrived", "in_progress", "finished", "cancelled")
_STATUSES: Final = {"in_progress": "in-progress"}
_DISPOSITIONS: Final = {
    "home": (f"{HL7}/discharge-disposition", "home", "Home"),
    "referred": (f"{HL7}/discharge-disposition", "other-hcf", "Other healthcare facility"),
    "other": (f"{HL7}/discharge-disposition", "oth", "Other"),
}
_DEATHS: Final = f"{KEMKES}/CodeSystem/discharge-disposition"


def _status(name: str) -> str:
    return _STATUSES.get(name, name)


def _end(snapshot: VisitSnapshot) -> datetime | None:
    """When the visit ended, whichever way."""
    visit = snapshot.visit
    if visit.status == "cancelled":
        return visit.cancelled_at
    return visit.finished_at if visit.status == "finished" else None


def history(snapshot: VisitSnapshot) -> tuple[StatusPeriod, ...]:
    """The statuses in order, each closed by the next; the last one of a visit that ended is closed too.

    A finished visit needs a start and an end on every entry (rules 10122, 10174, 10175).
    """
    steps = sorted(snapshot.status_history, key=lambda s: (s.started_at, _ORDER.index(s.status)))
    ends: list[datetime | None] = [step.started_at for step in steps[1:]]
    ends.append(steps[-1].started_at if steps and _end(snapshot) else None)
    return tuple(
        step if step.ended_at else step.model_copy(update={"ended_at": end})
        for step, end in zip(steps, ends, strict=False)
    )


def _history(snapshot: VisitSnapshot) -> list[Body]:
    return [
        {"status": _status(step.status), "period": period(step.started_at, step.ended_at)} for step in history(snapshot)
    ]


def _participants(snapshot: VisitSnapshot, frame: Frame) -> list[Body]:
    doctor = frame.practitioner_if_named(snapshot.visit.practitioner_id, "visit.practitioner_id")
    if doctor is None:
        return []
    attender = concept(f"{HL7}/v3-ParticipationType", "ATND", "attender")
    return [{"type": [attender], "individual": doctor}]


def _places(snapshot: VisitSnapshot, frame: Frame) -> list[Body]:
    visit = snapshot.visit
    if visit.location_id is None:
        return []
    place = frame.location(visit.location_id, "visit.location_id")
    return [{"location": place, "period": period(visit.arrived_at, _end(snapshot))}]


def _diagnoses(snapshot: VisitSnapshot) -> list[Body]:
    """Discharge diagnoses in rank, then the chief complaint without one (rules 10317, 10457)."""
    discharge = concept(f"{HL7}/diagnosis-role", "DD", "Discharge diagnosis")
    ranked = [
        {"condition": refer(diagnosis_key(row)), "use": discharge, "rank": rank}
        for rank, row in enumerate(in_rank(snapshot.diagnoses), start=1)
    ]
    complaint = complaint_key(snapshot)
    if complaint is None:
        return ranked
    use = concept(f"{HL7}/diagnosis-role", "CC", "Chief complaint")
    return [*ranked, {"condition": refer(complaint), "use": use}]


def _length(snapshot: VisitSnapshot) -> Body | None:
    """How long it took: minutes, or days for an inpatient (rules 10839, 10840)."""
    visit = snapshot.visit
    if visit.status != "finished" or visit.finished_at is None:
        return None
    took = max(visit.finished_at - visit.arrived_at, timedelta())
    if visit.visit_class == "inpatient":
        return {"value": round(took / timedelta(days=1), 2), "unit": "d", "system": UCUM, "code": "d"}
    return {"value": took // timedelta(minutes=1), "unit": "min", "system": UCUM, "code": "min"}


def _disposition(snapshot: VisitSnapshot) -> Body | None:
    """How the patient left (rule 10318); a death is told by hours since arrival."""
    visit = snapshot.visit
    if visit.status != "finished" or visit.disposition is None:
        return None
    if visit.disposition == "deceased":
        late = (visit.finished_at or visit.arrived_at) - visit.arrived_at > timedelta(hours=48)
        code = (_DEATHS, "exp-gt48h", None) if late else (_DEATHS, "exp-lt48h", None)
        return {"dischargeDisposition": concept(*code, text=visit.disposition_note)}
    return {"dischargeDisposition": concept(*_DISPOSITIONS[visit.disposition], text=visit.disposition_note)}


def encounter(snapshot: VisitSnapshot, frame: Frame) -> Resource:
    """The visit with its whole history; a cancelled one keeps its moments and drops its clinical side."""
    visit = snapshot.visit
    alive = visit.status != "cancelled"
    code, display = _CLASSES[visit.visit_class]
    body = filled(
        resourceType="Encounter",
        identifier=[frame.identifier("encounter", visit.id)],
        status=_status(visit.status),
        statusHistory=_history(snapshot),
        **{"class": {"system": f"{HL7}/v3-ActCode", "code": code, "display": display}},
        subject=frame.patient,
        participant=_participants(snapshot, frame),
        period=period(visit.arrived_at, _end(snapshot)),
        length=_length(snapshot),
        diagnosis=_diagnoses(snapshot) if alive else None,
        hospitalization=_disposition(snapshot),
        location=_places(snapshot, frame),
        serviceProvider=frame.organization,
    )
    return Resource(encounter_key(snapshot), "Encounter", body)
