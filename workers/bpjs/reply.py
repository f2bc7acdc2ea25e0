"""What an answer of BPJS means. Pure: decisions read codes, and the few texts that have no code of their own.

Services disagree on spelling, on string and number, on which code means success, and on how "no data" is
said (reference bpjs 2.1, 2.4, 3, 4.5); everything that is disputed there is read in all its forms here.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from workers.bpjs.envelope import Envelope, unwrap
from workers.bpjs.services import Service
from workers.outcome import Failure

_SUCCESS: Final[dict[Service, frozenset[str]]] = {
    "pcare": frozenset({"200", "201"}),
    "vclaim": frozenset({"200"}),  # its 201 is a refusal, or no data
    "antrean_fktp": frozenset({"200", "1"}),
    "antrean_rs": frozenset({"200", "1"}),
}
_NOTHING: Final[dict[Service, frozenset[str]]] = {
    "pcare": frozenset({"204", "404", "412"}),
    "vclaim": frozenset({"201", "204", "404"}),
    "antrean_fktp": frozenset({"201", "204", "404", "2"}),
    "antrean_rs": frozenset({"201", "204", "404", "2"}),
}
# Texts that are the only sign there is (reference 2.5, 4.2); matched without case, blanks and full stop.
_GATE: Final = (
    (re.compile(r"not registered for this service"), Failure.NOT_REGISTERED),
    (re.compile(r"no mapping rule matched"), Failure.NOT_REGISTERED),
    (re.compile(r"consumer id is expired"), Failure.EXPIRED),
    (re.compile(r"signature service tidak sesuai"), Failure.CREDENTIALS),
    (re.compile(r"\bip\b.*(not allowed|tidak terdaftar)|unauthori[sz]ed.*\bip\b"), Failure.ADDRESS_REFUSED),
)
_DUPLICATE: Final = re.compile(r"sudah di-?\s?entri di poli yang sama pada hari yang sama")
_REFERENCE: Final = re.compile(r"tidak sesuai dengan referensi")


@dataclass(frozen=True, slots=True)
class Good:
    """It worked; ``value`` is what BPJS gave."""

    value: Any
    sealed: bool = False
    """``value`` is a text our key does not open; right for the few services that answer plainly."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """BPJS holds nothing of the kind."""

    proven: bool
    """It said so; an empty body only hints at it."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """It holds that already: adopt it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not take this content; pairs of BPJS's field name (may be empty) and its words."""

    complaints: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Not BPJS's word on the matter, but a fault on the way: gateway, clock, credentials, noise."""

    failure: Failure


Reply = Good | Nothing | Duplicate | Refused | Trouble


def read(service: Service, status: int, body: bytes, key: bytes, *, writes: bool) -> Reply:
    """Judge an answer by its HTTP status and its body; ``key`` belongs to the request it answers."""
    if status == 429:
        return Trouble(Failure.THROTTLED)
    envelope = unwrap(body, key)
    if envelope is None:
        return _bare(status, body, writes=writes)
    if (gate := _gate(status, envelope.message)) is not None:
        return Trouble(gate)
    if envelope.code in _SUCCESS[service]:
        return Good(envelope.response, envelope.sealed)
    return _unsuccessful(service, status, envelope, writes=writes)


def _unsuccessful(service: Service, status: int, envelope: Envelope, *, writes: bool) -> Reply:
    if _DUPLICATE.search(_flat(envelope)):
        return Duplicate()
    if not writes and envelope.code in _NOTHING[service]:
        return Nothing(proven=True)
    return _not_good(status, envelope)


def _bare(status: int, body: bytes, *, writes: bool) -> Reply:
    """No envelope: a gateway spoke, or nobody."""
    if status == 401:
        return Trouble(Failure.CREDENTIALS)
    if status == 403:
        return Trouble(Failure.ADDRESS_REFUSED)
    text = body[:500].decode("utf-8", "replace").casefold()
    for pattern, failure in _GATE:
        if pattern.search(text):
            return Trouble(failure)
    if not body.strip() and status in (200, 204) and not writes:
        return Nothing(proven=False)
    return Trouble(Failure.SERVER_ERROR if status >= 500 else Failure.UNREADABLE)


def _gate(status: int, message: str) -> Failure | None:
    text = message.casefold()
    for pattern, failure in _GATE:
        if pattern.search(text):
            return failure
    if status == 401 and not _DUPLICATE.search(text):
        return Failure.CREDENTIALS
    return None


def _not_good(status: int, envelope: Envelope) -> Reply:
    number = int(envelope.code) if envelope.code.isdecimal() else status
    if number == 401 and not _complaints(envelope):
        return Trouble(Failure.CREDENTIALS)
    if (number >= 500 or number == 408) and not _REFERENCE.search(_flat(envelope)):
        return Trouble(Failure.SERVER_ERROR)
    complaints = _complaints(envelope) or (("", envelope.message.strip()),)
    return Refused(complaints)


def _complaints(envelope: Envelope) -> tuple[tuple[str, str], ...]:
    """Every pair of the list that a 412 carries (reference 4.5); one object or one text is a list of one."""
    rows = envelope.response if isinstance(envelope.response, list) else [envelope.response]
    found = [
        (str(row.get("field") or ""), str(row.get("message") or "").strip()) for row in rows if isinstance(row, dict)
    ]
    return tuple(dict.fromkeys(pair for pair in found if pair[1]))


def _flat(envelope: Envelope) -> str:
    said = [envelope.message, *(text for _, text in _complaints(envelope))]
    if isinstance(envelope.response, str):
        said.append(envelope.response)
    return " ".join(said).casefold()
