"""The ministry's gateway: what is written down of a request, and every wrong answer."""

import json
from collections.abc import Callable
from typing import Final

from sandbox.door.faults import Plan, Rule
from sandbox.door.gate import Gate, Reply, Scope
from sandbox.door.ledger import Receipt
from sandbox.satusehat.call import TOKEN_PATH, Call
from sandbox.satusehat.dialects import (
    FHIR_JSON,
    SUPPRESSED,
    Issue,
    dump,
    expired_token,
    forbidden_page,
    no_product,
    nothing_here,
    over_quota,
    plain,
    refusal,
)
from sandbox.satusehat.ministry import Ministry
from sandbox.satusehat.store import new_id


class MinistryGate(Gate[Call]):
    """The ministry's gateway."""

    def __init__(self, ministry: Ministry) -> None:
        """Stand before a ministry."""
        super().__init__(ministry.ledger, ministry.config.clock)
        self._ministry = ministry

    def read(self, scope: Scope, body: bytes) -> Call:
        """Read a request once."""
        return Call(scope, body)

    def plan(self, call: Call) -> Plan:
        """Decide what shall go wrong."""
        return self._ministry.faults.plan(call.method, call.kind, call.path, self._ministry.config.clock())

    def signs(self) -> list[tuple[bytes, bytes]]:
        """Give the headers of the ministry's gateway."""
        return [(b"x-request-id", new_id().encode()), (b"via", b"1.1 google")]

    def receipt(self, call: Call, received_at: float) -> Receipt:
        """Write a request down."""
        ministry = self._ministry
        visit = key = None
        if call.is_fhir:
            visit = ministry.visit(call)
            key = ministry.sent_for(call, visit)
        receipt = self.begun(call, received_at, visit)
        # A token call's body holds a secret: even its hash is nobody's business.
        return ministry.ledger.begin(receipt, call.body if call.is_fhir else b"", key)

    def reply(self, call: Call, plan: Plan, receipt: Receipt) -> Reply | None:
        """Carry a request out and give the answer, or None for hanging up."""
        ministry = self._ministry
        if plan.refusing is not None:
            return self._refuse(plan.refusing)
        if call.path == TOKEN_PATH:
            reply = ministry.tokens.issue(
                call.method, call.query, call.body, already_ended="expired_grant" in plan.bends
            )
        elif call.is_fhir:
            client, reply = ministry.carry_out(call, plan)
            receipt.organization = None if client is None else client.organization_id
        else:
            reply = nothing_here()
        receipt.effects = reply.effects
        return reply if plan.spoiling is None else spoilt(plan.spoiling, reply)

    def _refuse(self, rule: Rule) -> Reply | None:
        if rule.kind == "expire_tokens":
            self._ministry.tokens.end_all()
        if rule.kind == "drop_before_commit" or rule.effect.get("drop"):
            return None
        return REFUSALS[rule.kind](rule)


_BUSINESS = (
    "Operation cannot be performed due to business rules, consent or privacy rules, or access permission constraints."
)
REFUSALS: Final[dict[str, Callable[[Rule], Reply]]] = {
    "throttle": lambda rule: over_quota(rule.effect.get("retry_after_s")),
    "quota": lambda rule: over_quota(rule.effect.get("retry_after_s")),
    "error": lambda _: refusal([Issue("exception", "An unexpected internal error has occurred.")], 500),
    "gateway_timeout": lambda _: plain(504, "Gateway Timeout"),
    "forbidden": lambda _: forbidden_page(),
    "outcome": lambda _: refusal([Issue("forbidden", _BUSINESS)], 200),
    "redirect": lambda _: Reply(302, b"", None, (("location", "https://login.invalid/"),)),
    "no_product": lambda _: no_product(),
    "expire_tokens": lambda _: expired_token(),
    "unavailable": lambda _: plain(503, "no healthy upstream"),
    "outage": lambda _: plain(503, "no healthy upstream"),
}


def spoilt(rule: Rule, reply: Reply) -> Reply | None:
    """Give the spoilt form of an answer whose request has been carried out; None hangs up."""
    return None if rule.kind == "drop_after_commit" else SPOILERS[rule.kind](rule, reply)


def _truncated(_rule: Rule, reply: Reply) -> Reply:
    return reply._replace(body=reply.body[: max(1, len(reply.body) // 2)])


def _page(_rule: Rule, _reply: Reply) -> Reply:
    page = b"<!doctype html><title>Maintenance</title><p>Sedang dalam pemeliharaan"
    return Reply(200, page, "text/html; charset=UTF-8")


def _empty_search(_rule: Rule, _reply: Reply) -> Reply:
    empty = {"resourceType": "Bundle", "total": 0, "type": "searchset"}
    return Reply(200, dump(empty), FHIR_JSON)


def _failed_late(rule: Rule, _reply: Reply) -> Reply:
    status = int(rule.effect.get("status", 503))
    return plain(status, "no healthy upstream" if status == 503 else "Gateway Timeout")


def _wrong_charset(_rule: Rule, reply: Reply) -> Reply:
    text = reply.body.decode("utf-8", "replace").encode("utf-16")
    return reply._replace(body=text, content_type="application/json; charset=iso-8859-1")


def _without_id(reply: Reply) -> Reply:
    if reply.status >= 300:
        return reply
    body = json.loads(reply.body)
    body.pop("id", None)
    for row in body.get("entry", ()):
        response = row.get("response", {})
        response.pop("resourceID", None)
        response.pop("location", None)
    headers = tuple(pair for pair in reply.headers if pair[0] != "location")
    return reply._replace(body=dump(body), headers=headers)


SPOILERS: Final[dict[str, Callable[[Rule, Reply], Reply]]] = {
    "truncated": _truncated,
    "html": _page,
    "created_without_id": lambda _, reply: _without_id(reply),
    "error_after_commit": _failed_late,
    "outcome_after_commit": lambda _, __: Reply(200, dump(SUPPRESSED), FHIR_JSON),
    "wrong_charset": _wrong_charset,
    "empty_search": _empty_search,
}
