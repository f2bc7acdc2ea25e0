"""The issues of an OperationOutcome, in both dialects, and what they mean to a person.

The validator writes its sentence and rule number into ``details.text``; the FHIR store writes a token
there and its sentence into ``diagnostics`` (reference 4.1, 4.2). Both are read, neither is repeated.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from workers.outcome import Problem
from workers.satusehat.rules import VISIT, explain

_RULE: Final = re.compile(r"Rule ?Number: ?(\d{5})")
_DUPLICATE: Final = re.compile(r"\s*found duplicate(?: resource)?: *([A-Za-z]*)", re.IGNORECASE)
_MOST_ISSUES: Final = 200
_LONGEST_TEXT: Final = 2000


@dataclass(frozen=True, slots=True)
class Issue:
    """One error: where, by which rule, in which words (never shown)."""

    code: str
    rule: str | None
    text: str
    expression: str


def _string(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _issue(row: dict[str, Any]) -> Issue:
    details = row.get("details")
    said = _string(details.get("text")) if isinstance(details, dict) else ""
    text = f"{said} {_string(row.get('diagnostics'))}".strip()
    where = row.get("expression") or row.get("location")
    first = where[0] if isinstance(where, list) and where else where
    number = _RULE.search(text)
    return Issue(_string(row.get("code")), number and number[1], text, _string(first))


def errors(outcome: dict[str, Any]) -> tuple[Issue, ...]:
    """The issues that are errors; anything not marked as harmless counts as one."""
    rows = outcome.get("issue")
    listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    harmless = ("information", "warning", "success")
    return tuple(_issue(row) for row in listed[:_MOST_ISSUES] if row.get("severity") not in harmless)


def is_duplicate(issue: Issue) -> bool:
    """Whether only our identifier is taken (20002, or the older text without a number)."""
    return issue.rule == "20002" or (issue.rule is None and bool(_DUPLICATE.match(issue.text)))


def not_stored(issue: Issue) -> bool:
    """Whether the store knows no such resource (``storage_error``/``no-store``, 20007)."""
    return issue.code == "no-store" or issue.text.startswith("storage_error") or issue.rule == "20007"


def types_named(issues: Iterable[Issue]) -> tuple[str, ...]:
    """The resource types the duplicates name, once each."""
    named = (_DUPLICATE.match(issue.text) for issue in issues)
    return tuple(dict.fromkeys(found[1] for found in named if found and found[1]))


def explained(issues: Iterable[Issue], kind: str = VISIT) -> tuple[Problem, ...]:
    """The issues in our own words for what was sent, once each."""
    return tuple(dict.fromkeys(explain(i.rule, i.text, i.expression, kind) for i in issues if not is_duplicate(i)))
