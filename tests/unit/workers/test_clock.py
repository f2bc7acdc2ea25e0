"""The clock that leases, tokens and pauses are judged by."""

import time

import pytest

from workers import clock


def test_it_counts_what_was_slept_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's clock that goes on during a suspension is the one that is read, where there is one."""
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", time.CLOCK_REALTIME, raising=False)
    before = time.time()
    assert before <= clock._reading()() <= time.time()


def test_elsewhere_it_is_the_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every system has it."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert time.monotonic is clock._reading()
