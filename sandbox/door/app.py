"""A simulator as an ASGI application."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.door.gate import Gate


class GatedApp(Starlette):
    """Starlette for the control door; everything else goes straight to the gate.

    The detour around Starlette's middleware lets the gate reach the socket, and it is cheaper.
    """

    def __init__(self, gate: Gate[Any], routes: Sequence[Route]) -> None:
        """Put the control door beside the gate."""
        self._gate = gate
        super().__init__(routes=list(routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] == "http" and not scope["path"].startswith("/__sandbox__"):
            await self._gate(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
