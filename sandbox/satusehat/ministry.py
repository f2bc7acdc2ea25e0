"""The simulated ministry put together: which part answers which request. No network here."""

from typing import Any
from urllib.parse import parse_qsl

from sandbox.door.faults import Plan
from sandbox.door.gate import Reply
from sandbox.door.ledger import Ledger
from sandbox.satusehat.bundle import Transactions
from sandbox.satusehat.call import Call
from sandbox.satusehat.config import Client, Config
from sandbox.satusehat.dialects import (
    FHIR_JSON,
    Issue,
    Json,
    dump_sorted,
    not_found,
    nothing_here,
    refusal,
    suppressed,
)
from sandbox.satusehat.faults import Faults
from sandbox.satusehat.people import People
from sandbox.satusehat.references import References
from sandbox.satusehat.registration import Registration
from sandbox.satusehat.router import Images, Router
from sandbox.satusehat.rulebook import RULES
from sandbox.satusehat.search import Searcher
from sandbox.satusehat.store import Held, Store
from sandbox.satusehat.tokens import Tokens
from sandbox.satusehat.validator import identifier_list
from sandbox.satusehat.writes import Writer, answer, no_json

_PEOPLE = frozenset({"Patient", "Practitioner"})
_READ_ONLY = frozenset({"ImagingStudy"})
"""Types that facilities find and never write: the DICOM router does (reference 3.11)."""
_ENCOUNTER = "http://sys-ids.kemkes.go.id/encounter/"


