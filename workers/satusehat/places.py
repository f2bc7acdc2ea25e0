"""``workers satusehat setup``: creates the Locations a clinic lacks at SatuSehat, and adopts those it has."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workers.deliveries import Deliveries
from workers.ending import Ended, Journal
from workers.outcome import Accepted
from workers.satusehat.client import SatusehatClients
from workers.satusehat.exchange import Way, exchange, refused_or_uncertain
from workers.satusehat.holdings import search
from workers.satusehat.mapping import validate
from workers.satusehat.reply import Duplicate, Stored


@dataclass(frozen=True, slots=True)
class Place:
    """What became of one location: ``created``, ``adopted``, ``no credential`` or why not."""

    code: str
    name: str
    result: str


async def set_up(deliveries: Deliveries, clients: SatusehatClients, *, apply: bool) -> AsyncIterator[Place]:
    """Go through the unregistered locations; without ``apply`` nothing is created, only looked for."""
    for row in await deliveries.rows("unregistered_locations", {"p_target": "satusehat"}):
        client = clients.of(row["organization_id"])
        if client is None:
            yield Place(row["code"], row["name"], "no credential for this clinic")
            continue
        way = Way(client, Journal(), timedelta(), lambda: True)
        try:
            held, result = await _held_or_made(row, way, apply=apply)
        except Ended as ended:
            yield Place(row["code"], row["name"], f"not now: {getattr(ended.outcome, 'failure', 'refused')}")
            continue
        if held is not None:
            await _remember(deliveries, row["clinic_id"], held)
        yield Place(row["code"], row["name"], result)


async def _held_or_made(row: dict[str, Any], way: Way, *, apply: bool) -> tuple[Accepted | None, str]:
    system = f"http://sys-ids.kemkes.go.id/location/{row['organization_id']}"
    key = f"location/{row['location_id']}"
    there = await search("Location", {"identifier": f"{system}|{row['code']}"}, way)
    if there:
        return Accepted(key, "Location", there[0].id, there[0].version, ""), "adopted"
    if not apply:
        return None, "would be created"
    match await exchange(way, "POST Location", "POST", "Location", _location(row, system)):
        case Stored(id=remote_id, version=version):
            return Accepted(key, "Location", remote_id, version, ""), "created"
        case Duplicate():
            return None, "is there, but cannot be found yet; run setup again in a minute"
        case reply:
            raise refused_or_uncertain(reply, way)


def _location(row: dict[str, Any], system: str) -> dict[str, Any]:
    """A room, in the shape of the SatuSehat reference §2.5."""
    physical = "http://terminology.hl7.org/CodeSystem/location-physical-type"
    body = {
        "resourceType": "Location",
        "identifier": [{"system": system, "value": row["code"]}],
        "status": "active",
        "name": row["name"],
        "description": row["name"],
        "mode": "instance",
        "physicalType": {"coding": [{"system": physical, "code": "ro", "display": "Room"}]},
        "managingOrganization": {"reference": f"Organization/{row['organization_id']}"},
    }
    validate(body)
    return body


async def _remember(deliveries: Deliveries, clinic_id: str, held: Accepted) -> None:
    entry = {"key": held.key, "type": held.type, "remote_id": held.remote_id, "version": held.version,
             "content_hash": ""}  # fmt: skip
    await deliveries.call("remember", {"p_target": "satusehat", "p_clinic": clinic_id, "p_accepted": [entry]})
