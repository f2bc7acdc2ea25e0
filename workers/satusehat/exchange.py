"""One request and its reading; everything that ends a delivery here and now is decided in this place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never

import httpx

from workers.ending import Ended, Journal
from workers.outcome import Blocked, Failure, Outcome, Postponed, Rejected, Uncertain
from workers.satusehat.auth import NotSent, TokenUnavailable
from workers.satusehat.client import Answer, SatusehatClient
from workers.satusehat.reply import (
    Duplicate,
    Found,
    FrontRefused,
    Held,
    NotGranted,
    NotHeld,
    Refused,
    Reply,
    Stored,
    Throttled,
    TokenRefused,
    Unsure,
    read,
)
from workers.satusehat.rules import VISIT, problem
from workers.transport import NEVER_SENT

AT_ONCE = timedelta()
UNREACHABLE_WAIT = timedelta(seconds=5)
THROTTLED_WAIT = timedelta(seconds=2)
CREDENTIALS_ALERT = (
    "SATUSEHAT menolak client id atau client secret klinik, atau produknya belum diberikan. "
    "Periksa kredensial di portal SATUSEHAT dan WORKERS_SATUSEHAT_CREDENTIALS."
)
NOT_GRANTED_WAIT = timedelta(minutes=15)
FRONT_REFUSED_WAIT = timedelta(minutes=1)

MOST_UNFOUND = 6
"""So many rests, each twice the one before, has a search index to catch up: with a rest of a minute an hour."""

Good = Held | Stored | Found | NotHeld | Duplicate | Refused


@dataclass(frozen=True, slots=True)
class Way:
    """How one delivery reaches its organization's SatuSehat."""

    client: SatusehatClient
    journal: Journal
    rest: timedelta
    holds: Callable[[], bool]
    """Whether the lease lasts longer than a request may; asked before every write."""
    unfound: int = 0
    """How often before it was said to be there already, and no search found it."""
    kind: str = VISIT
    """What is delivered: a refusal is told in its words."""


async def exchange(  # a request has these parts
    way: Way, step: str, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
) -> Good:
    """Send and read; raises Ended unless the answer is one the caller has to judge."""
    writes = method != "GET"
    await way.client.turn()  # before the lease is looked at: it may end during the wait
    if writes and not way.holds():
        raise Ended(Postponed(Failure.STOPPED, AT_ONCE))
    try:
        answer = await way.client.send(method, path, body, params, way.holds if writes else None)
    except NotSent:
        raise Ended(Postponed(Failure.STOPPED, AT_ONCE)) from None
    except httpx.HTTPError as error:
        way.journal.sent(step, None)
        raise Ended(_unanswered(error, way.rest, writes=writes)) from None
    way.journal.sent(step, answer.status)
    return _judged(_read(answer, way.kind), way.rest, writes=writes)


def _read(answer: Answer, kind: str) -> Reply:
    return read(answer.status, answer.content_type, answer.retry_after, answer.body, kind)


def _unanswered(error: httpx.HTTPError, rest: timedelta, *, writes: bool) -> Outcome:
    if isinstance(error, TokenUnavailable):
        failure = Failure.CREDENTIALS if error.refused else Failure.UNAUTHORIZED
        alert = CREDENTIALS_ALERT if error.refused else ""
        return Postponed(failure, timedelta(seconds=max(1.0, error.wait_s)), alert)
    if isinstance(error, NEVER_SENT):
        return Postponed(Failure.UNREACHABLE, UNREACHABLE_WAIT)
    return Uncertain(Failure.NO_REPLY, rest) if writes else Postponed(Failure.NO_REPLY, UNREACHABLE_WAIT)


def _judged(reply: Reply, rest: timedelta, *, writes: bool) -> Good:
    match reply:
        case Held() | Stored() | Found() | NotHeld() | Duplicate() | Refused():
            return reply
        case Throttled(wait):
            raise Ended(Postponed(Failure.THROTTLED, wait or THROTTLED_WAIT))
        case TokenRefused():
            raise Ended(Postponed(Failure.UNAUTHORIZED, UNREACHABLE_WAIT))
        case NotGranted():
            raise Ended(Postponed(Failure.CREDENTIALS, NOT_GRANTED_WAIT, CREDENTIALS_ALERT))
        case FrontRefused():
            raise Ended(Postponed(Failure.UNREACHABLE, FRONT_REFUSED_WAIT))
        case Unsure(failure) if writes:
            raise Ended(Uncertain(failure, rest))
        case Unsure(failure):
            raise Ended(Postponed(failure, UNREACHABLE_WAIT))
        case _:
            assert_never(reply)


def refused_or_uncertain(reply: Good, way: Way) -> Ended:
    """The ending for an answer that is neither what was asked for nor a reason to go on."""
    match reply:
        case Refused(problems):
            return Ended(Rejected(problems))
        case Duplicate():
            return Ended(unfound(way))
        case _:
            return Ended(Uncertain(Failure.UNREADABLE, way.rest))


def unfound(way: Way) -> Outcome:
    """Our identifier is held there, and whoever holds it was not found: ask again, but not for ever.

    Whatever an earlier question was answered, the doubt stays: also after a person started it again,
    SatuSehat is asked before anything is sent.
    """
    asked, way.journal.asked = way.journal.asked, False
    if asked and way.unfound >= MOST_UNFOUND:
        return Blocked((problem("20002", kind=way.kind),))
    return Uncertain(Failure.DUPLICATE, way.rest * 2 ** min(way.unfound, MOST_UNFOUND))
