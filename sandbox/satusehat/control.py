"""The control door: read what happened, set faults and switches, start anew (see the README)."""

from collections import Counter
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.door.control import Door, bodies, posted, route
from sandbox.door.ledger import Json
from sandbox.satusehat.ministry import Ministry
from sandbox.satusehat.router import images_of
from sandbox.satusehat.rulebook import RULES
from sandbox.satusehat.store import Held, Store

SETTINGS = frozenset({"token_ttl_s", "token_penalty_s", "unknown_codes", "check_references", "studies_after_ms"})


def _held(held: Held) -> Json:
    return {
        "type": held.type,
        "id": held.id,
        "versions": held.versions,
        "organization": held.organization,
        "updated_at": held.stamp.last_updated,
        "identifiers": [{"system": system, "value": value} for system, value in held.identifiers],
        "body": held.parsed(),
    }


def duplicates(store: Store) -> list[Json]:
    """Give every identifier that should be unique in its type and is held more than once."""
    keys: dict[tuple[str, str], list[str]] = {}
    for held in store.held.values():
        prefix = RULES[held.type].identifiers.unique_prefix
        for system, value in held.identifiers:
            if system.startswith(prefix):
                keys.setdefault((held.type, f"{system}|{value}"), []).append(held.id)
    return [{"type": kind, "identifier": key, "ids": ids} for (kind, key), ids in keys.items() if len(ids) > 1]


class MinistryDoor(Door):
    """The control door of a ministry."""

    def __init__(self, ministry: Ministry) -> None:
        """Control a ministry."""
        self._ministry = ministry
        parts = {
            "resources": ministry.reset_resources,
            "ledger": ministry.ledger.clear,
            "faults": ministry.faults.clear,
            "tokens": ministry.tokens.forget,
        }
        super().__init__(ministry.ledger, ministry.faults, parts, ministry.settle, SETTINGS)

    def summary(self, query: Mapping[str, str]) -> Json:
        """Count requests and resources, and name the duplicates."""
        ledger, store = self._ministry.ledger, self._ministry.store
        self._ministry.router.catch_up()
        return {
            **ledger.summary(),
            "resources": dict(Counter(one.type for one in store.held.values())),
            "duplicates": duplicates(store),
            "identifiers_sent": len(ledger.bodies),
            "studies_waiting": self._ministry.router.kept,
            "bodies": bodies(ledger, every="bodies" in query),
        }

    def resources(self, kind: str | None) -> list[Json]:
        """Give what is held, or what of one type is held."""
        self._ministry.router.catch_up()
        return [_held(one) for one in self._ministry.store.held.values() if kind in (None, one.type)]

    async def studies(self, request: Request) -> Response:
        """Play the DICOM router: images came in under an accession number."""
        held = self._ministry.images(images_of(await posted(request)))
        return JSONResponse({"made": held is not None, "id": None if held is None else held.id})

    def routes(self) -> list[Route]:
        """Give the usual routes, and the router's."""
        return [*super().routes(), route("studies", self.studies, "POST")]


def routes(ministry: Ministry) -> list[Route]:
    """Give the routes of the control door."""
    return MinistryDoor(ministry).routes()
