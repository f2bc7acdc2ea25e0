"""One request as the simulator sees it: read once, before anything is decided."""

from collections.abc import MutableMapping
from typing import Any, Final

from sandbox.satusehat.writes import parse

FHIR_ROOT: Final = "/fhir-r4/v1"
TOKEN_PATH: Final = "/oauth2/v1/accesstoken"


class Call:
    """One request, read once."""

    __slots__ = (
        "body",
        "headers",
        "is_fhir",
        "kind",
        "method",
        "path",
        "payload",
        "query",
        "segments",
    )

    def __init__(self, scope: MutableMapping[str, Any], body: bytes) -> None:
        """Read an ASGI scope: method, path, query, headers and, for the FHIR API, the JSON payload."""
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: str = scope["query_string"].decode("latin-1")
        self.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        self.body = body
        below = self.path.removeprefix(FHIR_ROOT)
        self.is_fhir = self.path.startswith(FHIR_ROOT) and below[:1] in ("", "/")
        self.segments = [part for part in below.split("/") if part] if self.is_fhir else []
        self.kind = self._kind()
        writes = self.is_fhir and self.method in ("POST", "PUT", "PATCH")
        self.payload: Any = parse(body) if writes else None

    def _kind(self) -> str:
        if self.path == TOKEN_PATH:
            return "token"
        if not self.is_fhir:
            return "other"
        return self.segments[0] if self.segments else "Bundle"
