"""Creating and changing single resources: what is refused, by whom, and what a success answers."""

import json
from typing import Any

from sandbox.door.gate import Reply
from sandbox.door.ledger import Effect
from sandbox.satusehat.config import Client, Config
from sandbox.satusehat.dates import Calendar
from sandbox.satusehat.dialects import (
    FHIR_JSON,
    Issue,
    Json,
    StoreError,
    dump_sorted,
    no_permission,
    not_found,
    refusal,
    store_refusal,
)
from sandbox.satusehat.json_patch import PatchError, patched
from sandbox.satusehat.references import References
from sandbox.satusehat.store import CREATOR, Held, Stamp, Store, dress
from sandbox.satusehat.validator import Findings, Path, validate

GOOGLE = (
    "https://healthcare.googleapis.com/v1/projects/dto-ihs-sandbox/locations/asia-southeast2/"
    "datasets/sandbox/fhirStores/fhir-r4/fhir"
)


def no_json() -> Reply:
    """Refuse a body that is no JSON (rule 20006)."""
    return refusal([Issue("value", "Invalid JSON Payload Format (RuleNumber: 20006)")])


def parse(body: bytes) -> Any:
    """Read a request body; None when it is no JSON, which no request may be."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def duplicate_issue(resource_type: str) -> Issue:
    """Give the recorded words for an identifier that is already held (rule 20002)."""
    return Issue("duplicate", f"Found duplicate: {resource_type} (RuleNumber: 20002)")


class Writer:
    """Writes single resources for clients. Payloads arrive parsed; None is no JSON."""

    def __init__(self, config: Config, store: Store, references: References) -> None:
        """Write into a store under a configuration."""
        self.config = config
        self.store = store
        self.references = references
        self.unknown_codes = config.unknown_codes
        self.search_lag_s = 0.0

    def family(self, client: Client) -> frozenset[str]:
        """Give the organizations a client may name: its own and its sub-organizations."""
        return self.store.family((client.organization_id,))

    def calendar(self) -> Calendar:
        """Give the calendar of the present moment."""
        return Calendar(self.config.oldest_date, self.config.clock())

    def refused(self, resource: Json, client: Client, path: Path = None) -> Reply | None:
        """Give the first layer's refusal of a resource: the validator's, else the store's."""
        found = Findings(self.calendar(), self.unknown_codes)
        validate(resource, self.family(client), found, path)
        if found.issues:
            return refusal(found.issues)
        if not found.store_errors:
            found.store_errors = self.references.broken(found.references, resource, set())
        return store_refusal(found.store_errors) if found.store_errors else None

    def create(self, resource_type: str, resource: Any, client: Client, *, twice: bool = False) -> Reply:
        """Answer ``POST /Type``; ``twice`` lets the store hold the resource two times over."""
        if not isinstance(resource, dict):
            return no_json()
        if resource.get("resourceType") != resource_type:
            return mismatch(resource_type, resource.get("resourceType"))
        refused = self.refused(resource, client)
        if refused is not None:
            return refused
        if self.store.duplicate(resource_type, self.store.own_keys(resource)) is not None:
            return refusal([duplicate_issue(resource_type)])
        if resource_type == "EpisodeOfCare" and self._second_episode(resource):
            text = "found duplicated EpisodeOfCare Type with status active. (Rule Number: 10109)"
            return refusal([Issue("duplicate", text)])
        stamp = self.store.stamp(self.config.clock())
        held = self.hold(resource, client, stamp)
        effects = [Effect(held.type, held.id, 1)]
        if twice:
            twin = self.hold(held.parsed(), client, stamp)
            effects.append(Effect(twin.type, twin.id, 1))
        return answer(held, 201, tuple(effects))

    def hold(self, resource: Json, client: Client, stamp: Stamp) -> Held:
        """Put a checked new resource into the store."""
        organization = client.organization_id
        dress(resource, organization, creator=self.config.creator_identifier)
        return self.store.create(resource, organization, stamp, self.found_from())

    def found_from(self) -> float:
        """Give the Unix second from which a search finds what is written now."""
        return self.config.clock() + self.search_lag_s if self.search_lag_s else 0.0

    def _second_episode(self, resource: Json) -> bool:
        """One active episode per patient and type, whoever wrote it (reference 3.15)."""
        wanted = episode_key(resource)
        patient = str(wanted[0]).rpartition("/")[2]
        return resource.get("status") == "active" and any(
            episode_key(other) == wanted and other.get("status") == "active"
            for other in (held.parsed() for held in self.store.of_subject("EpisodeOfCare", patient))
        )

    def replace(self, resource_type: str, resource_id: str, resource: Any, client: Client) -> Reply:
        """Answer ``PUT /Type/id`` (reference 3.17)."""
        if not isinstance(resource, dict):
            return no_json()
        if resource_type == "EpisodeOfCare":
            text = "Operation cannot be performed due to consent or privacy rules."
            return refusal([Issue("forbidden", text)], 403)
        if resource.get("resourceType") != resource_type:
            return mismatch(resource_type, resource.get("resourceType"))
        if not resource.get("id"):
            return refusal([Issue("value", "id is required")])
        if resource["id"] != resource_id:
            text = f"resource id mismatch, id of specified resource: {resource_id}, id from payload: {resource['id']}"
            return store_refusal([StoreError("structure", "resource_mismatch", text)])
        return self._change(resource_type, resource_id, resource, client)

    def _change(self, resource_type: str, resource_id: str, resource: Json, client: Client) -> Reply:
        old = self.store.get(resource_type, resource_id)
        if old is None:
            return not_found(resource_type, resource_id)
        refused = self.refused(resource, client)
        if refused is not None:
            return refused
        if old.organization not in self.family(client) or moved(old, resource):
            return no_permission()
        # An identifier it had before is no new duplicate: otherwise a second copy could never be mended.
        added = [key for key in self.store.own_keys(resource) if key not in self.store.own_keys(old.parsed())]
        if self.store.duplicate(resource_type, added, resource_id) is not None:
            return refusal([duplicate_issue(resource_type)])
        dress(resource, old.organization, creator=self.config.creator_identifier)
        stamp = self.store.stamp(self.config.clock())
        held = self.store.put(resource_id, resource, client.organization_id, stamp, 0.0)
        return answer(held, 200, (Effect(held.type, held.id, held.versions),))

    def patch(
        self,
        resource_type: str,
        resource_id: str,
        operations: Any,
        client: Client,
        content_type: str,
    ) -> Reply:
        """Answer ``PATCH /Type/id``: RFC 6902 under its own content type only."""
        if content_type.partition(";")[0].strip() != "application/json-patch+json":
            return store_refusal([StoreError("structure", "invalid_headers")])
        if not isinstance(operations, list):
            return no_json()
        deep = deep_location_patch(resource_type, operations)
        if deep is not None:
            return refusal([deep])
        old = self.store.get(resource_type, resource_id)
        if old is None:
            return not_found(resource_type, resource_id)
        try:
            resource = patched(old.parsed(), operations)
        except PatchError as error:
            return store_refusal([StoreError("structure", "merge_failed", str(error))])
        reply = self._change(resource_type, resource_id, resource, client)
        return reply if reply.status != 200 else episode_answer(resource_type, reply)


