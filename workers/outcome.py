"""How one delivery can end: a closed union, matched exhaustively by whoever records it."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Failure(StrEnum):
    """Why an attempt did not deliver; decisions read these codes, never messages."""

    # Not accepted for certain: try again later, nothing was written there.
    UNREACHABLE = "unreachable"  # the request never left us (DNS, connect, TLS)
    THROTTLED = "throttled"  # told to come back later (HTTP 429)
    UNAUTHORIZED = "unauthorized"  # our token was refused
    CREDENTIALS = "credentials"  # client id, secret or password refused, or the product is not granted
    NOT_REGISTERED = "not_registered"  # the credentials are right, but not for this service
    EXPIRED = "expired"  # the consumer's registration has run out
    ADDRESS_REFUSED = "address_refused"  # the target lets in registered IP addresses only
    CLOCK = "clock"  # this machine's clock is too far from the target's for its signatures to count
    UNDECIPHERABLE = "undecipherable"  # an answer came, but our key does not open it
    STOPPED = "stopped"  # given back unsent at shutdown
    AWAITED = "awaited"  # the target has yet to make something itself, such as an imaging study

    # May have been accepted: rest, then ask the target before anything is sent again.
    NO_REPLY = "no_reply"  # sent, but no whole answer came back
    SERVER_ERROR = "server_error"  # HTTP 5xx after the request was sent
    UNREADABLE = "unreadable"  # an answer that proves nothing either way
    DUPLICATE = "duplicate"  # said to be held there already, and no search finds it
    CRASHED = "crashed"  # our own bug, after we may have sent
    LEASE_EXPIRED = "lease_expired"  # the worker died while holding the row

    # Can never pass as it is: a person must act.
    INVALID = "invalid"  # the target refused the content
    MISSING = "missing"  # a fact is missing here


NEEDS_A_PERSON = frozenset(
    {Failure.CREDENTIALS, Failure.NOT_REGISTERED, Failure.EXPIRED, Failure.ADDRESS_REFUSED, Failure.CLOCK}
)
"""Trouble of one clinic with one target that trying again does not end: its lane rests, and a person is told."""


class Role(StrEnum):
    """Who can mend a problem; the clinic's own words for its staff."""

    OWNER = "owner"
    ADMIN = "admin"
    DOCTOR = "doctor"
    NURSE = "nurse"
    LAB = "lab"
    PHARMACIST = "pharmacist"
    CASHIER = "cashier"
    FRONT_DESK = "front_desk"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a person must mend.

    ``reason`` is Indonesian, says what to do and names no patient; ``field`` is the clinic's own
    column (``patients.nik``); ``rule`` is the target's rule number where it has one; ``waits_for``
    is the key whose release makes the delivery ready again (``patient/<uuid>``), or None when any
    change of the subject itself does.
    """

    reason: str
    role: Role
    field: str
    rule: str | None = None
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A resource the target now holds, as the next plan needs to know it."""

    key: str
    type: str
    remote_id: str
    """Empty: the target was asked and does not hold it any more; the key is forgotten."""
    version: str | None
    content_hash: str
    """Empty for master data (Patient, Practitioner, Location), which we do not write."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target holds everything this generation asks for."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Certainly not accepted, through nobody's fault: look again after ``wait``."""

    failure: Failure
    wait: timedelta
    alert: str = ""
    """Indonesian, for the clinic's admin, when ``failure`` needs a person; names no patient."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The target may have accepted it: ask before sending again."""

    failure: Failure
    rest: timedelta
    """At least the target's worst case and its search-index lag: asking sooner proves nothing."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A fact is missing; nothing was sent."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The target refused this content."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Exempt:
    """Not to be sent, with the reason on record (Indonesian)."""

    reason: str


Outcome = Delivered | Postponed | Uncertain | Blocked | Rejected | Exempt


@dataclass(frozen=True, slots=True)
class Report:
    """An outcome and what became known on the way, also when the end was not a good one."""

    outcome: Outcome
    accepted: tuple[Accepted, ...] = ()
    requests: int = 0
    asked: bool = False
    """Whether the target was asked what it holds, and answered: a doubt is settled."""
    http_status: int | None = None
    steps: tuple[str, ...] = field(default=())
    """What was done, in order, without patient data: ``POST Bundle 200 (14 entries)``."""
    learned: dict[str, Any] | None = None
    """What the target said about the subject, for the clinic to see: handed to ``<kind>_learned``."""
