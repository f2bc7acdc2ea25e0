"""What BPJS can be made to do wrong."""

from typing import Final

from sandbox.door.faults import DELAYS, QUOTA, Vocabulary

VOCABULARY: Final = Vocabulary(
    refusing=frozenset(
        {
            "drop_before_commit",
            "ip_not_allowed",
            "outage",
            "unavailable",
            "throttle",
            "quota",
            "error",
            "bad_gateway",
            "gateway_timeout",
            "empty",
            "expired_consumer",
            "not_registered",
            "wrong_password",
            "wrong_signature",
            "no_mapping",
        }
    ),
    spoiling=frozenset(
        {
            "drop_after_commit",
            "error_after_commit",
            "html",
            "empty_after_commit",
            "truncated",
            "plaintext",
            "undecryptable",
            "other_timestamp",
        }
    ),
    bending=frozenset({*DELAYS, "clock_skew"}),
    parameters={
        **DELAYS,
        "throttle": frozenset({"retry_after_s"}),
        "quota": QUOTA,
        "outage": frozenset({"drop"}),
        "error_after_commit": frozenset({"status"}),
        "clock_skew": frozenset({"seconds"}),
    },
    facts=frozenset({"method", "type", "service"}),
)
