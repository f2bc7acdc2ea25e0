"""The ministry's rule numbers in plain Indonesian: what to do, who does it, in which column.

``rules.toml`` holds the words; they are ours. A number it does not know is told by the path that was
refused, a path it does not know by the type of the resource, and always without what was sent. The same
Observation is a vital sign in a visit and a result in an order: what an order says otherwise stands in
``orders.toml``.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from workers.outcome import Problem, Role

_PATH: Final = re.compile(
    r"((?i:Encounter|Condition|Observation|Procedure|AllergyIntolerance|MedicationRequest|MedicationDispense"
    r"|Medication|Composition|ServiceRequest|Specimen|DiagnosticReport|ImagingStudy|Patient|Practitioner|Location|Organization|Bundle))((?:\.[a-z][A-Za-z]*|\[\w*\])*)",
)
_ENTRY: Final = re.compile(r"^Bundle\.entry\[\d+\]\.resource\.?", re.IGNORECASE)
_STEP: Final = re.compile(r"\[\w*\]")
_NOT_EDITABLE: Final = re.compile(r"permission to edit resource", re.IGNORECASE)


VISIT: Final = "visit"
ORDER: Final = "diagnostic_order"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


@cache
def _book(kind: str) -> dict[str, Any]:
    """The words for one kind of fact; an order's own stand before those of visits."""
    shared = _read("rules.toml")
    if kind != ORDER:
        return shared
    own = _read("orders.toml")
    listed = {part: {**_of_orders(shared[part]), **own[part]} for part in ("type", "path", "rule")}
    return {**listed, "unknown": own["unknown"], "moved": own["moved"]}


def _of_orders(entries: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Entries written for visits as an order may show them: the row to look at is the order."""
    return {
        name: {**entry, "field": "diagnostic_orders.id"} if entry["field"].startswith("visits.") else entry
        for name, entry in entries.items()
    }


def numbers(kind: str = VISIT) -> tuple[str, ...]:
    """Every rule number the book explains."""
    return tuple(_book(kind)["rule"])


def _path(text: str, expression: str, kind: str) -> str:
    """``Encounter.statusHistory.period`` out of whatever named it, indexes removed; or nothing."""
    for said in (_ENTRY.sub("", expression), text):
        found = _PATH.search(said)
        if found:
            types = _book(kind)["type"]
            return next((name for name in types if name.lower() == found[1].lower()), found[1]) + _STEP.sub(
                "", found[2]
            )
    return ""


def _entry(rule: str | None, path: str, kind: str) -> dict[str, str]:
    """The most telling entry: by number, then by the longest known path, then by type."""
    book = _book(kind)
    if rule in book["rule"]:
        found: dict[str, str] = book["rule"][rule]
        return found
    for known in sorted(book["path"], key=len, reverse=True):
        if path == known or path.startswith(f"{known}."):
            return dict(book["path"][known])
    return dict(book["type"].get(path.partition(".")[0], book["unknown"]))


def explain(rule: str | None, text: str, expression: str, kind: str = VISIT) -> Problem:
    """A refusal as a person can act on it.

    ``text`` and ``expression`` are the ministry's; only a path is taken from them, never a value.
    """
    if rule is None and _NOT_EDITABLE.search(text):
        return moved(kind)
    path = _path(text, expression, kind)
    entry = _entry(rule, path, kind)
    reason = entry["reason"]
    if rule not in _book(kind)["rule"] and path:
        reason = f"{reason} Bagian yang ditolak: {path}."
    return Problem(reason, Role(entry["role"]), entry["field"], rule)


def moved(kind: str = VISIT) -> Problem:
    """What was told under one patient's number is to be another's: SatuSehat knows no number for this refusal."""
    entry = _book(kind)["moved"]
    return Problem(entry["reason"], Role(entry["role"]), entry["field"])


def problem(rule: str, waits_for: str | None = None, kind: str = VISIT) -> Problem:
    """The same words for what is found wrong before sending; ``rule`` must be in the book."""
    entry = _book(kind)["rule"][rule]
    return Problem(entry["reason"], Role(entry["role"]), entry["field"], rule, waits_for)
