"""Reads an answer of SatuSehat: gateway, validator and FHIR store each speak their own dialect.

Pure: bytes in, one of a closed union out. Nothing of the answer's own words goes further than this
module, for they may repeat what was sent. Sources: SatuSehat reference 1.3 (gateway), 3.16 (Bundle),
4.1 (validator), 4.2 (store), 4.3 (consent).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from workers.outcome import Failure, Problem
from workers.satusehat.issues import errors, explained, is_duplicate, not_stored, types_named
from workers.satusehat.rules import VISIT

Body = dict[str, Any]

MOST_BYTES: Final = 16 * 1024 * 1024
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a transaction that was accepted."""

    type: str
    id: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A transaction was accepted as a whole; entries in the order of the request."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Found:
    """What a search or a read gave; entries withheld for want of consent are left out.

    ``next_params`` are the query parameters of the next page: its address may name another host
    and is never followed.
    """

    resources: tuple[Body, ...]
    next_params: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Stored(Found):
    """One resource as it stands there now, whether it was just written or only read."""

    id: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The content was refused, and nothing of it was written."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """All that was wrong: our identifier is taken already (rule 20002). ``types`` as far as told."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotHeld:
    """The store knows no resource of that id."""


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """The bearer token is unknown or expired; a new one may help."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """The client's product does not cover this API, or is of the other environment; no token helps."""


@dataclass(frozen=True, slots=True)
class FrontRefused:
    """Turned away before the API (address, firewall, wrong path): certainly not accepted."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """Too many requests; not processed. ``wait`` when the answer says how long."""

    wait: timedelta | None


@dataclass(frozen=True, slots=True)
class Unsure:
    """The answer proves nothing either way."""

    failure: Failure


Reply = (
    Held
    | Stored
    | Found
    | Refused
    | Duplicate
    | NotHeld
    | TokenRefused
    | NotGranted
    | FrontRefused
    | Throttled
    | Unsure
)

_UNREADABLE: Final = Unsure(Failure.UNREADABLE)


def read(
    status: int, content_type: str | None, retry_after: str | None, body: bytes | None, kind: str = VISIT
) -> Reply:
    """Say what an answer means; never raises, whatever the bytes are.

    ``body`` is None when no whole body came; ``kind``: of what fact a refusal is told. Any status
    outside the ones known is ``Unsure``.
    """
    if body is None:
        return Unsure(Failure.NO_REPLY)
    told = _json(content_type, body)
    if status == 429 or "policies.ratelimit" in _fault(told):
        return Throttled(_wait(retry_after))
    if status >= 500:
        return Unsure(Failure.SERVER_ERROR)
    if status in (200, 201):
        return _accepted(told, kind)
    return _turned_down(status, told, kind)


def _json(content_type: str | None, body: bytes) -> Body:
    """The decoded object, or an empty one for whatever is not a JSON object of bearable size."""
    if len(body) > MOST_BYTES or "html" in (content_type or ""):
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _fault(told: Body) -> str:
    """The gateway's error code and words, or nothing (reference 1.3)."""
    fault = told.get("fault")
    if not isinstance(fault, dict):
        return ""
    detail = fault.get("detail")
    code = detail.get("errorcode") if isinstance(detail, dict) else ""
    return f"{code} {fault.get('faultstring')}"


