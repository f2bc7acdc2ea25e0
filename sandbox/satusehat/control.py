"""The control door: read what happened, set faults and switches, start anew (see the README)."""

import json
from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.satusehat.dialects import Json
from sandbox.satusehat.faults import FaultError
from sandbox.satusehat.ledger import Ledger
from sandbox.satusehat.ministry import Ministry
from sandbox.satusehat.rulebook import RULES
from sandbox.satusehat.store import Held, Store

_PARTS = ("resources", "ledger", "faults", "tokens")


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


def bodies(ledger: Ledger, *, every: bool) -> list[Json]:
    """Give, per identifier, the hashes of creating bodies; only differing ones unless ``every``."""
    return [
        {"identifier": key, "sha256": dict(hashes)} for key, hashes in ledger.bodies.items() if every or len(hashes) > 1
    ]


def _summary(ministry: Ministry, request: Request) -> Json:
    held = ministry.store.held.values()
    ledger = ministry.ledger
    return {
        **ledger.summary(),
        "resources": dict(Counter(one.type for one in held)),
        "duplicates": duplicates(ministry.store),
        "identifiers_sent": len(ledger.bodies),
        "bodies": bodies(ledger, every="bodies" in request.query_params),
    }


def _complaint(text: str) -> Response:
    return JSONResponse({"error": text}, 400)


class Door:
    """The handlers of the control door."""

    def __init__(self, ministry: Ministry) -> None:
        """Control a ministry."""
        self._ministry = ministry

    async def ledger(self, request: Request) -> Response:
        """Give receipts and resources, or the summary."""
        query = request.query_params
        if query.get("summary") == "1":
            return JSONResponse(_summary(self._ministry, request))
        since = query.get("since", "0")
        if not since.isdigit():
            return _complaint("since must be a sequence number")
        receipts = self._ministry.ledger.receipts[int(since) :]
        answer: Json = {"requests": [row.described() for row in receipts]}
        if query.get("resources") != "0":
            kind = query.get("type")
            held = self._ministry.store.held.values()
            answer["resources"] = [_held(one) for one in held if kind in (None, one.type)]
        return JSONResponse(answer)

    async def faults(self, request: Request) -> Response:
        """Read the rules in force, change them, or clear them."""
        faults = self._ministry.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.change(await _posted(request))
            except FaultError as error:
                return _complaint(str(error))
        return JSONResponse({"rules": [rule.described() for rule in faults.rules]})

    async def reset(self, request: Request) -> Response:
        """Clear the parts named true in the body, or everything."""
        try:
            wanted = await _posted(request)
        except FaultError as error:
            return _complaint(str(error))
        if not isinstance(wanted, dict) or wanted.keys() - set(_PARTS):
            return _complaint(f"the body names parts to clear: {', '.join(_PARTS)}")
        wanted = wanted or dict.fromkeys(_PARTS, True)
        ministry = self._ministry
        clear = {
            "resources": ministry.reset_resources,
            "ledger": ministry.ledger.clear,
            "faults": ministry.faults.clear,
            "tokens": ministry.tokens.forget,
        }
        cleared = [part for part in _PARTS if wanted.get(part)]
        for part in cleared:
            clear[part]()
        return JSONResponse({"cleared": cleared})

    async def settings(self, request: Request) -> Response:
        """Change what may change while running; the README lists it."""
        try:
            wanted = await _posted(request)
        except FaultError as error:
            return _complaint(str(error))
        names = {"token_ttl_s", "token_penalty_s", "unknown_codes", "check_references"}
        if not isinstance(wanted, dict) or wanted.keys() - names:
            return _complaint(f"settings that can change: {', '.join(sorted(names))}")
        try:
            self._ministry.settle(wanted)
        except (ValueError, TypeError) as error:
            return _complaint(f"a setting cannot be used: {error}")
        return JSONResponse({"changed": sorted(wanted)})

    async def health(self, _request: Request) -> Response:
        """Tell that the simulator is up."""
        return JSONResponse({"ok": True})


async def _posted(request: Request) -> Any:
    """Read a JSON body; an empty one is an empty object. Raises FaultError when it is no JSON."""
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise FaultError("the body is no JSON") from error


def routes(ministry: Ministry) -> list[Route]:
    """Give the routes of the control door."""
    door = Door(ministry)
    return [
        Route("/__sandbox__/ledger", door.ledger),
        Route("/__sandbox__/faults", door.faults, methods=["GET", "POST", "DELETE"]),
        Route("/__sandbox__/reset", door.reset, methods=["POST"]),
        Route("/__sandbox__/settings", door.settings, methods=["POST"]),
        Route("/__sandbox__/health", door.health),
    ]
