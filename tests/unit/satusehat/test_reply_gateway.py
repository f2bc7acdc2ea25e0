"""What answers from before the API mean: gateway, front end, throttle, and garbage."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.satusehat.replies import JSON, NO_PRODUCT, answer, fault, validator
from workers.outcome import Failure, Role
from workers.satusehat.reply import (
    MOST_BYTES,
    FrontRefused,
    NotGranted,
    Refused,
    Reply,
    Throttled,
    TokenRefused,
    Unsure,
    read,
)

UNREADABLE = Unsure(Failure.UNREADABLE)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, fault("Invalid access token", "oauth.v2.InvalidAccessToken"), TokenRefused()),
        (401, fault("Access Token expired", "keymanagement.service.access_token_expired"), TokenRefused()),
        (401, {}, TokenRefused()),
        (401, validator(("value", "not able to be authenticated", "")), TokenRefused()),
        (401, NO_PRODUCT, NotGranted()),
        (429, fault("Rate limit quota violation", "policies.ratelimit.QuotaViolation"), Throttled(None)),
        (500, fault("Rate limit quota violation", "policies.ratelimit.QuotaViolation"), Throttled(None)),
        (
            500,
            fault("Unexpected EOF", "messaging.adaptors.http.flow.UnexpectedEOFAtTarget"),
            Unsure(Failure.SERVER_ERROR),
        ),
        (404, fault("Unable to identify proxy", "messaging.adaptors.http.flow.ApplicationNotFound"), FrontRefused()),
        (302, {}, UNREADABLE),
        (400, {}, UNREADABLE),
        (400, {"resourceType": "OperationOutcome", "issue": []}, UNREADABLE),
        (200, {"resourceType": "Bundle", "type": "batch-response"}, UNREADABLE),
        (200, [], UNREADABLE),
    ],
)
def test_the_gateway_speaks_its_own_dialect(status: int, body: Any, expected: Reply) -> None:
    """Faults by code; whatever proves nothing is unsure."""
    assert expected == answer(status, body)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "expected"),
    [
        (403, "text/html; charset=UTF-8", b"<!doctype html><title>403</title>403 Forbidden", FrontRefused()),
        (404, None, b"", FrontRefused()),
        (503, "text/plain", b"no healthy upstream", Unsure(Failure.SERVER_ERROR)),
        (504, "text/plain", b"Gateway Timeout", Unsure(Failure.SERVER_ERROR)),
        (200, "text/html", b"<html>welcome to the hotel network</html>", UNREADABLE),
        (200, "text/html", b'{"resourceType": "Encounter", "id": "e1"}', UNREADABLE),
        (200, JSON, b'{"resourceType": "Bundle", "type": "transact', UNREADABLE),
        (200, JSON, b"", UNREADABLE),
        (200, JSON, b"\xff\xfe", UNREADABLE),
        (200, JSON, b"[" * 100_000, UNREADABLE),
        (200, JSON, b" " * (MOST_BYTES + 1), UNREADABLE),
        (200, JSON, None, Unsure(Failure.NO_REPLY)),
    ],
)
def test_what_is_no_answer_is_told_apart(
    status: int, content_type: str | None, body: bytes | None, expected: Reply
) -> None:
    """Turned away at the front is certain; cut off, foreign or oversized is not."""
    assert expected == read(status, content_type, None, body)


def test_forbidden_by_the_validator_is_a_refusal() -> None:
    """Scope, consent or another's resource: somebody must act."""
    for status in (400, 403):
        reply = answer(status, validator(("forbidden", "You don't have permission to edit resource", "")))
        assert isinstance(reply, Refused)
        assert Role.ADMIN == reply.problems[0].role


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", timedelta(seconds=7)),
        (" 0 ", timedelta()),
        ("999999", timedelta(hours=1)),
        ("-5", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_honoured_in_seconds(said: str | None, wait: timedelta | None) -> None:
    """Never longer than an hour; anything else counts as unsaid."""
    assert Throttled(wait) == answer(429, {}, retry_after=said)


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "type",
                    "entry",
                    "response",
                    "issue",
                    "details",
                    "text",
                    "fault",
                    "link",
                    "id",
                    "resource",
                    "meta",
                    "relation",
                    "url",
                    "severity",
                    "expression",
                    "detail",
                    "search",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)
_kinds = st.sampled_from(["OperationOutcome", "Bundle", "Encounter"])
_uses = st.sampled_from(["searchset", "transaction-response"])


@given(st.sampled_from([200, 201, 302, 400, 401, 403, 404, 422, 429, 500, 503]), _json, _kinds, _uses)
@example(200, {"link": [{"relation": "next", "url": "http://[::1"}]}, "Bundle", "searchset")
def test_no_shape_breaks_the_reader(status: int, body: Any, kind: str, use: str) -> None:
    """Strange members are read as an answer that proves nothing, never as a crash."""
    told = {"resourceType": kind, "type": use, **body} if isinstance(body, dict) else body
    assert isinstance(answer(status, told), Reply)


@given(st.integers(100, 599), st.binary(max_size=60))
def test_no_bytes_break_the_reader(status: int, body: bytes) -> None:
    """Whatever comes over the wire."""
    assert isinstance(read(status, JSON, None, body), Reply)
