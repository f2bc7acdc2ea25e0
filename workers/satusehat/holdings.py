"""What SatuSehat holds of one visit, found by our own identifiers.

Search parameters are those proven by recordings (SatuSehat reference §4.9): ``encounter=`` is silently
ignored on MedicationDispense, so that one is asked by ``subject`` and ``context``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from workers.satusehat.exchange import Way, exchange, refused_or_uncertain
from workers.satusehat.mapping import Resource, resolve
from workers.satusehat.mapping.retract import own
from workers.satusehat.reply import Found, NotHeld

MOST_PAGES = 20
OURS = "http://sys-ids.kemkes.go.id/"
CREATOR = "http://sys-ids.kemkes.go.id/creator"


@dataclass(frozen=True, slots=True)
class HeldResource:
    """One resource as SatuSehat gave it."""

    type: str
    id: str
    version: str | None
    body: dict[str, Any]

    @property
    def identifiers(self) -> frozenset[str]:
        """Our identifiers on it, as ``system|value``."""
        return identifiers(self.body)


def identifiers(body: Mapping[str, Any]) -> frozenset[str]:
    """The identifiers of ours in a resource, as ``system|value``; Composition carries one object."""
    given = body.get("identifier") or []
    listed = [given] if isinstance(given, Mapping) else given
    return frozenset(
        f"{one.get('system')}|{one.get('value')}"
        for one in listed
        if str(one.get("system", "")).startswith(OURS) and one.get("system") != CREATOR
    )


async def search(type_: str, params: Mapping[str, str], way: Way) -> list[HeldResource]:
    """All pages of a search; entries withheld for want of consent are left out. Raises Ended."""
    found: list[HeldResource] = []
    query: Mapping[str, str] | None = params
    for _ in range(MOST_PAGES):
        match await exchange(way, f"GET {type_}?", "GET", type_, params=query):
            case Found(resources=resources, next_params=more):
                found += [_held(body) for body in resources if body.get("resourceType") == type_]
            case NotHeld():
                return found
            case reply:
                raise refused_or_uncertain(reply, way.rest)
        if not more:
            return found
        query = more
    return found


def _held(body: dict[str, Any]) -> HeldResource:
    return HeldResource(body["resourceType"], body["id"], body.get("meta", {}).get("versionId"), body)


async def by_identifier(resource: Resource, way: Way) -> HeldResource | None:
    """The resource there that carries our identifier, if the search finds one."""
    return matching(resource, await search(resource.type, {"identifier": _own(resource)}, way))


def _own(resource: Resource) -> str:
    """The identifier that is this resource's alone: the last of a list (prescription, then item)."""
    given = resource.body["identifier"]
    one = given if isinstance(given, Mapping) else given[-1]
    return f"{one['system']}|{one['value']}"


def matching(resource: Resource, held: Iterable[HeldResource]) -> HeldResource | None:
    """The one among them that carries all our identifiers; the newest when there are several."""
    wanted = identifiers(resource.body)
    same = [h for h in held if h.type == resource.type and wanted <= h.identifiers]
    return max(same, key=lambda h: str(h.body.get("meta", {}).get("lastUpdated", "")), default=None)


async def of_visit(resources: Iterable[Resource], patient_id: str, way: Way) -> list[HeldResource]:
    """Everything SatuSehat holds for the visit these resources describe; empty when it has no Encounter."""
    wanted = list(resources)
    encounter = await by_identifier(wanted[0], way)
    if encounter is None:
        return []
    return [encounter, *await of_encounter({r.type for r in wanted}, encounter.id, patient_id, way)]


async def of_encounter(types: set[str], encounter_id: str, patient_id: str, way: Way) -> list[HeldResource]:
    """The resources of these types that hang on an Encounter."""
    found = []
    for type_ in sorted(types - {"Encounter"}):
        found += await search(type_, _params(type_, encounter_id, patient_id), way)
    return found


def _params(type_: str, encounter_id: str, patient_id: str) -> dict[str, str]:
    match type_:
        case "MedicationDispense":
            return {"subject": patient_id, "context": encounter_id}
        case "AllergyIntolerance":
            return {"patient": patient_id}
        case _:
            return {"encounter": encounter_id}


def same_content(resource: Resource, held: HeldResource, known: Mapping[str, Any]) -> bool:
    """Whether SatuSehat holds just what we would send; what the server added does not count."""
    theirs = {name: value for name, value in own(held.body).items() if name != "id"}
    return _canonical(resolve(resource.body, known)) == _canonical(theirs)


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
