"""The FHIR store: resources and the indexes that searches need.

Resources are kept packed, not as objects: a hundred thousand visits cost the garbage collector nothing,
and JSON is only written for those that somebody reads.
"""

import base64
import marshal
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

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


@dataclass(slots=True, eq=False)
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
    packed: bytes
    found_from: float
    """Unix seconds from which a search finds it; a read by id finds it at once."""

    @property
    def body(self) -> bytes:
        """Write the resource as JSON with sorted keys."""
        return dump_sorted(self.parsed())

    def parsed(self) -> Json:
        """Give the resource as an object of the caller's own."""
        value: Json = marshal.loads(self.packed)  # noqa: S302  packed by this process a moment ago
        return value


Shelf = dict[str, Held]
_NONE: Final[Shelf] = {}


_CHANCE: Final = random.Random()  # noqa: S311  ids are no secrets, and the system's own source is slow


def new_id() -> str:
    """Give a random UUID of version 4."""
    digits = f"{_CHANCE.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _target(value: Any) -> str | None:
    reference = value.get("reference") if isinstance(value, dict) else None
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


class Store:
    """Everything the ministry holds besides people."""

    def __init__(self) -> None:
        """Start empty."""
        self.held: dict[tuple[str, str], Held] = {}
        self._by_type: dict[str, Shelf] = {}
        self._by_subject: dict[tuple[str, str], Shelf] = {}
        # Short shelves are lists, which weigh a third of a dict; there are many.
        self._by_identifier: dict[tuple[str, str], list[Held]] = {}
        self._by_encounter: dict[str, list[Held]] = {}
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
        return list(self._by_type.get(resource_type, _NONE).values())

    def with_identifier(self, resource_type: str, wanted: str) -> list[Held]:
        """Give the resources with an identifier, as ``system|value`` or as ``value`` alone."""
        system, bar, value = wanted.rpartition("|")
        shelf = self._by_identifier.get((resource_type, value), ())
        if not bar:
            return list(shelf)
        return [held for held in shelf if (system, value) in held.identifiers]

    def of_subject(self, resource_type: str, patient_id: str) -> list[Held]:
        """Give a patient's resources of one type."""
        return list(self._by_subject.get((resource_type, patient_id), _NONE).values())

    def of_encounter(self, resource_type: str, encounter_id: str) -> list[Held]:
        """Give a visit's resources of one type."""
        shelf = self._by_encounter.get(encounter_id, ())
        return [held for held in shelf if held.type == resource_type]

    def own_keys(self, resource: Json) -> list[str]:
        """Give ``system|value`` of the identifiers that are unique in the type (rule 20002)."""
        rules = RULES.get(str(resource.get("resourceType")))
        if rules is None:
            return []
        prefix = rules.identifiers.unique_prefix
        rows = identifier_list(resource)
        return [f"{row['system']}|{row.get('value')}" for row in rows if str(row.get("system")).startswith(prefix)]

    def duplicate(self, resource_type: str, own_keys: list[str], but_id: str | None = None) -> Held | None:
        """Find a resource of a type that already carries one of these identifiers."""
        for key in own_keys:
            for other in self.with_identifier(resource_type, key):
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
        return self.put(new_id(), resource, organization, stamp, found_from)

    def put(self, resource_id: str, resource: Json, organization: str, stamp: Stamp, found_from: float) -> Held:
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
            identifiers=tuple((str(row.get("system")), str(row.get("value"))) for row in identifier_list(resource)),
            subject=_target(resource.get("subject") or resource.get("patient")),
            encounter=_target(resource.get("encounter") or resource.get("context")),
            packed=marshal.dumps(resource),
            found_from=found_from if old is None else old.found_from,
        )
        self._index(held, old)
        if name == "Organization" and (parent := _target(resource.get("partOf"))) is not None:
            self._parents[resource_id] = parent
        return held

    def _index(self, held: Held, old: Held | None) -> None:
        """Put a resource on its shelves. The creator's would hold everything, so there is none."""
        name = held.type
        if old is not None:
            self._unshelve(old)
        for system, value in held.identifiers:
            if system != CREATOR:
                self._by_identifier.setdefault((name, value), []).append(held)
        if held.subject is not None:
            self._by_subject.setdefault((name, held.subject), {})[held.id] = held
        if held.encounter is not None:
            self._by_encounter.setdefault(held.encounter, []).append(held)
        self._by_type.setdefault(name, {})[held.id] = held
        self.held[name, held.id] = held

    def _unshelve(self, old: Held) -> None:
        for system, value in old.identifiers:
            if system != CREATOR:
                self._by_identifier[old.type, value].remove(old)
        if old.subject is not None:
            self._by_subject[old.type, old.subject].pop(old.id, None)
        if old.encounter is not None:
            self._by_encounter[old.encounter].remove(old)


def dress(resource: Json, organization: str, *, creator: bool) -> None:
    """Add what the server adds: an empty identifier, or its creator identifier (reference 1.4)."""
    name = resource["resourceType"]
    if name in _OBJECT_IDENTIFIER:
        resource.setdefault("identifier", {})
        return
    rows = resource.setdefault("identifier", [])
    if creator and isinstance(rows, list) and not any(row.get("system") == CREATOR for row in rows):
        rows.append({"system": CREATOR, "value": organization})
