"""How a rule that looks at several elements says what is wrong."""

from collections.abc import Callable
from typing import Any, Protocol

from sandbox.satusehat.dialects import Json


class Notes(Protocol):
    """Where complaints are written down."""

    def add(self, text: str, rule: int, expression: str, code: str = "value") -> None:
        """Note a refusal."""


Lifecycle = Callable[[Json, frozenset[str], Notes], None]
"""Looks at one resource of a caller whose organizations are these."""


def rows(value: Any) -> list[Json]:
    """Give the objects of a list, whatever the list is."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def missing(notes: Notes, where: str, rule: int) -> None:
    """Note an element that is not there."""
    notes.add(f"Element not found: {where}", rule, where)
