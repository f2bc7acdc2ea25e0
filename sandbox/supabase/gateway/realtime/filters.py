"""Filters of a subscription, such as `state=eq.ready` or `amount=gt.10,kind=in.(visit,claim)`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TERM = re.compile(r"(?P<column>[^=,]+)=(?P<negated>not\.)?(?P<name>\w+)\.(?P<value>\([^)]*\)|[^,]*)(?:,|$)")


class FilterError(ValueError):
    """A filter that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one column."""

    column: str
    negated: bool
    name: str
    value: str

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Whether a row satisfies the condition; a null satisfies none but `is.null`."""
        if self.column not in record:
            return False
        found = record[self.column]
        if found is None and self.name not in ("is", "isdistinct"):
            return False
        return _OPERATORS[self.name](found, self.value) != self.negated


def parse(text: str | None) -> tuple[Term, ...]:
    """The conditions of a filter, all of which must hold. Raises FilterError."""
    terms, position = [], 0
    while text and position < len(text):
        match = _TERM.match(text, position)
        if not match or match["name"] not in _OPERATORS:
            raise FilterError(f"Error parsing `filter` params: {text}")
        terms.append(Term(match["column"], bool(match["negated"]), match["name"], match["value"]))
        position = match.end()
    return tuple(terms)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, str], bool]:
    def matches(found: Any, value: str) -> bool:
        if isinstance(found, bool):
            return compare(str(found).lower(), value)
        if isinstance(found, int | float):
            try:
                return compare(found, float(value))
            except ValueError:
                return False
        return compare(str(found), value)

    return matches


def _one_of(found: Any, value: str) -> bool:
    equal = _compared(operator.eq)
    return any(equal(found, item.strip().strip('"')) for item in value.strip("()").split(","))


def _is(found: Any, value: str) -> bool:
    return {"null": found is None, "true": found is True, "false": found is False}.get(value, False)


def _like(flags: int) -> Callable[[Any, str], bool]:
    def matches(found: Any, value: str) -> bool:
        pattern = re.escape(value).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, str(found), flags | re.DOTALL) is not None

    return matches


def _match(flags: int) -> Callable[[Any, str], bool]:
    return lambda found, value: re.search(value, str(found), flags) is not None


_OPERATORS: Mapping[str, Callable[[Any, str], bool]] = {
    "eq": _compared(operator.eq),
    "neq": _compared(operator.ne),
    "lt": _compared(operator.lt),
    "lte": _compared(operator.le),
    "gt": _compared(operator.gt),
    "gte": _compared(operator.ge),
    "in": _one_of,
    "is": _is,
    "isdistinct": lambda found, value: found is None or not _compared(operator.eq)(found, value),
    "like": _like(0),
    "ilike": _like(re.IGNORECASE),
    "match": _match(0),
    "imatch": _match(re.IGNORECASE),
}