def _wait(retry_after: str | None) -> timedelta | None:
    """``Retry-After`` in seconds, at most an hour; the date form needs a clock and counts as unsaid."""
    text = (retry_after or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return min(timedelta(seconds=int(text)), LONGEST_WAIT)


def _accepted(told: Body, of: str) -> Reply:
    """A 200 or 201 is only as good as its body: errors come with 200 too."""
    kind, use = told.get("resourceType"), told.get("type")
    if kind == "OperationOutcome":
        return _outcome(told, 200, of)
    if kind == "Bundle":
        read_as = {"transaction-response": _transaction, "searchset": _searchset}.get(str(use))
        return read_as(told) if read_as else _UNREADABLE
    if _text(kind) and _text(told.get("id")):
        return Stored(resources=(told,), id=told["id"], version=version_of(told))
    return _UNREADABLE


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def version_of(resource: Body) -> str | None:
    """The version a resource says it is; None when it does not say."""
    meta = resource.get("meta")
    return _text(meta.get("versionId")) if isinstance(meta, dict) else None


def _rows(told: Body, name: str) -> list[Any] | None:
    """The list under ``name``; absent is empty, anything else but a list is None."""
    rows = told.get(name, [])
    return rows if isinstance(rows, list) else None


def _transaction(told: Body) -> Reply:
    entries = [_entry(row) for row in _rows(told, "entry") or []]
    whole = tuple(entry for entry in entries if entry is not None)
    return Held(whole) if whole and len(whole) == len(entries) else _UNREADABLE


def _entry(row: Any) -> Entry | None:
    """Type, id and version of one entry.

    ``location`` ends in ``<Type>/<id>/_history/<version>``: its last segment is not the id.
    """
    response = row.get("response") if isinstance(row, dict) else None
    if not isinstance(response, dict) or not str(response.get("status", "")).startswith("20"):
        return None
    before, _, version = (_text(response.get("location")) or "").partition("/_history/")
    kind, _, number = before.rpartition("/")
    type_ = _text(response.get("resourceType")) or kind.rpartition("/")[2]
    id_ = _text(response.get("resourceID")) or number
    return Entry(type_, id_, version or None) if type_ and id_ else None


def _searchset(told: Body) -> Reply:
    """Matches only: no entry at all is an honest nothing (reference 0, point 3)."""
    rows, links = _rows(told, "entry"), _rows(told, "link")
    if rows is None or links is None:
        return _UNREADABLE
    resources = tuple(row["resource"] for row in rows if _is_match(row))
    return Found(resources, _next(links))


def _is_match(row: Any) -> bool:
    """A hit: not an included resource, nor an outcome in place of one that consent withholds."""
    if not isinstance(row, dict) or not isinstance(row.get("resource"), dict):
        return False
    search, resource = row.get("search"), row["resource"]
    mode = search.get("mode", "match") if isinstance(search, dict) else "match"
    named = _text(resource.get("resourceType")) and _text(resource.get("id"))
    return mode == "match" and bool(named) and resource["resourceType"] != "OperationOutcome"


def _next(links: list[Any]) -> Mapping[str, str] | None:
    for link in links:
        if isinstance(link, dict) and link.get("relation") == "next" and _text(link.get("url")):
            try:
                return dict(parse_qsl(urlsplit(link["url"]).query, keep_blank_values=True)) or None
            except ValueError:
                return None
    return None


def _outcome(told: Body, status: int, of: str) -> Reply:
    """An OperationOutcome by its errors; one without any only withholds (``suppressed``, reference 4.3)."""
    issues = errors(told)
    if not issues:
        return Found(())
    # A 400 that says "not found" speaks of a reference inside the content, not of what was asked for.
    if status == 404 and any(not_stored(issue) for issue in issues):
        return NotHeld()
    # Entries not looked at because an earlier one failed say nothing of their own (20012, 20013).
    own = [issue for issue in issues if issue.rule not in ("20012", "20013")] or list(issues)
    if all(is_duplicate(issue) for issue in own):
        return Duplicate(types_named(own))
    return Refused(explained(own, of))


def _turned_down(status: int, told: Body, of: str) -> Reply:
    if status == 401:
        product = "apiproduct" in _fault(told).lower()
        return NotGranted() if product else TokenRefused()
    if told.get("resourceType") == "OperationOutcome" and errors(told):
        return _outcome(told, status, of)
    if _fault(told) or status in (403, 404, 405):
        return FrontRefused()
    return _UNREADABLE
