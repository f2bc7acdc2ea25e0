"""Whose visit SatuSehat holds: a visit once told never moves to another patient there (ADR 4).

A corrected NIK may lead to another number. The subject of a held resource cannot be changed (SatuSehat
reference 3.4), so such a visit is refused here, before anything about it is sent, and taken back under
the number it was told with when it is cancelled.
"""

from collections.abc import Collection
from dataclasses import replace

from workers.ending import Ended
from workers.outcome import Rejected
from workers.satusehat.diagnostics.mapping import OWNED
from workers.satusehat.exchange import Way, exchange
from workers.satusehat.mapping import RETRACTED, Plan, Resource
from workers.satusehat.reply import Found
from workers.satusehat.rules import ORDER, moved


async def keep_patient(plan: Plan, way: Way) -> Plan:
    """The plan as SatuSehat may take it; raises Ended when the visit would change hands."""
    encounter = next((one for one in plan.update if one.type == "Encounter"), None)
    if encounter is None or not _all_differs(plan, way):
        return plan
    held = way.journal.known[encounter.key]
    match await exchange(way, "GET Encounter", "GET", f"Encounter/{held.remote_id}"):
        case Found(resources=[body, *_]) if _subject(body) not in (None, _subject(encounter.body)):
            return _taken_back(plan, encounter, body)
    return plan


async def keep_order_patient(plan: Plan, encounter_key: str, way: Way) -> None:
    """Raise Ended when an order would be told of another patient than the one SatuSehat holds its visit under.

    Before anything of it is there, the visit's Encounter says whose it is; later the order's own request.
    """
    told = (*plan.create, *plan.update)
    if not told or not (plan.first or _all_differs(plan, way, OWNED)):
        return
    asked = next((one.key for one in plan.update if one.type == "ServiceRequest"), encounter_key)
    held = way.journal.known[asked]
    match await exchange(way, f"GET {held.type}", "GET", f"{held.type}/{held.remote_id}"):
        case Found(resources=[body, *_]) if _subject(body) not in (None, _subject(told[0].body)):
            raise Ended(Rejected((moved(ORDER),)))


def _all_differs(plan: Plan, way: Way, kinds: Collection[str] = ()) -> bool:
    """Another patient's number changes every resource: where one is as it was, nobody has to ask.

    ``kinds`` of local keys are judged; all of them when none is named.
    """
    changed = {one.key for one in plan.update} | {one.key for one in plan.retract}
    written = {key for key, one in way.journal.known.items() if one.content_hash not in ("", RETRACTED)}
    own = {key for key in written if not kinds or key.partition("/")[0] in kinds}
    return own <= changed


def _taken_back(plan: Plan, encounter: Resource, held: dict[str, object]) -> Plan:
    if encounter.body.get("status") != "cancelled":
        raise Ended(Rejected((moved(),)))
    kept = replace(encounter, body={**encounter.body, "subject": held["subject"]})
    return replace(plan, update=tuple(kept if one is encounter else one for one in plan.update))


def _subject(body: dict[str, object]) -> object:
    subject = body.get("subject")
    return subject.get("reference") if isinstance(subject, dict) else None
