"""What the ministry can be made to do wrong.

The schema is in the README beside this file. All chance is seeded, one generator per rule.
"""

from typing import Final

from sandbox.door.faults import DELAYS, QUOTA, Plan, Vocabulary
from sandbox.door.faults import Faults as AnyFaults

# Answered instead of the request being carried out: it leaves no effect.
REFUSING: Final = frozenset(
    {
        "drop_before_commit",
        "throttle",
        "unavailable",
        "outage",
        "error",
        "gateway_timeout",
        "forbidden",
        "outcome",
        "redirect",
        "no_product",
        "expire_tokens",
        "quota",
    }
)
# The request is carried out, and the answer is spoilt.
SPOILING: Final = frozenset(
    {
        "drop_after_commit",
        "truncated",
        "html",
        "created_without_id",
        "error_after_commit",
        "outcome_after_commit",
        "wrong_charset",
        "empty_search",
    }
)
# The request is carried out differently.
BENDING: Final = frozenset({*DELAYS, "duplicate", "search_lag", "expired_grant"})
KINDS: Final = REFUSING | SPOILING | BENDING
VOCABULARY: Final = Vocabulary(
    refusing=REFUSING,
    spoiling=SPOILING,
    bending=BENDING,
    parameters={
        **DELAYS,
        "search_lag": frozenset({"ms"}),
        "throttle": frozenset({"retry_after_s"}),
        "quota": QUOTA,
        "error_after_commit": frozenset({"status"}),
        "outage": frozenset({"drop"}),
    },
)


class Faults(AnyFaults):
    """The rules in force, in the order they were given."""

    def __init__(self, seed: int) -> None:
        """Start well-behaved."""
        super().__init__(VOCABULARY, seed)

    def plan(self, method: str, kind: str, path: str, now: float) -> Plan:
        """Decide what goes wrong with a request. ``now`` is in seconds and only measures quotas."""
        return self.decide({"method": method, "type": kind, "path": path}, now)
