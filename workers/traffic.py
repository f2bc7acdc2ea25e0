"""How much a target is asked at once: a pace that gives way to 429, and a breaker for outages.

Plain state with the clock as an argument, so that a test can drive it through hours in a moment.
"""

from collections.abc import Callable
from datetime import timedelta

from workers.clock import elapsed
from workers.outcome import (
    Blocked,
    Delivered,
    Exempt,
    Failure,
    Outcome,
    Postponed,
    Rejected,
    Uncertain,
)

Clock = Callable[[], float]

# UNAUTHORIZED: no token is to be had. Going on would lease a whole backlog only to postpone it.
OUTAGES = frozenset({Failure.UNREACHABLE, Failure.NO_REPLY, Failure.SERVER_ERROR, Failure.UNAUTHORIZED})
TRIPS_AFTER = 5
FIRST_COOL_DOWN_S = 1.0
LONGEST_COOL_DOWN_S = 60.0
SLOWEST_SHARE = 1 / 64
FIRST_SHARE = 1 / 4


class Pace:
    """A token bucket whose rate halves on every throttle and creeps back (additive increase)."""

    def __init__(self, per_second: float, clock: Clock = elapsed) -> None:
        self._full = self._rate = per_second
        self._clock = clock
        self._tokens = max(1.0, per_second)
        self._filled_at = clock()
        self._quiet_until = 0.0

    @property
    def rate(self) -> float:
        """Requests per second at the moment."""
        return self._rate

    def wait_s(self) -> float:
        """Take one token; seconds to sleep before using it (0 when there is room)."""
        now = self._clock()
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        self._tokens -= 1
        owed = max(0.0, -self._tokens / self._rate)
        return max(owed, self._quiet_until - now)

    def throttled(self, wait: timedelta) -> None:
        """The target said slow down: half the rate, and nothing at all for ``wait``."""
        now = self._clock()
        if now >= self._quiet_until:  # one storm of answers is one sign, not thirty
            self._rate = max(self._full * SLOWEST_SHARE, self._rate / 2)
        self._quiet_until = max(self._quiet_until, now + wait.total_seconds())

    def gently(self) -> None:
        """The target is back after an outage: a quarter of the rate at first, lest its own backlog drowns it."""
        self._rate = min(self._rate, self._full * FIRST_SHARE)

    def answered(self) -> None:
        """A good answer: a little faster again."""
        self._rate = min(self._full, self._rate + self._full / 200)

    @property
    def quiet_for_s(self) -> float:
        """Seconds during which nothing may be sent."""
        return max(0.0, self._quiet_until - self._clock())


class Breaker:
    """Opens after failures in a row, lets one probe through after a growing pause, closes on an answer."""

    def __init__(self, clock: Clock = elapsed) -> None:
        self._clock = clock
        self._failures = 0
        self._cool_down = FIRST_COOL_DOWN_S
        self._open_until: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``."""
        if self._open_until is None:
            return "closed"
        return "half_open" if self._clock() >= self._open_until else "open"

    def room(self, wanted: int) -> int:
        """How many deliveries may start now: all when closed, one probe when half open, none when open."""
        if self._open_until is None:
            return wanted
        if self._probing or self._clock() < self._open_until:
            return 0
        return min(1, wanted)

    def probe_started(self) -> None:
        """A delivery starts; in half open it is the probe."""
        if self.state == "half_open":
            self._probing = True

    def reopens_in_s(self) -> float:
        """Seconds until a probe may go; 0 when one may go now or nothing is wrong."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def answered(self) -> None:
        """The target is there."""
        self._failures, self._cool_down = 0, FIRST_COOL_DOWN_S
        self._open_until, self._probing = None, False

    def failed(self) -> None:
        """The target did not answer properly."""
        self._failures += 1
        if self._probing or (self._open_until is None and self._failures >= TRIPS_AFTER):
            self._open_until = self._clock() + self._cool_down
            self._cool_down = min(LONGEST_COOL_DOWN_S, self._cool_down * 2)
        self._probing = False

    def undecided(self) -> None:
        """The probe ended without telling anything (blocked here, given back)."""
        self._probing = False


class Traffic:
    """One target's limits: deliveries in flight, pace of requests, breaker."""

    def __init__(self, concurrency: int, per_second: float, clock: Clock = elapsed) -> None:
        self.concurrency = concurrency
        self.pace = Pace(per_second, clock)
        self.breaker = Breaker(clock)

    def room(self, in_flight: int) -> int:
        """Deliveries that may be leased now: two loads wait ready, so that no slot idles during a lease."""
        if self.pace.quiet_for_s > 0:
            return 0
        return self.breaker.room(max(0, 3 * self.concurrency - in_flight))

    @property
    def blocked(self) -> bool:
        """Nothing should be sent at this moment: what has not started is better given back."""
        return self.breaker.state == "open" or self.pace.quiet_for_s > 1

    def learn(self, outcome: Outcome, requests: int) -> None:
        """Let an ending open, close, slow or quicken the way."""
        match outcome:
            case Postponed(failure=Failure.THROTTLED, wait=wait):
                self.breaker.answered()
                self.pace.throttled(wait)
            case Postponed(failure=failure) | Uncertain(failure=failure) if failure in OUTAGES:
                self.breaker.failed()
            case Postponed() | Uncertain():
                self.breaker.undecided()
            case Delivered() | Rejected() if requests:
                if self.breaker.state != "closed":
                    self.pace.gently()
                self.breaker.answered()
                self.pace.answered()
            case Delivered() | Rejected() | Blocked() | Exempt():
                self.breaker.undecided()