def mismatch(expected: str, actual: object) -> Reply:
    """Refuse a body whose type is not the URL's."""
    text = f"resource type mismatch, type of specified resource: {expected}, "
    text += f"type from payload: {actual}"
    return store_refusal([StoreError("structure", "resource_mismatch", text)])


def moved(old: Held, resource: Json) -> bool:
    """Tell whether an immutable part, identifier or subject, was changed (reference 3.4 notes)."""
    before = old.parsed()
    if resource.get("subject") != before.get("subject"):
        subjects = [_reference(part.get("subject")) for part in (before, resource)]
        if subjects[0] != subjects[1]:
            return True
    kept = {pair for pair in old.identifiers if pair[0] != CREATOR}
    rows = resource.get("identifier")
    rows = rows if isinstance(rows, list) else [rows]
    sent = {(str(row.get("system")), str(row.get("value"))) for row in rows if isinstance(row, dict) and row}
    return bool(kept) and not kept <= sent


def _reference(value: Any) -> Any:
    return value.get("reference") if isinstance(value, dict) else None


def episode_key(resource: Json) -> tuple[Any, Any]:
    """Give patient and first type code of an episode."""
    kinds = resource.get("type")
    coding = kinds[0].get("coding") if isinstance(kinds, list) and kinds else None
    return _reference(resource.get("patient")), coding[0].get("code") if coding else None


def deep_location_patch(resource_type: str, operations: list[Any]) -> Issue | None:
    """Refuse patches below ``/operationalStatus`` (rule 10171)."""
    for operation in operations:
        path = str(operation.get("path")) if isinstance(operation, dict) else ""
        if resource_type == "Location" and path.startswith("/operationalStatus/"):
            text = f"Use /operationalStatus instead of {path} to patch Location (RuleNumber: 10171)"
            return Issue("value", text, "Location.operationalStatus")
    return None


def episode_answer(resource_type: str, reply: Reply) -> Reply:
    """Cut an EpisodeOfCare's PATCH answer down to the five recorded keys (reference 3.15)."""
    if resource_type != "EpisodeOfCare":
        return reply
    body = json.loads(reply.body)
    kept = {key: body[key] for key in ("id", "meta", "resourceType", "status", "statusHistory") if key in body}
    return reply._replace(body=dump_sorted(kept))


def answer(held: Held, status: int, effects: tuple[Effect, ...] = ()) -> Reply:
    """Answer with a resource; the ``location`` is the inner Google URL (reference 1.4)."""
    version = held.stamp.version_id
    headers = [("etag", f'W/"{version}"'), ("last-modified", held.stamp.http_date)]
    if effects:
        headers.append(("location", f"{GOOGLE}/{held.type}/{held.id}/_history/{version}"))
    return Reply(status, held.body, FHIR_JSON, tuple(headers), effects)
