"""What docs/states.md says about one delivery, in plain Python with a clock of its own."""

from dataclasses import dataclass, field

CLOSED = ("delivered", "blocked", "rejected")
KEEPS_DOUBT = ("ready", "leased", "blocked", "exempt", "uncertain")
PARKED_AFTER = 5
SUSPECT_AFTER = 2


@dataclass(slots=True)
class Held:
    """A lease as the worker who took it remembers it."""

    delivery: int
    worker: str
    number: int
    generation: int
    content: str


@dataclass(slots=True)
class Delivery:
    """One row, as it should be."""

    content: str
    state: str = "ready"
    generation: int = 1
    delivered_generation: int = 0
    doubt: bool = False
    strikes: int = 0
    lease_number: int = 0
    leased_by: str | None = None
    leased_generation: int = 0
    leased_until: int = 0
    due: int = 0
    waits: bool = False
    looked_at: int = 0
    closed_on: str = ""
    there: str | None = field(default=None)
    """The content that the target holds."""

    def moved(self, state: str) -> None:
        """To a state, without what that state does not carry."""
        self.state = state
        self.doubt = state == "uncertain" or (self.doubt and state in KEEPS_DOUBT)
        if state != "leased":
            self.leased_by = None
        if state != "blocked":
            self.waits = False

    def edited(self, content: str, now: int) -> None:
        """The clinic changed the subject."""
        self.content, self.generation = content, self.generation + 1
        if self.state in CLOSED:
            self.moved("ready")
            self.due = now

    def due_at(self, now: int, idle: bool) -> bool:
        """Whether a worker may take it."""
        open_ = self.state in ("ready", "uncertain") and self.due <= now
        return open_ and (idle or self.strikes < SUSPECT_AFTER)

    def leased(self, worker: str, now: int, seconds: int, step: int) -> None:
        """A worker took it."""
        self.doubt = self.doubt or self.state == "uncertain"
        self.moved("leased")
        self.leased_by, self.leased_generation = worker, self.generation
        self.leased_until, self.looked_at = now + seconds, step
        self.lease_number += 1

    def is_held(self, held: Held) -> bool:
        """Whether a lease is still the one that counts."""
        return self.state == "leased" and (self.leased_by, self.lease_number) == (held.worker, held.number)

    def ended(self, held: Held, outcome: str, asked: bool, resolved_at: int, now: int) -> str:
        """A worker recorded how its lease ended; answers the state this leads to."""
        state = self._next(outcome, asked, resolved_at)
        if not (outcome == "postponed" or (outcome in ("blocked", "exempt") and not asked)):
            self.doubt = False
        if outcome == "delivered":
            self.delivered_generation, self.there = held.generation, held.content
        self.strikes, self.due, self.closed_on = 0, now, held.content
        self.moved(state)
        self.waits = state == "blocked"
        return state

    def expired(self, now: int) -> None:
        """A sweep found its lease over."""
        if self.state != "leased" or self.leased_until > now:
            return
        self.strikes += 1
        self.closed_on = self.content
        self.moved("uncertain")
        self.due = now
        if self.strikes >= PARKED_AFTER:
            self.strikes, self.lease_number = 0, self.lease_number + 1
            self.moved("blocked")

    def _next(self, outcome: str, asked: bool, resolved_at: int) -> str:
        if outcome == "uncertain":
            return "uncertain"
        if outcome == "postponed":
            return "uncertain" if self.doubt and not asked else "ready"
        if self.generation != self.leased_generation:
            return "ready"
        if outcome == "blocked" and resolved_at > self.looked_at:
            return "ready"
        return outcome
