"""The Bundle that answers a search: page, links and keys as recorded (reference 2.1, 4.9)."""

import base64
from urllib.parse import quote_plus, urlencode

from sandbox.door.gate import Reply
from sandbox.satusehat.dialects import FHIR_JSON

Params = list[tuple[str, str]]


def value_of(params: Params, name: str) -> str | None:
    """Give the last value of a parameter."""
    found = None
    for key, value in params:
        if key == name:
            found = value
    return found


def _joined(values: list[bytes]) -> bytes:
    return b"[" + b",".join(values) + b"]"


def _quoted(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return b'"' + escaped.encode("utf-8", "replace") + b'"'


def entry(public_url: str, resource_type: str, resource_id: str, body: bytes, mode: bool = False) -> bytes:
    """Write one entry; ``mode`` adds the ``search.mode`` of older Practitioner answers."""
    url = _quoted(f"{public_url}/fhir-r4/v1/{resource_type}/{resource_id}")
    tail = b',"search":{"mode":"match"}}' if mode else b"}"
    return b'{"fullUrl":' + url + b',"resource":' + body + tail


def page_offset(params: Params) -> int:
    """Read the place in the whole result that a ``_page_token`` stands for."""
    token = value_of(params, "_page_token")
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().rpartition(":")[2])
    except ValueError:
        return 0


def searchset(
    url: str,
    params: Params,
    entries: list[bytes],
    next_offset: int | None,
    *,
    links: bool = True,
    empty: bool = False,
) -> Reply:
    """Answer a search with one page; ``total`` counts the page, not the whole (reference 2.1).

    ``entry`` is absent when nothing was found unless ``empty``; ``next`` stands second, as recorded.
    """
    query = urlencode(sorted((k, v) for k, v in params if k != "_page_token"), quote_via=quote_plus)
    plain = f"{url}/?{query}"
    rows = [("search", plain), ("first", plain), ("self", plain)]
    if next_offset is not None:
        token = base64.urlsafe_b64encode(f"page:{next_offset:>8}".encode()).decode()
        rows.insert(1, ("next", f"{plain}&_page_token={quote_plus(token)}"))
    link = [b'{"relation":' + _quoted(name) + b',"url":' + _quoted(to) + b"}" for name, to in rows]
    parts = [b'"entry":' + _joined(entries)] if entries else []
    if links:
        parts.append(b'"link":' + _joined(link))
    parts.append(b'"resourceType":"Bundle","total":%d,"type":"searchset"' % len(entries))
    if not entries and empty:
        parts.append(b'"entry":[]')
    return Reply(200, b"{" + b",".join(parts) + b"}", FHIR_JSON)
