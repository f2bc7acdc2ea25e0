"""The simulator as an ASGI application."""

from sandbox.bpjs.config import Config
from sandbox.bpjs.control import BpjsDoor
from sandbox.bpjs.gate import BpjsGate
from sandbox.bpjs.insurer import Insurer
from sandbox.bpjs.services import TABLES
from sandbox.door.app import GatedApp


class Simulator(GatedApp):
    """BPJS behind its gate, with a control door beside it."""

    def __init__(self, config: Config) -> None:
        """Open an insurer of its own."""
        self.insurer = Insurer(config, TABLES)
        super().__init__(BpjsGate(self.insurer), BpjsDoor(self.insurer).routes())


def create_app(config: Config | None = None) -> Simulator:
    """Give a new simulator that holds nothing; without a configuration, the two sandbox facilities."""
    return Simulator(config or Config())
