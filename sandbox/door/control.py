"""What every simulator's control door has: faults, a part of the ledger, reset, settings, health."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.door.faults import Faults
from sandbox.door.ledger import Json, Ledger

Handler = Callable[[Request], Awaitable[Response]]


class WishError(ValueError):
    """What was asked at the control door cannot be done; nothing has changed."""


class Door:
    """The handlers that do not depend on what is simulated."""

    def __init__(
        self,
        ledger: Ledger,
        faults: Faults,
        parts: Mapping[str, Callable[[], None]],
        settle: Callable[[Json], None],
        settings: frozenset[str],
    ) -> None:
        """`parts` are what a reset can clear, by name; `settle` takes the settings that may change."""
        self._ledger = ledger
        self._faults = faults
        self._parts = parts
        self._settle = settle
        self._settings = settings

    def summary(self, query: Mapping[str, str]) -> Json:
        """Give the counts of `?summary=1`."""
        raise NotImplementedError

    def resources(self, kind: str | None) -> list[Json]:
        """Give what is held, or what of one type is held."""
        raise NotImplementedError

    async def ledger(self, request: Request) -> Response:
        """Give receipts and resources, or the summary."""
        query = request.query_params
        if query.get("summary") == "1":
            return JSONResponse(self.summary(query))
        since = query.get("since", "0")
        if not since.isdigit():
            raise WishError("since must be a sequence number")
        answer: Json = {"requests": [row.described() for row in self._ledger.receipts[int(since) :]]}
        if query.get("resources") != "0":
            answer["resources"] = self.resources(query.get("type"))
        return JSONResponse(answer)

    async def faults(self, request: Request) -> Response:
        """Read the rules in force, change them, or clear them."""
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            self._faults.change(await posted(request))
        return JSONResponse({"rules": [rule.described() for rule in self._faults.rules]})

    async def reset(self, request: Request) -> Response:
        """Clear the parts named true in the body, or everything."""
        wanted = await posted(request)
        if not isinstance(wanted, dict) or wanted.keys() - self._parts.keys():
            raise WishError(f"the body names parts to clear: {', '.join(self._parts)}")
        wanted = wanted or dict.fromkeys(self._parts, True)
        cleared = [part for part in self._parts if wanted.get(part)]
        for part in cleared:
            self._parts[part]()
        return JSONResponse({"cleared": cleared})

    async def settings(self, request: Request) -> Response:
        """Change what may change while running; the README lists it."""
        wanted = await posted(request)
        if not isinstance(wanted, dict) or wanted.keys() - self._settings:
            raise WishError(f"settings that can change: {', '.join(sorted(self._settings))}")
        try:
            self._settle(wanted)
        except (ValueError, TypeError) as error:
            raise WishError(f"a setting cannot be used: {error}") from error
        return JSONResponse({"changed": sorted(wanted)})

    async def health(self, _request: Request) -> Response:
        """Tell that the simulator is up."""
        return JSONResponse({"ok": True})

    def routes(self) -> list[Route]:
        """Give the routes of the control door."""
        return [
            route("ledger", self.ledger, "GET"),
            route("faults", self.faults, "GET", "POST", "DELETE"),
            route("reset", self.reset, "POST"),
            route("settings", self.settings, "POST"),
            route("health", self.health, "GET"),
        ]


def route(name: str, handler: Handler, *methods: str) -> Route:
    """Give one route of the door; a wish that cannot be met is answered 400 with the reason."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"/__sandbox__/{name}", guarded, methods=list(methods))


async def posted(request: Request) -> Any:
    """Read a JSON body; an empty one is an empty object. Raises WishError when it is no JSON."""
    raw = await request.body()
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise WishError("the body is no JSON") from error


def bodies(ledger: Ledger, *, every: bool) -> list[Json]:
    """Give, per identifier, the hashes of creating bodies; only differing ones unless ``every``."""
    return [
        {"identifier": key, "sha256": dict(hashes)} for key, hashes in ledger.bodies.items() if every or len(hashes) > 1
    ]
