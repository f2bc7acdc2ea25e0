"""Searching the store: the parameters of reference 4.9, and silence about the others."""

from collections.abc import Iterable
from typing import Any

from sandbox.door.gate import Reply
from sandbox.satusehat.config import Client, Config
from sandbox.satusehat.dialects import SUPPRESSED, Issue, Json, dump_sorted, refusal
from sandbox.satusehat.searchset import Params, entry, page_offset, searchset, value_of
from sandbox.satusehat.store import Held, Store

_OPEN_TYPES = frozenset({"Organization", "Location", "EpisodeOfCare"})
# Live probes found `encounter` accepted here but without effect (reference 4.9).
_ENCOUNTER_IGNORED = frozenset({"MedicationDispense", "MedicationStatement"})
_PATIENT = ("subject", "patient")


def _last(value: str) -> str:
    return value.rpartition("/")[2]


def _codes(value: Any) -> Iterable[tuple[str, str]]:
    """Give every (system, code) of a CodeableConcept, a list of them, or a bare code."""
    for concept in value if isinstance(value, list) else [value]:
        if isinstance(concept, str):
            yield "", concept
        elif isinstance(concept, dict):
            for coding in concept.get("coding") or ():
                yield str(coding.get("system")), str(coding.get("code"))


def _token_fits(wanted: str, value: Any) -> bool:
    system, bar, code = wanted.rpartition("|")
    for have_system, have_code in _codes(value):
        if code in ("", have_code) and (not bar or not system or system == have_system):
            return True
    return False


def _reference_fits(wanted: str, value: Any) -> bool:
    ids = {_last(part) for part in wanted.split(",")}
    rows = value if isinstance(value, list) else [value]
    return any(isinstance(row, dict) and _last(str(row.get("reference"))) in ids for row in rows)


_TOKENS = {
    "category": "category",
    "clinical-status": "clinicalStatus",
    "code": "code",
    "status": "status",
    "type": "type",
    "vaccineCode": "vaccineCode",
    "vaccine-code": "vaccineCode",
}
_REFERENCES = {
    "based-on": "basedOn",
    "performer": "performer",
    "requester": "requester",
    "request": "request",
    "prescription": "authorizingPrescription",
    "partof": "partOf",
    "author": "author",
}


class Searcher:
    """Answers searches and reads of what the store holds."""

    def __init__(self, config: Config, store: Store) -> None:
        """Search a store."""
        self._config = config
        self._store = store

    def search(self, kind: str, params: Params, client: Client) -> Reply:
        """Answer ``GET /Type?…``: HTTP 200 whatever is found; parameters not known are ignored."""
        params = [(key, value) for key, value in params if value]
        given = {key for key, _ in params}
        if kind in self._config.subject_required and not given & {*_PATIENT, "identifier", "_id"}:
            return refusal([Issue("value", "Missing query parameters: subject")])
        now = self._config.clock()
        rows = [
            held
            for held in self._candidates(kind, params)
            if held.found_from <= now and self._fits(held, params, client)
        ]
        start = page_offset(params)
        count = value_of(params, "_count")
        whole = count is not None and count.isascii() and count.isdigit() and len(count) < 10
        size = int(count or 0) if whole and int(count or 0) else self._config.page_size
        page = rows[start : start + size]
        url = f"{self._config.public_url}/fhir-r4/v1/{kind}"
        entries = [self._entry(held, client) for held in page]
        return searchset(url, params, entries, start + size if len(rows) > start + size else None)

    def _candidates(self, kind: str, params: Params) -> list[Held]:
        """Give a small superset of the answer from the best index there is."""
        store = self._store
        if (resource_id := value_of(params, "_id")) is not None:
            held = store.get(kind, resource_id)
            return [held] if held is not None else []
        if (identifier := value_of(params, "identifier")) is not None:
            return store.with_identifier(kind, identifier)
        visit = value_of(params, "context")
        if visit is None and kind not in _ENCOUNTER_IGNORED:
            visit = value_of(params, "encounter")
        if visit is not None:
            return store.of_encounter(kind, _last(visit))
        for key in _PATIENT:
            if (patient := value_of(params, key)) is not None:
                return store.of_subject(kind, _last(patient))
        return store.of_type(kind)

    def _fits(self, held: Held, params: Params, client: Client) -> bool:
        body: Json | None = None
        for key, value in params:
            if not self._cheap_fit(held, key, value):
                return False
            if key in _TOKENS or key in _REFERENCES or key in {"name", "organization"}:
                body = held.parsed() if body is None else body
                if not _body_fits(body, key, value):
                    return False
        return held.type in {"Organization", "Location"} or self._may_list(held, client)

    def _cheap_fit(self, held: Held, key: str, value: str) -> bool:
        if key in _PATIENT:
            return held.subject == _last(value)
        if key == "context" or (key == "encounter" and held.type not in _ENCOUNTER_IGNORED):
            return held.encounter == _last(value)
        if key == "identifier":
            return any(value in (f"{system}|{own}", own) for system, own in held.identifiers)
        return True

    def _may_list(self, held: Held, client: Client) -> bool:
        """Others' rows appear in a search by patient only; an identifier is one's own."""
        return self._is_own(held, client) or held.subject is not None

    def _is_own(self, held: Held, client: Client) -> bool:
        return held.organization == client.organization_id or held.organization in self._store.family(
            (client.organization_id,)
        )

    def readable(self, held: Held, client: Client) -> bool:
        """Tell whether a client may see a resource: its own, open master data, or under consent."""
        if held.type in _OPEN_TYPES or self._is_own(held, client):
            return True
        return held.subject not in self._config.patients_without_consent

    def _entry(self, held: Held, client: Client) -> bytes:
        """Write an entry; without consent, an OperationOutcome with no ``fullUrl`` (5.2)."""
        if self.readable(held, client):
            return entry(self._config.public_url, held.type, held.id, held.body)
        issue = {
            **SUPPRESSED["issue"][0],
            "diagnostics": f"No consent available for {held.type}/{held.id}",
        }
        return b'{"resource":' + dump_sorted({**SUPPRESSED, "issue": [issue]}) + b"}"


def _body_fits(body: Json, key: str, value: str) -> bool:
    if key in _TOKENS:
        return _token_fits(value, body.get(_TOKENS[key]))
    if key in _REFERENCES:
        return _reference_fits(value, body.get(_REFERENCES[key]))
    if key == "name":
        return value.casefold() in str(body.get("name", "")).casefold()
    return _reference_fits(value, body.get("managingOrganization"))
