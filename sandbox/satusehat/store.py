"""The FHIR store: resources as sorted JSON bytes, with the indexes that searches need.

Bodies are bytes, not objects: a hundred thousand visits stay cheap, and answers need no dumping.
"""

import base64
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.satusehat.dialects import Json, dump_sorted
from sandbox.satusehat.rulebook import RULES
from sandbox.satusehat.validator import identifier_list

CREATOR = "http://sys-ids.kemkes.go.id/creator"
_OBJECT_IDENTIFIER = frozenset({"Composition", "QuestionnaireResponse"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """One commit: all resources written together share it (reference 3.16)."""

    version_id: str
    """Unpadded base64 of the commit time in nanoseconds."""
    last_updated: str
    http_date: str
    nanoseconds: int


@dataclass(slots=True)
class Held:
    """One resource in its present version."""

    type: str
    id: str
    organization: str
    versions: int
    stamp: Stamp
    identifiers: tuple[tuple[str, str], ...]
    subject: str | None
    encounter: str | None
    body: bytes
    found_from: float
    """Unix seconds from which a search finds it; a read by id finds it at once."""

    def parsed(self) -> Json:
        """Give the body as an object of the caller's own."""
        value: Json = json.loads(self.body)
        return value


def _target(value: Any) -> str | None:
    reference = value.get("reference") if isinstance(value, dict) else None
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


class Store:
    """Everything the ministry holds besides people."""

    def __init__(self) -> None:
        """Start empty."""
        self.held: dict[tuple[str, str], Held] = {}
        self._by_type: dict[str, list[Held]] = {}
        self._by_identifier: dict[tuple[str, str], list[Held]] = {}
        self._by_subject: dict[tuple[str, str], list[Held]] = {}
        self._by_encounter: dict[tuple[str, str], list[Held]] = {}
        self._parents: dict[str, str] = {}
        self._last_ns = 0

    def stamp(self, now_unix: float) -> Stamp:
        """Give a commit time later than every earlier one, in whole microseconds."""
        ns = max(self._last_ns + 1000, int(now_unix * 1_000_000) * 1000)
        self._last_ns = ns
        when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).replace(microsecond=ns // 1000 % 1_000_000)
        version = base64.b64encode(str(ns).encode()).decode().rstrip("=")
        last_updated = when.isoformat(timespec="microseconds")
        return Stamp(version, last_updated, f"{when:%a, %d %b %Y %H:%M:%S} UTC", ns)

    def get(self, resource_type: str, resource_id: str) -> Held | None:
        """Give the present version of one resource."""
        return self.held.get((resource_type, resource_id))

    def of_type(self, resource_type: str) -> list[Held]:
        """Give all resources of a type in the order of their creation."""
        return self._by_type.get(resource_type, [])

    def with_identifier(self, resource_type: str, value: str) -> list[Held]:
        """Give the resources with an identifier, as ``system|value`` or as ``value`` alone."""
        return self._by_identifier.get((resource_type, value), [])

    def of_subject(self, resource_type: str, patient_id: str) -> list[Held]:
        """Give a patient's resources of one type."""
        return self._by_subject.get((resource_type, patient_id), [])

    def of_encounter(self, resource_type: str, encounter_id: str) -> list[Held]:
        """Give a visit's resources of one type."""
        return self._by_encounter.get((resource_type, encounter_id), [])

    def own_keys(self, resource: Json) -> list[str]:
        """Give ``system|value`` of the identifiers that are unique in the type (rule 20002)."""
        prefix = RULES[resource["resourceType"]].identifiers.unique_prefix
        rows = identifier_list(resource)
        return [
            f"{row['system']}|{row.get('value')}" for row in rows if str(row.get("system")).startswith(prefix)
        ]

    def duplicate(self, resource: Json, but_id: str | None = None) -> Held | None:
        """Find a resource of the same type that already carries the same identifier."""
        name = resource["resourceType"]
        for key in self.own_keys(resource):
            for other in self.with_identifier(name, key):
                if other.id != but_id:
                    return other
        return None

    def family(self, organizations: Iterable[str]) -> frozenset[str]:
        """Give organizations and all that were created as parts of them."""
        known = set(organizations)
        grown = True
        while grown:
            parts = {child for child, parent in self._parents.items() if parent in known}
            grown = not parts <= known
            known |= parts
        return frozenset(known)

    def create(self, resource: Json, organization: str, stamp: Stamp, found_from: float) -> Held:
        """Hold a new resource; its id is ours. ``resource`` is consumed."""
        return self.put(str(uuid.uuid4()), resource, organization, stamp, found_from)

    def put(
        self, resource_id: str, resource: Json, organization: str, stamp: Stamp, found_from: float
    ) -> Held:
        """Hold a resource under an id, as its first or next version."""
        name = resource["resourceType"]
        resource["id"] = resource_id
        meta = resource.get("meta")
        meta = dict(meta) if isinstance(meta, dict) else {}
        resource["meta"] = {
            **meta,
            "lastUpdated": stamp.last_updated,
            "versionId": stamp.version_id,
        }
        old = self.held.get((name, resource_id))
        held = Held(
            type=name,
            id=resource_id,
            organization=organization if old is None else old.organization,
            versions=1 if old is None else old.versions + 1,
            stamp=stamp,
            identifiers=tuple(
                (str(row.get("system")), str(row.get("value"))) for row in identifier_list(resource)
            ),
            subject=_target(resource.get("subject") or resource.get("patient")),
            encounter=_target(resource.get("encounter") or resource.get("context")),
            body=dump_sorted(resource),
            found_from=found_from if old is None else old.found_from,
        )
        self._index(held, old)
        if name == "Organization" and (parent := _target(resource.get("partOf"))) is not None:
            self._parents[resource_id] = parent
        return held

    def _index(self, held: Held, old: Held | None) -> None:
        if old is not None:
            for rows in self._shelves(old):
                rows[:] = [row for row in rows if row.id != held.id]
            siblings = self._by_type[held.type]
            siblings[siblings.index(old)] = held
        else:
            self._by_type.setdefault(held.type, []).append(held)
        for rows in self._shelves(held):
            rows.append(held)
        self.held[held.type, held.id] = held

    def _shelves(self, held: Held) -> list[list[Held]]:
        name = held.type
        shelves = []
        for system, value in held.identifiers:
            shelves.append(self._by_identifier.setdefault((name, f"{system}|{value}"), []))
            shelves.append(self._by_identifier.setdefault((name, value), []))
        if held.subject is not None:
            shelves.append(self._by_subject.setdefault((name, held.subject), []))
        if held.encounter is not None:
            shelves.append(self._by_encounter.setdefault((name, held.encounter), []))
        return shelves


def dress(resource: Json, organization: str, *, creator: bool) -> None:
    """Add what the server adds: an empty identifier, or its creator identifier (reference 1.4)."""
    name = resource["resourceType"]
    if name in _OBJECT_IDENTIFIER:
        resource.setdefault("identifier", {})
        return
    rows = resource.setdefault("identifier", [])
    if creator and isinstance(rows, list) and not any(row.get("system") == CREATOR for row in rows):
        rows.append({"system": CREATOR, "value": organization})
