"""The bodies of VClaim's writes: one `request`, and strings only (reference 5)."""

from collections.abc import Mapping
from typing import Any

from sandbox.bpjs.answer import Answer, found, no
from sandbox.bpjs.insurer import Ask
from sandbox.door.ledger import Json

Enums = Mapping[str, tuple[str, ...]]


def request(ask: Ask, wrapper: str | None = None) -> Json:
    """Give what stands in `request`, or in a wrapper below it; empty when it is not there."""
    inner = ask.body.get("request")
    if wrapper is not None and isinstance(inner, dict):
        inner = inner.get(wrapper)
    return inner if isinstance(inner, dict) else {}


def not_text(value: Any, name: str = "request") -> str | None:
    """Give the name of the first value that is no string; objects and arrays are looked into."""
    if isinstance(value, dict):
        return next((found for key, one in value.items() if (found := not_text(one, key))), None)
    if isinstance(value, list):
        return next((found for one in value if (found := not_text(one, name))), None)
    return None if isinstance(value, str) else name


def at(body: Json, path: str) -> Any:
    """Give what stands at a dotted path; None when it is not there."""
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def wrong_enum(body: Json, enums: Enums) -> str | None:
    """Give a sentence about the first field whose value is none of those known."""
    for path, values in enums.items():
        if at(body, path) not in values:
            return f"{path.rpartition('.')[2]} tidak sesuai"
    return None


def missing(body: Json, *paths: str) -> str | None:
    """Give a sentence about the first field that is not a filled string."""
    for path in paths:
        value = at(body, path)
        if not isinstance(value, str) or not value.strip():
            return f"{path.rpartition('.')[2]} tidak boleh kosong"
    return None


def rows(name: str, listed: list[Json]) -> Answer:
    """Give rows under a name; none is a business failure (reference 3.2)."""
    return found({name: listed}) if listed else no("Data tidak ditemukan")


def number(ask: Ask, letter: str) -> str:
    """Give the next number of a kind: facility, month and year, letter, six digits."""
    series = f"{ask.facility.code}{ask.today:%m%y}{letter}"
    return f"{series}{ask.records.number(series):06d}"
