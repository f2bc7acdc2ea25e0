"""Reads VClaim's monitoring, facility by facility: claims move, and visits that only one side knows become work."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from workers.bpjs.asking import rows_at
from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import Way, outside_a_lease
from workers.bpjs.vclaim import fates
from workers.bpjs.vclaim.fates import OurSep
from workers.bpjs.vclaim.snapshot import INPATIENT, OUTPATIENT
from workers.deliveries import Deliveries
from workers.ending import Ended
from workers.settings import Settings

COMPARED_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look at one clinic's monitoring brought."""

    clinic: str
    moved: int
    differences: int | None
    """Found anew; None: BPJS could not be asked to the end."""
    failure: str | None = None


async def everything(deliveries: Deliveries, clients: BpjsClients, settings: Settings) -> AsyncIterator[Watched]:
    """Look at every connected referral-level clinic; one that fails does not stop the rest. Raises DatabaseError."""
    for clinic in await deliveries.call("bpjs_facilities"):
        client = clients.of("vclaim", clinic["facility_code"])
        if clinic["capability"] == "fkrtl" and client is not None:
            yield await _look(clinic, outside_a_lease(client, settings), deliveries)


async def _look(clinic: Mapping[str, Any], way: Way, deliveries: Deliveries) -> Watched:
    moved = 0
    try:
        for watched in await deliveries.call("claims_to_watch", {"p_clinic": clinic["clinic_id"]}):
            moved += await _move(clinic, watched, way, deliveries)
        return Watched(clinic["name"], moved, await _compare(clinic, way, deliveries))
    except Ended as ended:
        return Watched(clinic["name"], moved, None, getattr(ended.outcome, "failure", None))


async def _move(clinic: Mapping[str, Any], watched: Mapping[str, Any], way: Way, deliveries: Deliveries) -> int:
    found = []
    for status in fates.STATUSES:
        path = f"Monitoring/Klaim/Tanggal/{watched['left_on']}/JnsPelayanan/{watched['service_type']}/Status/{status}"
        rows = await rows_at(way, "GET Monitoring/Klaim", path, "klaim")
        found += [fate for row in rows if (fate := fates.fate(status, row)) is not None]
    arguments = {"p_clinic": clinic["clinic_id"], "p_fates": found, "p_asked_at": watched["asked_at"]}
    return int(await deliveries.call("move_claims", arguments))


async def _compare(clinic: Mapping[str, Any], way: Way, deliveries: Deliveries) -> int:
    """Ours is read before and after theirs: what came or went meanwhile is no difference."""
    today = datetime.now(UTC).astimezone(ZoneInfo(clinic["time_zone"])).date()
    since = today - timedelta(days=COMPARED_DAYS - 1)
    before = await _ours(clinic, since, deliveries)
    theirs, listed_as = await _theirs(since, today, way)
    after = await _ours(clinic, since, deliveries)
    found = fates.differences(before, theirs, listed_as)
    stable = {sep.sep_number for sep in before} & {sep.sep_number for sep in after}
    lately = {sep.sep_number for sep in after} | {sep.sep_number for sep in before}
    kept = [
        one for one in found
        if one["remote_id"] in (stable if one["delivery_id"] is not None else {one["remote_id"]} - lately)
    ]  # fmt: skip
    checked = [sep.delivery_id for sep in before]
    arguments = {"p_clinic": clinic["clinic_id"], "p_checked": checked, "p_found": kept}
    return int(await deliveries.call("record_sep_differences", arguments))


async def _ours(clinic: Mapping[str, Any], since: date, deliveries: Deliveries) -> list[OurSep]:
    rows = await deliveries.rows("comparable_seps", {"p_clinic": clinic["clinic_id"], "p_since": since.isoformat()})
    return [OurSep(**row) for row in rows]


async def _theirs(since: date, until: date, way: Way) -> tuple[list[Mapping[str, Any]], dict[str, str]]:
    found: list[Mapping[str, Any]] = []
    listed_as: dict[str, str] = {}
    for back in range((until - since).days + 1):
        for kind in (INPATIENT, OUTPATIENT):
            path = f"Monitoring/Kunjungan/Tanggal/{until - timedelta(days=back)}/JnsPelayanan/{kind}"
            rows = await rows_at(way, "GET Monitoring/Kunjungan", path, "sep")
            found += rows
            listed_as |= {str(row.get("noSep")): kind for row in rows}
    return found, listed_as
