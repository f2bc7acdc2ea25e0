"""Rows of storage.objects as the clients read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

Row = Mapping[str, Any]

_DATES = ("created_at", "updated_at", "last_accessed_at")


def entry(row: Row) -> dict[str, Any]:
    """One line of a listing; a folder has a name and nothing else."""
    if row["deeper"]:
        return {"name": row["entry"], "id": None, "metadata": None, **dict.fromkeys(_DATES)}
    dates = {name: row[name].isoformat() for name in _DATES}
    return {"name": row["entry"], "id": str(row["id"]), "metadata": row["metadata"], **dates}


def info(row: Row) -> dict[str, Any]:
    """What is known of an object."""
    metadata = row["metadata"] or {}
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "version": row["version"],
        "bucket_id": row["bucket_id"],
        "size": metadata.get("size"),
        "content_type": metadata.get("mimetype"),
        "cache_control": metadata.get("cacheControl"),
        "etag": metadata.get("eTag"),
        "metadata": row["user_metadata"] or {},
        "last_modified": row["updated_at"].isoformat(),
        "created_at": row["created_at"].isoformat(),
    }


def row(row: Row) -> dict[str, Any]:
    """The whole row."""
    return {name: _plain(value) for name, value in row.items()}


def headers(row: Row, download: str | None = None) -> dict[str, str]:
    """What a download says about itself; `download` is the name to save it under, empty for its own."""
    metadata = row["metadata"] or {}
    saved = {} if download is None else {"Content-Disposition": _attachment(download)}
    return {
        **saved,
        "Content-Type": metadata.get("mimetype") or "application/octet-stream",
        "Cache-Control": metadata.get("cacheControl") or "no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def _attachment(name: str) -> str:
    """As Storage writes it (RFC 6266): no sign of a name can end the line."""
    encoded = quote(name, safe="!~*'()")
    return f"attachment; filename={encoded}; filename*=UTF-8''{encoded};" if name else "attachment"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
