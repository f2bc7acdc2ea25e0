"""BPJS's gateway: what is written down of a request, and every wrong answer."""

import json
from collections.abc import Callable
from typing import Final

from sandbox.bpjs.admission import EXPIRED, NO_MAPPING, NOT_REGISTERED, WRONG_PASSWORD, bad_signature
from sandbox.bpjs.answer import JSON_TYPE, Answer, Lock, reply_of
from sandbox.bpjs.call import OTHER, Call
from sandbox.bpjs.config import Switches
from sandbox.bpjs.insurer import Insurer
from sandbox.bpjs.visit_key import visit_key
from sandbox.door.faults import Plan, Rule
from sandbox.door.gate import Gate, Reply, Scope
from sandbox.door.ledger import Receipt

_HTML: Final = "text/html"


class BpjsGate(Gate[Call]):
    """One gateway stands before all services."""

    def __init__(self, insurer: Insurer) -> None:
        """Stand before an insurer."""
        super().__init__(insurer.ledger, insurer.config.clock)
        self._insurer = insurer

    def read(self, scope: Scope, body: bytes) -> Call:
        """Read a request once."""
        return Call(scope, body)

    def receipt(self, call: Call, received_at: float) -> Receipt:
        """Write a request down, with its parsed body: nobody in it is real."""
        key = visit_key(call)
        receipt = self.begun(call, received_at, key, service=call.service, body=call.payload)
        sent_for = f"{call.method} {call.service}/{call.kind} {key}" if key and call.method == "POST" else None
        return self._insurer.ledger.begin(receipt, call.body, sent_for)

    def plan(self, call: Call) -> Plan:
        """Decide what shall go wrong."""
        facts = {"method": call.method, "type": call.kind, "service": call.service, "path": call.path}
        return self._insurer.faults.decide(facts, self._insurer.config.clock())

    def reply(self, call: Call, plan: Plan, receipt: Receipt) -> Reply | None:
        """Carry a request out and give the answer, or None for hanging up."""
        insurer = self._insurer
        if plan.refusing is not None:
            return _refuse(plan.refusing, call, insurer.switches)
        if call.service == OTHER:
            return _page(404, "Not Found")
        if 0 < insurer.switches.capacity < insurer.ledger.in_flight:
            return _page(503, "Service Unavailable")
        skew = plan.bends.get("clock_skew")
        skew_s = 0.0 if skew is None else float(skew.effect.get("seconds", 3600))
        facility, answer, lock = insurer.carry_out(call, skew_s)
        receipt.organization = None if facility is None else facility.code
        receipt.effects = insurer.records.effects()
        receipt.code = answer.code
        said = _said(call.service, answer, lock, insurer.switches, plan.spoiling)
        return None if said is None else said._replace(clock_skew_s=skew_s)


def _page(status: int, text: str, retry_after_s: float | None = None) -> Reply:
    body = f"<html><head><title>{status} {text}</title></head><body><h1>{text}</h1></body></html>".encode()
    headers = () if retry_after_s is None else (("retry-after", str(retry_after_s)),)
    return Reply(status, body, _HTML, headers)


def _broken(status: int) -> Reply:
    return Reply(status, json.dumps({"fault": {"faultstring": "Internal Server Error"}}).encode(), JSON_TYPE)


def _refuse(rule: Rule, call: Call, switches: Switches) -> Reply | None:
    if rule.kind in ("drop_before_commit", "ip_not_allowed") or rule.effect.get("drop"):
        return None
    answer = REFUSALS_AS_ANSWERS.get(rule.kind)
    if rule.kind == "wrong_signature":
        answer = bad_signature(switches)
    if answer is not None:
        return reply_of(call.service, answer, None, switches)
    return REFUSALS[rule.kind](rule)


REFUSALS_AS_ANSWERS: Final[dict[str, Answer]] = {
    "expired_consumer": EXPIRED,
    "not_registered": NOT_REGISTERED,
    "wrong_password": WRONG_PASSWORD,
    "no_mapping": NO_MAPPING,
}
REFUSALS: Final[dict[str, Callable[[Rule], Reply]]] = {
    "outage": lambda _: _page(503, "Service Unavailable"),
    "unavailable": lambda _: _page(503, "Service Unavailable"),
    "throttle": lambda rule: _page(429, "Too Many Requests", rule.effect.get("retry_after_s")),
    "quota": lambda rule: _page(429, "Too Many Requests", rule.effect.get("retry_after_s")),
    "error": lambda _: _broken(500),
    "bad_gateway": lambda _: _page(502, "Bad Gateway"),
    "gateway_timeout": lambda _: _page(504, "Gateway Time-out"),
    "empty": lambda _: Reply(200, b"", None),
}


def _said(service: str, answer: Answer, lock: Lock | None, switches: Switches, rule: Rule | None) -> Reply | None:
    """Put an answer on the wire, spoilt if a rule says so; the request has been carried out."""
    kind = None if rule is None else rule.kind
    if kind == "drop_after_commit":
        return None
    if kind == "plaintext":
        lock = None
    if kind == "other_timestamp" and lock is not None:
        lock = Lock(lock.cons_id, lock.secret, str(int(lock.timestamp) + 1))
    reply = reply_of(service, answer, lock, switches)
    if kind == "undecryptable" and lock is not None and answer.good and answer.response is not None:
        return reply_of(service, Answer(answer.code, answer.message, "QUJD" * 16, sealed=False), lock, switches)
    return reply if rule is None or kind not in SPOILERS else SPOILERS[rule.kind](rule, reply)


SPOILERS: Final[dict[str, Callable[[Rule, Reply], Reply]]] = {
    "error_after_commit": lambda rule, _: _broken(int(rule.effect.get("status", 500))),
    "html": lambda _, __: _page(200, "Sedang dalam pemeliharaan"),
    "empty_after_commit": lambda _, __: Reply(200, b"", None),
    "truncated": lambda _, reply: reply._replace(body=reply.body[: max(1, len(reply.body) // 2)]),
}
