"""The simulator as an ASGI application."""

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from sandbox.satusehat.config import Config
from sandbox.satusehat.control import routes
from sandbox.satusehat.gate import Gate
from sandbox.satusehat.ministry import Ministry


class Simulator(Starlette):
    """Starlette for the control door; everything else goes straight to the gate.

    The detour around Starlette's middleware lets the gate reach the socket, and it is cheaper.
    """

    def __init__(self, config: Config) -> None:
        """Open a ministry of its own."""
        self.ministry = Ministry(config)
        self._gate = Gate(self.ministry)
        super().__init__(routes=routes(self.ministry))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] == "http" and not scope["path"].startswith("/__sandbox__"):
            await self._gate(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(config: Config | None = None) -> Simulator:
    """Give a new simulator with nothing in it; without a configuration, the one sandbox client."""
    return Simulator(config or Config())
