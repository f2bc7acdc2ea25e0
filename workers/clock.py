"""Time that passes also while the machine sleeps.

A lease ends by the database's clock. ``time.monotonic`` stands still on a suspended machine, which would
wake up believing in leases, tokens and pauses that ended long ago.
"""

import time
from collections.abc import Callable
from functools import partial


def _reading() -> Callable[[], float]:
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux only
    return time.monotonic if boot is None else partial(time.clock_gettime, boot)


elapsed: Callable[[], float] = _reading()
"""Seconds since some moment in the past; never goes back, never stands still."""
