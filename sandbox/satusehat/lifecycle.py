"""Rules that look at several elements of a resource at once (reference 3.4 to 3.15)."""

from typing import Final

from sandbox.satusehat.dates import reversed_period
from sandbox.satusehat.diagnostics import DIAGNOSTICS
from sandbox.satusehat.dialects import Json
from sandbox.satusehat.notes import Lifecycle, Notes
from sandbox.satusehat.notes import missing as _missing
from sandbox.satusehat.notes import rows as _rows
from sandbox.satusehat.rulebook import SYSTEMS


def _history(visit: Json, notes: Notes) -> None:
    """Every step has a status and a start; once the visit is finished, every step has an end."""
    finished = visit.get("status") == "finished"
    for index, step in enumerate(_rows(visit.get("statusHistory"))):
        where = f"Encounter.statusHistory[{index}]"
        period = step.get("period")
        if not step.get("status"):
            _missing(notes, f"{where}.status", 10122)
        if not isinstance(period, dict) or not period.get("start"):
            _missing(notes, f"{where}.period.start", 10174)
        elif finished and not period.get("end"):
            _missing(notes, f"{where}.period.end", 10175)
        elif reversed_period(period):
            notes.add(f"Invalid period: {where}.period", 10122, f"{where}.period")


def _provider(visit: Json, family: frozenset[str], notes: Notes) -> None:
    """The service provider is the caller's organization or a part of it (rule 10124)."""
    provider = visit.get("serviceProvider")
    reference = provider.get("reference") if isinstance(provider, dict) else None
    if isinstance(reference, str) and reference.startswith("Organization/"):
        organization = reference.removeprefix("Organization/")
        if organization and organization not in family:
            text = f"Wrong organization ID provided: {reference}"
            notes.add(text, 10124, "Encounter.serviceProvider")


def _encounter(visit: Json, family: frozenset[str], notes: Notes) -> None:
    period = visit.get("period")
    if visit.get("status") == "finished":
        if not visit.get("diagnosis"):
            _missing(notes, "Encounter.diagnosis", 10457)
        if isinstance(period, dict) and not period.get("end"):
            _missing(notes, "Encounter.period.end", 10121)
    if reversed_period(period):
        notes.add("Invalid period: Encounter.period", 10121, "Encounter.period")
    for part, name, rule in (("location", "location", 10120), ("diagnosis", "condition", 10463)):
        for index, row in enumerate(_rows(visit.get(part))):
            if not row.get(name):
                where = f"Encounter.{part}[{index}].{name}"
                notes.add(f"Reference is mandatory : {where}", rule, where)
    _history(visit, notes)
    _provider(visit, family, notes)


def _immunization(shot: Json, _family: frozenset[str], notes: Notes) -> None:
    """A dose tells its reason and series, and its batch unless it is only reported (3.14)."""
    if shot.get("status") == "not-done":
        if not shot.get("statusReason"):
            _missing(notes, "Immunization.statusReason", 10108)
        return
    for name, rule in (("reasonCode", 10105), ("protocolApplied", 10450)):
        if not shot.get(name):
            _missing(notes, f"Immunization.{name}", rule)
    if shot.get("primarySource") is True and not shot.get("reportOrigin"):
        for name, rule in (("lotNumber", 10306), ("expirationDate", 10307)):
            if not shot.get(name):
                _missing(notes, f"Immunization.{name}", rule)


_ALLERGY_KINDS = frozenset({"food", "medication", "environment", "biologic"})


def _allergy(allergy: Json, _family: frozenset[str], notes: Notes) -> None:
    for kind in allergy.get("category") or ():
        if kind not in _ALLERGY_KINDS:
            system = "http://hl7.org/fhir/allergy-intolerance-category"
            text = f"Code not found: '{kind}' in system: {system}"
            notes.add(text, 10075, "AllergyIntolerance.category")


def _prescription(order: Json, _family: frozenset[str], notes: Notes) -> None:
    """An order has a prescription-item identifier; ``ml`` is no dose unit (reference 3.6, 3.9)."""
    name = str(order.get("resourceType"))
    rule = 10388 if name == "MedicationRequest" else 10389
    systems = [str(row.get("system")) for row in _rows(order.get("identifier"))]
    if systems and not any("/prescription-item/" in system for system in systems):
        _missing(notes, f"{name}.identifier", rule)
    rule = 10349 if name == "MedicationRequest" else 10357
    for i, dosage in enumerate(_rows(order.get("dosageInstruction"))):
        for j, dose in enumerate(_rows(dosage.get("doseAndRate"))):
            amount = dose.get("doseQuantity")
            if isinstance(amount, dict) and amount.get("code") == "ml":
                where = f"{name}.dosageInstruction[{i}].doseAndRate[{j}].doseQuantity"
                notes.add(f"Code not found: 'ml' in system: {SYSTEMS['ucum']}", rule, where)


def _medication(drug: Json, _family: frozenset[str], notes: Notes) -> None:
    """A plain drug has a KFA code; a compound has ingredients instead (rules 10024, 10031)."""
    if not drug.get("code") and not drug.get("ingredient"):
        _missing(notes, "Medication.code", 10024)
    if drug.get("extension"):
        urls = [str(row.get("url")) for row in _rows(drug.get("extension"))]
        if not any(url.endswith("/MedicationType") for url in urls):
            _missing(notes, "Medication.extension", 10031)


def _statement(statement: Json, _family: frozenset[str], notes: Notes) -> None:
    if not statement.get("medicationReference") and not statement.get("medicationCodeableConcept"):
        _missing(notes, "MedicationStatement.medication[x]", 10160)


def _episode(episode: Json, _family: frozenset[str], notes: Notes) -> None:
    period = episode.get("period")
    if isinstance(period, dict) and not period.get("start"):
        _missing(notes, "EpisodeOfCare.period.start", 10406)


LIFECYCLES: Final[dict[str, Lifecycle]] = {
    "Encounter": _encounter,
    "Immunization": _immunization,
    "AllergyIntolerance": _allergy,
    "MedicationRequest": _prescription,
    "MedicationDispense": _prescription,
    "Medication": _medication,
    "MedicationStatement": _statement,
    "EpisodeOfCare": _episode,
    **DIAGNOSTICS,
}
