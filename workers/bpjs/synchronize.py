"""Keeps BPJS's lists in the database fresh, facility by facility."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import Way
from workers.bpjs.references import PCARE_LISTS, fetch, looked_up
from workers.deliveries import Deliveries
from workers.ending import Ended, Journal
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
    """Fetch and keep every list of every connected first-level clinic; one that fails does not stop the rest.

    ``older_than`` spares the clinics whose lists are younger. Raises DatabaseError.
    """
    for clinic in await deliveries.call("bpjs_facilities"):
        seen = clinic["references_seen_at"]
        if seen is not None and datetime.now(UTC) - datetime.fromisoformat(seen) < older_than:
            continue
        client = clients.of("pcare", clinic["facility_code"])
        if clinic["capability"] != "fktp" or client is None or "pcare" not in client.services:
            continue
        way = Way(client, "pcare", Journal(), settings.bpjs_rest_after_doubt, holds=lambda: True)
        async for kept in _of_clinic(clinic, way, deliveries):
            yield kept


async def _of_clinic(clinic: Mapping[str, Any], way: Way, deliveries: Deliveries) -> AsyncIterator[Kept]:
    wishes = await deliveries.call("reference_wishes", {"p_clinic": clinic["clinic_id"]})
    for list_ in (*PCARE_LISTS, *(looked_up(wish["kind"], wish["keyword"]) for wish in wishes)):
        try:
            entries = await fetch(list_, way)
        except Ended as ended:
            yield Kept(clinic["name"], list_.kind, None, getattr(ended.outcome, "failure", None))
            continue
        await deliveries.call(
            "store_references", {"p_clinic": clinic["clinic_id"], "p_kind": list_.kind, "p_rows": entries}
        )
        yield Kept(clinic["name"], list_.kind, len(entries))
