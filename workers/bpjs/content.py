"""What was sent, as a short text to compare with later, and what BPJS calls it. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

UNSETTLED = "unsettled"
"""Stands for the content of something that BPJS holds, and whether it is as we want it nobody knows."""


def content_hash(body: Mapping[str, Any]) -> str:
    """The same for the same content, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def identifier(value: Any, field: str) -> str | None:
    """The number in ``{field, message}``, which P-Care gives as an object or in a list (reference bpjs 4.3)."""
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if isinstance(row, Mapping) and row.get("field") in (field, None) and row.get("message"):
            return str(row["message"])
    return None
