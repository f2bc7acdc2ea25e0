"""The ministry's three voices: gateway, validator and FHIR store (reference 0.2, 1.3, 4.1, 4.2).

Keys are ordered as recorded: the validator's as written here, the store's alphabetical.
"""

import json
from typing import Any, Final, NamedTuple

from sandbox.door.gate import Reply

Json = dict[str, Any]

JSON = "application/json"
FHIR_JSON = "application/fhir+json;charset=utf-8"
FORBIDDEN_HTML = (
    '<!doctype html><meta charset="utf-8"><meta name=viewport content="width=device-width, '
    'initial-scale=1"><title>403</title>403 Forbidden'
)


class Issue(NamedTuple):
    """One complaint of the validator; the rule number stands inside the text (reference 4.1)."""

    code: str
    text: str
    expression: str | None = None


class StoreError(NamedTuple):
    """One complaint of the FHIR store: a token, and the sentence in ``diagnostics``."""

    code: str
    token: str
    diagnostics: str | None = None
    expression: str | None = None


# Built once: json.dumps builds an encoder anew for each call that is not in its default form.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_SORTING_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
)


def dump(value: object) -> bytes:
    """Write JSON in the order of its keys as given."""
    return _ENCODER.encode(value).encode("utf-8", "replace")


def dump_sorted(value: object) -> bytes:
    """Write JSON with keys in alphabetical order, as the store does (reference 1.4)."""
    return _SORTING_ENCODER.encode(value).encode("utf-8", "replace")


def fault(status: int, text: str, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Give a gateway fault in the Apigee envelope (reference 1.3)."""
    body = dump({"fault": {"faultstring": text, "detail": {"errorcode": code}}})
    if status == 401:
        challenge = f'Bearer realm="null",error="invalid_token",error_description="{code}: {text}"'
        headers = (*headers, ("www-authenticate", challenge))
    return Reply(status, body, JSON, headers)


def invalid_token() -> Reply:
    """Give the recorded answer to a bearer that is unknown or has ended."""
    return fault(401, "Invalid access token", "oauth.v2.InvalidAccessToken")


def expired_token() -> Reply:
    """Give Apigee's standard text for an ended token; inferred, not recorded (reference 1.3)."""
    return fault(401, "Access Token expired", "keymanagement.service.access_token_expired")


def no_product() -> Reply:
    """Give the 401 that a fresh token does not cure."""
    return fault(
        401,
        "Invalid API call as no apiproduct match found",
        "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
    )


def over_quota(retry_after_s: float | None = None) -> Reply:
    """Give a 429; the words are recorded, the envelope is inferred (reference 4.8)."""
    headers = () if retry_after_s is None else (("retry-after", f"{retry_after_s:g}"),)
    text = "Rate limit quota violation. Quota limit exceeded. Identifier : _default"
    return fault(429, text, "policies.ratelimit.QuotaViolation", headers)


def plain(status: int, text: str) -> Reply:
    """Give the load balancer's plain text, such as ``no healthy upstream``."""
    return Reply(status, text.encode(), "text/plain")


def forbidden_page() -> Reply:
    """Give the front end's HTML refusal."""
    return Reply(403, FORBIDDEN_HTML.encode(), "text/html; charset=UTF-8")


def nothing_here() -> Reply:
    """Give the empty 404 of a path outside the API."""
    return Reply(404, b"", None)


def refusal(issues: list[Issue], status: int = 400) -> Reply:
    """Give the validator's OperationOutcome with every issue it found."""
    rows: list[Json] = []
    for issue in issues:
        row: Json = {"severity": "error", "code": issue.code, "details": {"text": issue.text}}
        if issue.expression is not None:
            row["expression"] = [issue.expression]
        rows.append(row)
    outcome = {"resourceType": "OperationOutcome", "text": {"status": "generated"}, "issue": rows}
    return Reply(status, dump(outcome), JSON)


def store_refusal(errors: list[StoreError], status: int = 400) -> Reply:
    """Give the FHIR store's OperationOutcome."""
    rows: list[Json] = []
    for error in errors:
        row: Json = {"code": error.code, "details": {"text": error.token}, "severity": "error"}
        if error.diagnostics is not None:
            row["diagnostics"] = error.diagnostics
        if error.expression is not None:
            row["expression"] = [error.expression]
        rows.append(row)
    return Reply(status, dump_sorted({"issue": rows, "resourceType": "OperationOutcome"}), FHIR_JSON)


def not_found(resource_type: str, resource_id: str) -> Reply:
    """Give the store's 404 for an id it does not hold."""
    text = f"resource not found: {resource_type}/{resource_id}"
    return store_refusal([StoreError("no-store", "storage_error", text)], 404)


def no_permission() -> Reply:
    """Give the refusal to edit what another organization wrote, or what may not change.

    The text is recorded, status and code are not (reference 9).
    """
    return refusal([Issue("forbidden", "You don't have permission to edit resource")])


_NO_CONSENT = "The operation did not return any information due to consent or privacy rules."
SUPPRESSED: Json = {
    "issue": [
        {
            "code": "suppressed",
            "details": {"text": _NO_CONSENT},
            "severity": "information",
        }
    ],
    "resourceType": "OperationOutcome",
}


def suppressed() -> Reply:
    """Give HTTP 200 without data, for lack of consent (reference 4.3)."""
    return Reply(200, dump(SUPPRESSED), FHIR_JSON)
