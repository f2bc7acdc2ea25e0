"""Pace and breaker, driven through hours by a clock of our own."""

from datetime import timedelta

from workers.outcome import Blocked, Delivered, Failure, Outcome, Postponed, Problem, Role, Uncertain
from workers.traffic import LONGEST_COOL_DOWN_S, TRIPS_AFTER, Breaker, Pace, Traffic


class Clock:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def failed(times: int, breaker: Breaker) -> None:
    for _ in range(times):
        breaker.failed()


def test_the_breaker_opens_after_failures_in_a_row() -> None:
    """One failure is an accident; several in a row are an outage."""
    breaker = Breaker(Clock())
    failed(TRIPS_AFTER - 1, breaker)
    assert "closed" == breaker.state
    breaker.answered()
    failed(TRIPS_AFTER - 1, breaker)
    assert 7 == breaker.room(7)
    breaker.failed()
    assert "open" == breaker.state
    assert 0 == breaker.room(7)


def test_half_open_lets_one_probe_through() -> None:
    """After the pause one delivery finds out; the others wait for what it says."""
    clock = Clock()
    breaker = Breaker(clock)
    failed(TRIPS_AFTER, breaker)
    clock.now += breaker.reopens_in_s()
    assert 1 == breaker.room(32)
    breaker.probe_started()
    assert 0 == breaker.room(32)
    breaker.answered()
    assert 32 == breaker.room(32)


def test_a_failed_probe_doubles_the_pause_up_to_a_limit() -> None:
    """A long outage is asked about once a minute, not thousands of times."""
    clock = Clock()
    breaker = Breaker(clock)
    failed(TRIPS_AFTER, breaker)
    pauses = []
    for _ in range(10):
        pauses.append(breaker.reopens_in_s())
        clock.now += pauses[-1]
        breaker.probe_started()
        breaker.failed()
    assert pauses == sorted(pauses)
    assert LONGEST_COOL_DOWN_S == pauses[-1]


def test_a_probe_that_tells_nothing_leaves_room_for_another() -> None:
    """A visit blocked here says nothing about the target."""
    clock = Clock()
    breaker = Breaker(clock)
    failed(TRIPS_AFTER, breaker)
    clock.now += breaker.reopens_in_s()
    breaker.probe_started()
    breaker.undecided()
    assert 1 == breaker.room(32)


def test_the_pace_is_kept() -> None:
    """After the first burst, requests are spaced at the rate."""
    clock = Clock()
    pace = Pace(10, clock)
    waits = [pace.wait_s() for _ in range(30)]
    assert [0.0] * 10 == waits[:10]
    assert 2.0 == round(waits[29], 6)


def test_a_storm_of_throttles_is_one_sign() -> None:
    """Thirty requests in flight that are all refused halve the rate once, and nothing is sent meanwhile."""
    clock = Clock()
    traffic = Traffic(32, 100, clock)
    for _ in range(30):
        traffic.learn(Postponed(Failure.THROTTLED, timedelta(seconds=20)), 1)
    assert 50 == traffic.pace.rate
    assert 0 == traffic.room(0)
    clock.now += 20
    assert 96 == traffic.room(0)


def test_good_answers_bring_the_rate_back() -> None:
    """Additive increase: two hundred answers make up for everything."""
    pace = Pace(100, Clock())
    pace.throttled(timedelta())
    assert 50 == pace.rate
    for _ in range(200):
        pace.answered()
    assert 100 == pace.rate


def test_only_the_targets_own_silence_opens_the_breaker() -> None:
    """A missing NIK or a refusal is no outage."""
    traffic = Traffic(8, 100, Clock())
    blocked = Blocked((Problem("Isi NIK", Role.FRONT_DESK, "patients.nik"),))
    quiet: list[Outcome] = [blocked, Delivered(), Postponed(Failure.CREDENTIALS, timedelta())]
    for outcome in quiet * 10:
        traffic.learn(outcome, 1)
    assert "closed" == traffic.breaker.state
    for _ in range(TRIPS_AFTER):
        traffic.learn(Uncertain(Failure.NO_REPLY, timedelta()), 1)
    assert "open" == traffic.breaker.state


def test_no_token_for_anybody_is_an_outage() -> None:
    """Without the breaker a whole backlog would be leased only to be postponed, over and over."""
    traffic = Traffic(8, 100, Clock())
    for _ in range(TRIPS_AFTER):
        traffic.learn(Postponed(Failure.UNAUTHORIZED, timedelta(seconds=15)), 1)
    assert "open" == traffic.breaker.state


def test_after_an_outage_the_way_is_taken_gently() -> None:
    """Everybody comes back at once when a target does: ours starts at a quarter of its rate, and grows."""
    clock = Clock()
    traffic = Traffic(8, 100.0, clock)
    for _ in range(5):
        traffic.learn(Postponed(Failure.UNREACHABLE, timedelta(seconds=1)), 1)
    clock.now += 2
    traffic.breaker.probe_started()
    traffic.learn(Delivered(), 1)
    assert 25 <= traffic.pace.rate < 26
    for _ in range(200):
        traffic.learn(Delivered(), 1)
    assert 100 == traffic.pace.rate
