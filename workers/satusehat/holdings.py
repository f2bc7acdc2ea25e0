"""What SatuSehat holds of one visit, found by our own identifiers.

Search parameters are those proven by recordings (SatuSehat reference §4.9): ``encounter=`` is silently
ignored on MedicationDispense, so that one is asked by ``subject`` and ``context``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from workers.ending import Ended
from workers.outcome import Failure, Postponed
from workers.satusehat.exchange import Way, exchange, refused_or_uncertain
from workers.satusehat.mapping import RETRACTED, Resource, resolve
from workers.satusehat.mapping.retract import own
from workers.satusehat.reply import Found, NotHeld, version_of

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
    given = body.get("identifier")
    listed = given if isinstance(given, list) else [given]
    return frozenset(
        f"{one.get('system')}|{one.get('value')}"
        for one in listed
        if isinstance(one, Mapping) and str(one.get("system", "")).startswith(OURS) and one.get("system") != CREATOR
    )


async def search(type_: str, params: Mapping[str, str], way: Way) -> list[HeldResource]:
    """All pages of a search; entries withheld for want of consent are left out.

    Raises Ended, also when there are more than ``MOST_PAGES`` pages: then nobody knows what is held.
    """
    found: list[HeldResource] = []
    query: Mapping[str, str] | None = params
    for _ in range(MOST_PAGES):
        match await exchange(way, f"GET {type_}?", "GET", type_, params=query):
            case Found(resources=resources, next_params=more):
                found += [_held(body) for body in resources if body.get("resourceType") == type_]
            case NotHeld():
                return found
            case reply:
                raise refused_or_uncertain(reply, way)
        if not more:
            return found
        query = more
    raise Ended(Postponed(Failure.UNREADABLE, way.rest))  # a list cut short would read as "not there"


def _held(body: dict[str, Any]) -> HeldResource:
    return HeldResource(body["resourceType"], body["id"], version_of(body), body)


async def by_identifier(resource: Resource, way: Way) -> HeldResource | None:
    """The resource there that carries our identifier, if the search finds one."""
    return matching(resource, await search(resource.type, {"identifier": own_name(resource)}, way))


def own_name(resource: Resource) -> str:
    """The identifier that is this resource's alone, as ``system|value``.

    It is the last of a list (prescription, then item), but for a request's accession number, which the
    study of its images bears as well.
    """
    given = resource.body["identifier"]
    listed = [given] if isinstance(given, Mapping) else given
    one = [row for row in listed if "/acsn/" not in row["system"]][-1]
    return f"{one['system']}|{one['value']}"


def matching(resource: Resource, held: Iterable[HeldResource]) -> HeldResource | None:
    """The one among them that carries all our identifiers; the newest when there are several."""
    wanted = identifiers(resource.body)
    same = [h for h in held if h.type == resource.type and wanted <= h.identifiers]
    return max(same, key=_updated, default=None)


def _updated(one: HeldResource) -> str:
    meta = one.body.get("meta")
    return str(meta.get("lastUpdated", "")) if isinstance(meta, Mapping) else ""


async def of_visit(encounter: Resource, types: set[str], patient_id: str, way: Way) -> list[HeldResource]:
    """The Encounter SatuSehat holds and, after it, what hangs on it; empty when there is none."""
    there = await by_identifier(encounter, way)
    if there is None:
        return []
    return [there, *await of_encounter(types, there.id, patient_id, way)]


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


def diagnostic(one: HeldResource) -> bool:
    """Whether it is a result of laboratory or imaging: an order's, though it hangs on the visit's Encounter."""
    rows = one.body.get("category")
    listed = rows if isinstance(rows, list) else []
    codings = [coding for row in listed if isinstance(row, dict) for coding in row.get("coding") or ()]
    return any(isinstance(coding, dict) and coding.get("code") in ("laboratory", "imaging") for coding in codings)


def retracted(one: HeldResource) -> bool:
    """Whether it is marked as entered in error."""
    verification = one.body.get("verificationStatus")
    codings = verification.get("coding") if isinstance(verification, dict) else None
    codes = [coding.get("code") for coding in codings or () if isinstance(coding, dict)]
    return RETRACTED in (one.body.get("status"), *codes[:1])


def same_content(resource: Resource, held: HeldResource, known: Mapping[str, Any]) -> bool:
    """Whether SatuSehat holds just what we would send; what the server added does not count."""
    theirs = {name: value for name, value in own(held.body).items() if name != "id"}
    return _canonical(resolve(resource.body, known)) == _canonical(theirs)


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
