"""The simulator as an ASGI application."""

from sandbox.door.app import GatedApp
from sandbox.satusehat.config import Config
from sandbox.satusehat.control import routes
from sandbox.satusehat.gate import MinistryGate
from sandbox.satusehat.ministry import Ministry


class Simulator(GatedApp):
    """The ministry behind its gate, with a control door beside it."""

    def __init__(self, config: Config) -> None:
        """Open a ministry of its own."""
        self.ministry = Ministry(config)
        super().__init__(MinistryGate(self.ministry), routes(self.ministry))


def create_app(config: Config | None = None) -> Simulator:
    """Give a new simulator with nothing in it; without a configuration, the one sandbox client."""
    return Simulator(config or Config())
