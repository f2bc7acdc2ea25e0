"""Prescriptions and dispenses: mapped drugs, coded units and routes, amounts above nothing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from workers.outcome import Problem, Role
from workers.satusehat.mapping.units import ROUTES, unit_is_known
from workers.satusehat.preflight import codes
from workers.satusehat.preflight.clinical import coded
from workers.satusehat.rules import problem
from workers.satusehat.snapshot import Drug, PrescriptionItem, VisitSnapshot

# UCUM units of time, as FHIR binds timing (rule 10036).
_TIME_UNITS: Final = frozenset(["s", "min", "h", "d", "wk", "mo", "a"])
_AMOUNTS: Final = {
    "10343": "dose_quantity",
    "10341": "frequency",
    "10342": "period",
    "10347": "days_supply",
}


def _drug(drug: Drug) -> Iterator[Problem]:
    """The clinic's drug is mapped to a KFA product (rule 10024) and has a listed form (rule 10025)."""
    mapping = f"mapping/drug/{drug.id}"
    yield from coded(drug.kfa.code if drug.kfa else None, codes.KFA_PRODUCT, "10024", mapping)
    if drug.form_code:
        yield from coded(drug.form_code, codes.DOSAGE_FORM, "10025", mapping)


def _units(item: PrescriptionItem) -> Iterator[Problem]:
    """Units, route and rhythm come from the systems SatuSehat takes (10348, 10349, 10038, 10036)."""
    if not unit_is_known(item.unit or ""):
        yield problem("10348")
    if item.dose_quantity is not None and not unit_is_known(item.dose_unit or ""):
        yield problem("10349")
    if item.route and item.route not in ROUTES:
        yield problem("10038")
    if item.period_unit and item.period_unit not in _TIME_UNITS:
        yield problem("10036")


def _amounts(item: PrescriptionItem) -> Iterator[Problem]:
    if item.quantity is None or item.quantity <= 0:
        yield problem("10346")
    for rule, column in _AMOUNTS.items():
        amount = getattr(item, column)
        if amount is not None and amount <= 0:
            yield problem(rule)
    if any(given.quantity <= 0 for given in item.dispenses):
        yield replace(
            problem("10346"),
            reason="Jumlah obat yang diserahkan harus lebih dari nol. Perbaiki jumlahnya.",
            field="dispenses.quantity",
        )


def check(snapshot: VisitSnapshot) -> Iterator[Problem]:
    """Every prescription, item by item."""
    for sheet in snapshot.prescriptions:
        if not sheet.items:
            yield Problem(
                "Resep ini tidak berisi obat. Isi obatnya, atau batalkan resepnya.",
                Role.PHARMACIST,
                "prescriptions.id",
                "10135",
            )
        for item in sheet.items:
            yield from _drug(item.drug)
            yield from _units(item)
            yield from _amounts(item)
