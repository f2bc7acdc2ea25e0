"""Diagnoses, vital signs, procedures, allergies: codes as the systems write them, values a body can have."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from workers.outcome import Problem, Role
from workers.satusehat.preflight import codes
from workers.satusehat.rules import problem
from workers.satusehat.snapshot import Allergy, VisitSnapshot, VitalSigns

POSSIBLE: Final = {
    "systolic_mmhg": ("Tekanan sistolik", 20, 350),
    "diastolic_mmhg": ("Tekanan diastolik", 10, 250),
    "heart_rate_per_min": ("Denyut jantung", 0, 400),
    "respiratory_rate_per_min": ("Frekuensi napas", 0, 150),
    "temperature_celsius": ("Suhu tubuh", 20, 46),
    "oxygen_saturation_percent": ("Saturasi oksigen", 0, 100),
    "height_cm": ("Tinggi badan", 15, 280),
    "weight_kg": ("Berat badan", 0.2, 700),
}
"""Column → its name, least and most that a living body has shown, in the unit of the column."""


def coded(code: str | None, form: re.Pattern[str], rule: str, waits_for: str | None = None) -> Iterator[Problem]:
    """A problem of this rule when the code is not well formed; spaces are told as spaces."""
    if not codes.wrong(code, form):
        return
    told = problem(rule, waits_for)
    if codes.spaced(code):
        told = replace(told, reason="Ada spasi di depan atau di belakang kode. Hapus spasinya, lalu simpan lagi.")
    yield told


def _diagnoses(snapshot: VisitSnapshot) -> Iterator[Problem]:
    rows = snapshot.diagnoses
    if snapshot.visit.status == "finished" and not rows:
        yield problem("10457")
    if rows and not any(row.role == "primary" for row in rows) and snapshot.visit.status == "finished":
        yield problem("10317")
    for row in rows:
        yield from coded(row.icd10_code, codes.ICD10, "10003")
    if snapshot.visit.chief_complaint_snomed:
        for told in coded(snapshot.visit.chief_complaint_snomed, codes.SNOMED, "10003"):
            yield replace(
                told,
                reason="Kode SNOMED keluhan utama tidak sah. Pilih ulang keluhan utama.",
                field="visits.chief_complaint_snomed",
            )


def _impossible(column: str) -> Problem:
    name, least, most = POSSIBLE[column]
    reason = f"{name} harus antara {least:g} dan {most:g}. Ukur atau ketik ulang angkanya."
    return Problem(reason, Role.NURSE, f"vital_signs.{column}", "10331")


def _vital_signs(row: VitalSigns) -> Iterator[Problem]:
    for column, (_, least, most) in POSSIBLE.items():
        value = getattr(row, column)
        if value is not None and not least <= value <= most:
            yield _impossible(column)
    if row.systolic_mmhg is not None and (row.diastolic_mmhg or 0) > row.systolic_mmhg:
        yield Problem(
            "Tekanan diastolik melebihi sistolik. Periksa apakah kedua angka tertukar.",
            Role.NURSE,
            "vital_signs.diastolic_mmhg",
            "10331",
        )


def _allergy(row: Allergy) -> Iterator[Problem]:
    if row.category is None:
        yield problem("10075")
    if row.code_system is None or not row.code:
        yield problem("10078")
    else:
        form = codes.KFA_ANY if row.code_system == "kfa" else codes.SNOMED
        yield from coded(row.code, form, "10078")


def check(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """Everything a doctor or nurse wrote down."""
    yield from _diagnoses(snapshot)
    for taking in snapshot.vital_signs:
        yield from _vital_signs(taking)
    for procedure in snapshot.procedures:
        yield from coded(procedure.icd9cm_code, codes.ICD9CM, "10015")
    for allergy in snapshot.allergies:
        yield from _allergy(allergy)
