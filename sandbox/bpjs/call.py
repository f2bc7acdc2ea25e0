"""One request as the simulator sees it: read once, before anything is decided."""

import json
from collections.abc import MutableMapping
from typing import Any, Final

_PREFIXES: Final = {
    "pcare-rest": "pcare",
    "vclaim-rest": "vclaim",
    "antreanfktp": "antrean-fktp",
    "antreanrs": "antrean-rs",
}
OTHER: Final = "other"


class Call:
    """One request. The development hosts' prefixes (`-dev`, `_dev`) are read like the others."""

    __slots__ = ("body", "headers", "kind", "method", "path", "payload", "query", "readable", "segments", "service")

    def __init__(self, scope: MutableMapping[str, Any], body: bytes) -> None:
        """Read an ASGI scope and the body, which is JSON whatever the content type says (reference 1.3)."""
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        self.body = body
        first, *rest = [part for part in self.path.split("/") if part] or [""]
        self.service = _PREFIXES.get(first.removesuffix("-dev").removesuffix("_dev"), OTHER)
        self.segments = rest
        self.kind = rest[0].lower() if rest else OTHER
        self.payload, self.readable = _parsed(body)

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        kind: str = self.headers.get("content-type", "")
        return kind.split(";", maxsplit=1)[0].strip().lower()


def _parsed(body: bytes) -> tuple[Any, bool]:
    try:
        return (json.loads(body) if body else None), True
    except ValueError:
        return None, False
