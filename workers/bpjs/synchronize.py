"""Keeps BPJS's lists in the database fresh, facility by facility."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import Way, outside_a_lease
from workers.bpjs.references import HOSPITAL_LISTS, PCARE_LISTS, ReferenceList, fetch, looked_up
from workers.deliveries import Deliveries
from workers.ending import Ended
from workers.settings import Settings


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one list of one clinic."""

    clinic: str
    kind: str
    entries: int | None
    """None: BPJS could not be asked."""
    failure: str | None = None


async def everything(
    deliveries: Deliveries, clients: BpjsClients, settings: Settings, older_than: timedelta = timedelta()
) -> AsyncIterator[Kept]:
    """Fetch and keep every list of every connected clinic; one that fails does not stop the rest.

    ``older_than`` spares the clinics whose lists are younger. Raises DatabaseError.
    """
    for clinic in await deliveries.call("bpjs_facilities"):
        seen = clinic["references_seen_at"]
        if seen is not None and datetime.now(UTC) - datetime.fromisoformat(seen) < older_than:
            continue
        for list_ in await _wanted(clinic, deliveries):
            client = clients.of(list_.service, clinic["facility_code"])
            if client is not None:
                yield await _kept(clinic, list_, outside_a_lease(client, settings), deliveries)


async def _wanted(clinic: Mapping[str, Any], deliveries: Deliveries) -> list[ReferenceList]:
    if clinic["capability"] != "fktp":
        return list(HOSPITAL_LISTS)
    wishes = await deliveries.call("reference_wishes", {"p_clinic": clinic["clinic_id"]})
    return [*PCARE_LISTS, *(looked_up(wish["kind"], wish["keyword"]) for wish in wishes)]


async def _kept(clinic: Mapping[str, Any], list_: ReferenceList, way: Way, deliveries: Deliveries) -> Kept:
    try:
        entries = await fetch(list_, way)
    except Ended as ended:
        return Kept(clinic["name"], list_.kind, None, getattr(ended.outcome, "failure", None))
    named = {"p_clinic": clinic["clinic_id"], "p_kind": list_.kind, "p_rows": entries}
    await deliveries.call("store_references", named)
    return Kept(clinic["name"], list_.kind, len(entries))
