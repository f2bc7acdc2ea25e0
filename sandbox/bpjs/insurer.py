"""BPJS itself: its register, its books, its rules, and who is answered what."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sandbox.bpjs.admission import NO_MAPPING, admit
from sandbox.bpjs.answer import Answer, Lock
from sandbox.bpjs.call import Call
from sandbox.bpjs.config import Config, Facility, Switches
from sandbox.bpjs.members import Members, seeds
from sandbox.bpjs.records import Records
from sandbox.bpjs.references import Catalogue
from sandbox.bpjs.routing import Table
from sandbox.bpjs.vocabulary import VOCABULARY
from sandbox.door.faults import Faults
from sandbox.door.ledger import Json, Ledger

WIB: Final = timedelta(hours=7)
"""BPJS's day is Jakarta's."""


class Insurer:
    """The state of a simulator."""

    def __init__(self, config: Config, tables: "Tables") -> None:
        """Open for business, with the paths of every service."""
        self._tables = tables
        self.config = config
        self.switches = Switches()
        self.switches.changed(config.switches)
        self.members = Members([*(seeds() if config.seeded else ()), *config.members])
        self.catalogue = Catalogue(config.facilities)
        self.records = Records(config.clock)
        self.ledger = Ledger()
        self.faults = Faults(VOCABULARY, config.seed)

    def facility_of(self, call: Call) -> Facility | None:
        """Find who calls, by the consumer id."""
        wanted = call.headers.get("x-cons-id", "")
        return next((one for one in self.config.facilities if one.cons_id == wanted), None)

    def facility(self, code: str | None) -> Facility | None:
        """Find a facility by its kdProvider."""
        return next((one for one in self.config.facilities if one.code == code), None)

    def today(self) -> date:
        """Give the day in Jakarta."""
        return (datetime.fromtimestamp(self.config.clock(), UTC) + WIB).date()

    def carry_out(self, call: Call, skew_s: float) -> tuple[Facility | None, Answer, Lock | None]:
        """Answer a request; the lock is what its answer must be sealed with."""
        facility = self.facility_of(call)
        refusal = admit(call, facility, self.switches, self.config.clock() + skew_s)
        if facility is None or refusal is not None:
            return facility, refusal or NO_MAPPING, None
        lock = Lock(facility.cons_id, facility.cons_secret, call.headers["x-timestamp"])
        return facility, self.serve(call.service, call.method, call.segments, call.payload, facility), lock

    def serve(self, service: str, method: str, segments: list[str], payload: Any, facility: Facility) -> Answer:
        """Answer somebody who may come in."""
        found = self._tables[service].find(method, segments)
        if found is None:
            return NO_MAPPING
        handler, params = found
        return handler(Ask(self, facility, params, payload))

    def reset_switches(self) -> None:
        """Behave as at the start."""
        self.switches.changed({**asdict(Switches()), **self.config.switches})


@dataclass(frozen=True, slots=True)
class Ask:
    """What a handler is asked: by whom, with what in the path and in the body."""

    insurer: Insurer
    facility: Facility
    params: dict[str, str]
    payload: Any

    @property
    def body(self) -> Json:
        """The body, when it is an object."""
        return self.payload if isinstance(self.payload, dict) else {}

    @property
    def members(self) -> Members:
        """The register."""
        return self.insurer.members

    @property
    def records(self) -> Records:
        """The books."""
        return self.insurer.records

    @property
    def switches(self) -> Switches:
        """The switches."""
        return self.insurer.switches

    @property
    def catalogue(self) -> Catalogue:
        """The reference lists."""
        return self.insurer.catalogue

    @property
    def today(self) -> date:
        """The day in Jakarta."""
        return self.insurer.today()


Handler = Callable[[Ask], Answer]
Tables = Mapping[str, Table[Handler]]
