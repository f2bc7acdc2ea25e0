"""The ministry's rule numbers in plain Indonesian: what to do, who does it, in which column.

``rules.toml`` holds the words; they are ours. A number it does not know is told by the path that was
refused, a path it does not know by the type of the resource, and always without what was sent.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from workers.outcome import Problem, Role

_PATH: Final = re.compile(
    r"((?i:Encounter|Condition|Observation|Procedure|AllergyIntolerance|MedicationRequest|MedicationDispense"
    r"|Medication|Composition|Patient|Practitioner|Location|Organization|Bundle))((?:\.[a-z][A-Za-z]*|\[\w*\])*)",
)
_ENTRY: Final = re.compile(r"^Bundle\.entry\[\d+\]\.resource\.?", re.IGNORECASE)
_STEP: Final = re.compile(r"\[\w*\]")
_NOT_EDITABLE: Final = re.compile(r"permission to edit resource", re.IGNORECASE)


@cache
def _book() -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath("rules.toml").read_text(encoding="utf-8"))


def numbers() -> tuple[str, ...]:
    """Every rule number the book explains."""
    return tuple(_book()["rule"])


def _path(text: str, expression: str) -> str:
    """``Encounter.statusHistory.period`` out of whatever named it, indexes removed; or nothing."""
    for said in (_ENTRY.sub("", expression), text):
        found = _PATH.search(said)
        if found:
            kind = next((name for name in _book()["type"] if name.lower() == found[1].lower()), found[1])
            return kind + _STEP.sub("", found[2])
    return ""


def _entry(rule: str | None, path: str) -> dict[str, str]:
    """The most telling entry: by number, then by the longest known path, then by type."""
    book = _book()
    if rule in book["rule"]:
        found: dict[str, str] = book["rule"][rule]
        return found
    for known in sorted(book["path"], key=len, reverse=True):
        if path == known or path.startswith(f"{known}."):
            return dict(book["path"][known])
    return dict(book["type"].get(path.partition(".")[0], book["unknown"]))


def explain(rule: str | None, text: str, expression: str) -> Problem:
    """A refusal as a person can act on it.

    ``text`` and ``expression`` are the ministry's; only a path is taken from them, never a value.
    """
    if rule is None and _NOT_EDITABLE.search(text):
        return moved()
    path = _path(text, expression)
    entry = _entry(rule, path)
    reason = entry["reason"]
    if rule not in _book()["rule"] and path:
        reason = f"{reason} Bagian yang ditolak: {path}."
    return Problem(reason, Role(entry["role"]), entry["field"], rule)


def moved() -> Problem:
    """What was told under one patient's number is to be another's: SatuSehat knows no number for this refusal."""
    entry = _book()["moved"]
    return Problem(entry["reason"], Role(entry["role"]), entry["field"])


def problem(rule: str, waits_for: str | None = None) -> Problem:
    """The same words for what is found wrong before sending; ``rule`` must be in the book."""
    entry = _book()["rule"][rule]
    return Problem(entry["reason"], Role(entry["role"]), entry["field"], rule, waits_for)
