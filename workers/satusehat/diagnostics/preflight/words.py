"""The book's words for an order, with the examination they are about."""

from dataclasses import replace

from workers.outcome import Problem
from workers.satusehat import rules


def problem(rule: str, waits_for: str | None = None) -> Problem:
    """A problem of an order by its rule number."""
    return rules.problem(rule, waits_for, rules.ORDER)


def about(told: Problem, code: str) -> Problem:
    """The same, naming an examination by its code in the catalogue: one of many must be mended."""
    return replace(told, reason=f"{told.reason} Pemeriksaan: {code}.")
