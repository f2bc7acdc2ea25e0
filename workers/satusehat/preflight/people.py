"""Who sends, whose visit it is, who cares and where: everybody needs a number at SatuSehat."""

import re
from collections.abc import Iterator
from typing import Final

from workers.outcome import Problem, Role
from workers.satusehat.facts import Known, Snapshot
from workers.satusehat.rules import problem
from workers.satusehat.snapshot import VisitSnapshot

_NIK: Final = re.compile(r"[0-9]{16}")
_ORGANIZATION: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


def sender(snapshot: Snapshot) -> Iterator[Problem]:
    """The organization id goes into every identifier (rule 10117)."""
    clinic = snapshot.clinic
    if not _ORGANIZATION.fullmatch(clinic.organization_id or ""):
        yield problem("10117", f"clinic/{clinic.id}")


def _patient(snapshot: VisitSnapshot, known: Known) -> Iterator[Problem]:
    """A known number is enough; without one, the NIK must be there to find it by (10166, 10118)."""
    key = f"patient/{snapshot.patient.id}"
    if key not in known:
        whole = _NIK.fullmatch(snapshot.patient.nik or "")
        yield problem("10118" if whole else "10166", key)


def _place(snapshot: VisitSnapshot, known: Known) -> Iterator[Problem]:
    """The room of the visit must be registered (rule 10120)."""
    location_id = snapshot.visit.location_id
    if location_id is None:
        yield Problem(
            "Poli kunjungan belum dipilih. Pilih poli atau ruangannya.",
            Role.FRONT_DESK,
            "visits.location_id",
            "10120",
        )
    elif f"location/{location_id}" not in known:
        yield problem("10120", f"location/{location_id}")


def encounter(snapshot: VisitSnapshot, known: Known) -> Iterator[Problem]:
    """Patient, attending practitioner and room."""
    yield from _patient(snapshot, known)
    doctor = snapshot.visit.practitioner_id
    if doctor is None:
        yield problem("10336")
    else:
        yield from _carer(doctor, "10119", known)
    yield from _place(snapshot, known)


def _carer(practitioner_id: str, rule: str, known: Known) -> Iterator[Problem]:
    key = f"practitioner/{practitioner_id}"
    if key not in known:
        yield problem(rule, key)


def _signatures(snapshot: VisitSnapshot) -> Iterator[tuple[str, str | None, str | None]]:
    """Who signed what: rule for an unknown signer, signer, rule for a missing one (None: may miss)."""
    for diagnosis in snapshot.diagnoses:
        yield "10678", diagnosis.practitioner_id, None
    for taking in snapshot.vital_signs:
        yield "10119", taking.practitioner_id, "10383"
    for procedure in snapshot.procedures:
        yield "10399", procedure.practitioner_id, None
    for allergy in snapshot.allergies:
        yield "10119", allergy.practitioner_id, "10375"
    for sheet in snapshot.prescriptions:
        yield "10119", sheet.practitioner_id, "10455"
        for given in (row for item in sheet.items for row in item.dispenses):
            yield "10392", given.practitioner_id, None


def carers(snapshot: VisitSnapshot, known: Known) -> Iterator[Problem]:
    """Everybody who signed something in the visit; each unknown person is told once."""
    told = {snapshot.visit.practitioner_id}
    for unknown, practitioner_id, missing in _signatures(snapshot):
        if practitioner_id is None:
            if missing is not None:
                yield problem(missing)
        elif practitioner_id not in told:
            told.add(practitioner_id)
            yield from _carer(practitioner_id, unknown, known)
