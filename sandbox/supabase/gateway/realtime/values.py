"""PostgreSQL's text form of a value to the JSON that PostgREST would show."""

import json
from collections.abc import Callable
from typing import Any

_PLAIN = frozenset({"text", "varchar", "bpchar", "uuid", "date", "time", "name", "citext", "inet"})


def _number(text: str) -> Any:
    return json.loads(text) if text not in ("NaN", "Infinity", "-Infinity") else text


def _timestamp(text: str) -> str:
    return text.replace(" ", "T", 1)


def _timestamptz(text: str) -> str:
    """`2026-11-23 02:15:00.5+00` is no ISO 8601 until its offset has minutes."""
    return _timestamp(text) + (":00" if text[-3] in "+-" else "")


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: text == "t",
    "json": json.loads,
    "jsonb": json.loads,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    **dict.fromkeys(("int2", "int4", "int8", "oid"), int),
    **dict.fromkeys(("numeric", "float4", "float8"), _number),
    **dict.fromkeys(_PLAIN, str),
}


def reader(type_name: str) -> Callable[[str], Any] | None:
    """How to read a type, or None when only the database knows."""
    return _READERS.get(type_name)