class Ministry:
    """All state of one simulator."""

    def __init__(self, config: Config) -> None:
        """Open with an empty store and the ministry's own people."""
        self.config = config
        self.tokens = Tokens(config)
        self.faults = Faults(config.seed)
        self.ledger = Ledger()
        self.people = People(config)
        self.check_references = config.check_references
        self.unknown_codes = config.unknown_codes
        self.studies_after_ms = config.studies_after_ms
        self.reset_resources()

    def reset_resources(self) -> None:
        """Forget every resource and everyone registered during the run; settings stay."""
        self.store = Store()
        self.people.reset()
        references = References(self.config, self.store, self.people)
        references.check = self.check_references
        self.writer = Writer(self.config, self.store, references)
        self.writer.unknown_codes = self.unknown_codes
        self.transactions = Transactions(self.writer)
        self.searcher = Searcher(self.config, self.store)
        self.registration = Registration(self.config, self.people)
        self.router = Router(self.config, self.store, self.studies_after_ms)

    def settle(self, settings: Json) -> None:
        """Change what may change while running. Raises ValueError or TypeError for what cannot be."""
        ttl_s = int(settings.get("token_ttl_s", self.tokens.ttl_s))
        penalty_s = float(settings.get("token_penalty_s", self.tokens.penalty_s))
        self.unknown_codes = frozenset(settings.get("unknown_codes", self.unknown_codes))
        self.check_references = bool(settings.get("check_references", self.check_references))
        after_ms = settings.get("studies_after_ms", self.studies_after_ms)
        self.studies_after_ms = self.router.after_ms = None if after_ms is None else float(after_ms)
        self.tokens.ttl_s, self.tokens.penalty_s = ttl_s, penalty_s
        self.writer.unknown_codes = self.unknown_codes
        self.writer.references.check = self.check_references

    def carry_out(self, call: Call, plan: Plan) -> tuple[Client | None, Reply]:
        """Answer one FHIR request, and tell who asked."""
        caller = self.tokens.caller(call.headers.get("authorization", ""))
        if isinstance(caller, Reply):
            return None, caller
        lag = plan.bends.get("search_lag")
        self.writer.search_lag_s = 0.0 if lag is None else lag.delay_s()
        self.router.catch_up()
        if call.method == "GET":
            return caller, self._looked_up(call, caller)
        reply = self._written(call, caller, plan)
        self.router.arrived(reply.effects)
        return caller, reply

    def images(self, images: Images) -> Held | None:
        """Take images in at the router; gives their study, or None when they wait for their request."""
        return self.router.take(images)

    def _looked_up(self, call: Call, caller: Client) -> Reply:
        match call.segments:
            case ["metadata"]:
                return capability()
            case [kind]:
                return self._search(kind, call.query, caller)
            case [kind, _, "$everything"]:
                text = f"Everything search is not supported for resource {kind}"
                return refusal([Issue("value", f"{text} (RuleNumber: 20014)")])
            case [kind, resource_id]:
                return self._read(kind, resource_id, caller)
            case _:
                return nothing_here()  # no _history (reference 1.4)

    def _written(self, call: Call, caller: Client, plan: Plan) -> Reply:
        if call.kind in _READ_ONLY:
            return no_scope(call.kind)
        match call.method, call.segments:
            case "POST", []:
                return self._transaction(call.payload, caller, plan)
            case "POST", [kind]:
                return self._create(kind, call.payload, caller, plan)
            case "PUT", [kind, resource_id] if kind not in _PEOPLE:
                return self.writer.replace(kind, resource_id, call.payload, caller)
            case "PATCH", [kind, resource_id]:
                return self._patch(kind, resource_id, call, caller)
            case _:
                return nothing_here()  # no DELETE (reference 1.4)

    def _transaction(self, payload: Any, caller: Client, plan: Plan) -> Reply:
        if payload is None:
            return no_json()
        rows = payload.get("entry") if isinstance(payload, dict) else None
        for resource in _resources(rows) if isinstance(rows, list) else ():
            if resource.get("resourceType") in _READ_ONLY:
                return no_scope(str(resource["resourceType"]))
        return self.transactions.carry_out(payload, caller, twice="duplicate" in plan.bends)

    def _create(self, kind: str, payload: Any, caller: Client, plan: Plan) -> Reply:
        if kind == "Patient":
            return self.registration.create(payload)
        if kind not in RULES:
            return no_scope(kind)
        return self.writer.create(kind, payload, caller, twice="duplicate" in plan.bends)

    def _patch(self, kind: str, resource_id: str, call: Call, caller: Client) -> Reply:
        content_type = call.headers.get("content-type", "")
        if kind == "Patient":
            return self.registration.patch(resource_id, call.payload, content_type)
        return self.writer.patch(kind, resource_id, call.payload, caller, content_type)

    def _search(self, kind: str, query: str, caller: Client) -> Reply:
        params = parse_qsl(query, keep_blank_values=True)
        if kind in _PEOPLE:
            return self.people.search(kind, params)
        if kind not in RULES:
            return no_scope(kind)
        return self.searcher.search(kind, params, caller)

    def _read(self, kind: str, resource_id: str, caller: Client) -> Reply:
        if kind in _PEOPLE:
            return self.people.read(kind, resource_id)
        held = self.store.get(kind, resource_id)
        if held is None:
            return not_found(kind, resource_id)
        return answer(held, 200) if self.searcher.readable(held, caller) else suppressed()

    def visit(self, call: Call) -> str | None:
        """Give the Encounter identifier a request is about, as ``system|value``, if it tells."""
        payload = call.payload
        if isinstance(payload, dict):
            rows = payload.get("entry") if call.kind == "Bundle" else None
            return self._sent_visit(_resources(rows) if isinstance(rows, list) else [payload])
        if call.segments[:1] == ["Encounter"] and len(call.segments) == 2:
            return self._stored_visit(call.segments[1])
        return self._asked_visit(call.query) if call.method == "GET" else None

    def _sent_visit(self, resources: list[Json]) -> str | None:
        for resource in resources:
            if resource.get("resourceType") == "Encounter":
                return encounter_key(resource)
        for resource in resources:
            link = resource.get("encounter") or resource.get("context")
            if isinstance(link, dict):
                return self._stored_visit(str(link.get("reference")).rpartition("/")[2])
        return None

    def _asked_visit(self, query: str) -> str | None:
        for key, value in parse_qsl(query):
            if key == "identifier" and value.startswith(_ENCOUNTER):
                return value
            if key in {"encounter", "context"}:
                return self._stored_visit(value.rpartition("/")[2])
        return None

    def _stored_visit(self, encounter_id: str) -> str | None:
        held = self.store.get("Encounter", encounter_id)
        return None if held is None else visit_of(held)

    def sent_for(self, call: Call, visit: str | None) -> str | None:
        """Give the identifier that a creating body was sent for, as ``Type|system|value``."""
        kind, payload = call.kind, call.payload
        if call.method != "POST" or not isinstance(payload, dict):
            return None
        if kind == "Bundle":
            return self._bundle_for(payload, visit)
        if kind not in RULES or payload.get("resourceType") != kind:
            return None
        keys = self.store.own_keys(payload)
        return f"{kind}|{keys[0]}" if keys else None

    def _bundle_for(self, payload: Json, visit: str | None) -> str | None:
        """Give the visit a Bundle brings; one that only adds to a visit is known by its first resource."""
        rows = payload.get("entry")
        resources = _resources(rows) if isinstance(rows, list) else []
        if any(resource.get("resourceType") == "Encounter" for resource in resources):
            return None if visit is None else f"Bundle|{visit}"
        keys = self.store.own_keys(resources[0]) if resources else []
        return f"Bundle|{resources[0]['resourceType']}|{keys[0]}" if keys else None


def _resources(rows: list[Any]) -> list[Json]:
    found = (row.get("resource") for row in rows if isinstance(row, dict))
    return [resource for resource in found if isinstance(resource, dict)]


def encounter_key(resource: Json) -> str | None:
    """Give an Encounter's own identifier as ``system|value``."""
    for row in identifier_list(resource):
        if str(row.get("system")).startswith(_ENCOUNTER):
            return f"{row['system']}|{row.get('value')}"
    return None


def visit_of(held: Held) -> str | None:
    """Give a held Encounter's own identifier as ``system|value``."""
    for system, value in held.identifiers:
        if system.startswith(_ENCOUNTER):
            return f"{system}|{value}"
    return None


def no_scope(kind: str) -> Reply:
    """Refuse a type that no facility client has a scope for (rule 20003)."""
    text = f"Failed to get permission for client for resource type {kind} (RuleNumber: 20003)"
    return refusal([Issue("forbidden", text)])


def capability() -> Reply:
    """Answer ``/metadata``; the real body was never recorded (reference 1.1)."""
    types = [{"type": name} for name in sorted(RULES)]
    body = {
        "fhirVersion": "4.0.1",
        "resourceType": "CapabilityStatement",
        "rest": [{"mode": "server", "resource": types}],
    }
    return Reply(200, dump_sorted(body), FHIR_JSON)
