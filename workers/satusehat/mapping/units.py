"""Units of doses and quantities, and routes: which code systems SatuSehat takes them from.

Amounts of medicine come from v3-orderableDrugForm, UCUM, SNOMED CT or the ministry's own list of
smallest logistic units; anything else is refused (rules 10348, 10349, 10050, 10357). Routes are
the ATC routes of administration (rules 10038, 10056).
"""

from typing import Any, Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.resource import HL7, KEMKES, SNOMED, UCUM, Body

_FORM: Final = f"{HL7}/v3-orderableDrugForm"
_LOGISTIC: Final = f"{KEMKES}/CodeSystem/smallest-logistic-unit"

_FORMS: Final = frozenset(
    code
    for row in (
        "AER APPFUL BAR BEAD BUCTAB CAP CAPLET CHEWBAR CHEWTAB CPTAB CRM DISINTAB DISK DOUCHE DROP DRTAB",
        "ECTAB ELIXIR ENEMA ENTCAP ERCAP ERSUSP ERTAB GASINH GEL GRAN GUM INHL IPSOL IRSOL IVSOL LIN LTN",
        "MDINHL MEDPAD NASCRM NASGEL NASINHL NASOINT NASSPRY NDROP OINT OPCRM OPDROP OPGEL OPOINT OPSUSP",
        "ORALSOL ORCAP ORDROP ORINHL ORSUSP ORTAB ORTROCHE OTCRM OTDROP OTGEL OTOINT OTSUSP PAD PASTE",
        "PATCH PELLET PILL POWD PUFF RECCRM RECOINT RECPWD RECSOL RECSUPP RECSUSP RINSE SCOOP SHMP SLTAB",
        "SOL SPRY SUPP SUSP SYRUP TAB TINC TOPCRM TOPGEL TOPLTN TOPOINT TOPPWD TOPSOL TPATCH VAGCRM",
        "VAGGEL VAGOINT VAGPWD VAGSUPP VAGTAB WAFER",
    )
    for code in row.split()
)
_UCUM: Final = frozenset(["mL", "L", "uL", "mg", "g", "kg", "ug", "ng", "[IU]", "meq", "mmol", "%"])
_CODED: Final = {
    "MRD000006": (_LOGISTIC, "Pot"),
    "MRD000008": (_LOGISTIC, "Prefilled syringe"),
    "419672006": (SNOMED, "Bottle - unit of product usage"),
}

ROUTES: Final = {
    "O": "Oral",
    "P": "Parenteral",
    "R": "Rectal",
    "V": "Vaginal",
    "N": "Nasal",
    "SL": "Sublingual/buccal/oromucosal",
    "TD": "Transdermal",
    "Inhal": "Inhalation",
    "Inhal.aerosol": "Inhalation aerosol",
    "Inhal.powder": "Inhalation powder",
    "Inhal.solution": "Inhalation solution",
    "Instill.solution": "Instillation solution",
    "Chewing gum": "Chewing gum",
    "implant": "Implant",
    "s.c. implant": "Subcutaneous implant",
    "inj.intramuscular": "Injection Intramuscular",
    "inj.intravenous": "Injection Intravenous",
    "inj.subcutaneous": "Injection Subcutaneous",
    "intravesical": "Intravesical",
    "lamella": "Lamella",
    "ocular": "Ocular",
    "ointment": "Ointment",
    "oral aerosol": "Oral aerosol",
    "otic": "Otic",
    "urethral": "Urethral",
}
ROUTE_SYSTEM: Final = "http://www.whocc.no/atc"


def _system(unit: str) -> tuple[str, str] | None:
    """The code system of a unit and how to write it for people."""
    if unit in _FORMS:
        return _FORM, unit
    if unit in _UCUM:
        return UCUM, unit
    return _CODED.get(unit)


def unit_is_known(unit: str) -> bool:
    """Whether SatuSehat has a code for this unit, letter for letter."""
    return _system(unit) is not None


def quantity(value: Any, unit: str | None, path: str) -> Body | None:
    """An amount with its coded unit; None without a value, MappingError when the unit has no code."""
    if value is None:
        return None
    found = _system(unit) if unit else None
    if found is None:
        raise MappingError([path])
    system, display = found
    return {"value": value, "unit": display, "system": system, "code": unit}


def days(value: Any) -> Body | None:
    """A duration in days (rules 10043, 10051)."""
    return None if value is None else {"value": value, "unit": "days", "system": UCUM, "code": "d"}
