"""The nightly comparison, both ways: does SatuSehat hold what we believe, and do we know what it holds?

Every difference is named with the command that cures it. Differences are findings, never repairs: a
person decides, and the cure is an ordinary replay that asks first.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import structlog

from workers.deliveries import Deliveries
from workers.ending import Ended, Journal
from workers.outcome import Accepted
from workers.satusehat.client import SatusehatClients
from workers.satusehat.diagnostics.holdings import of_order
from workers.satusehat.diagnostics.mapping import OWNED
from workers.satusehat.diagnostics.mapping import resources as order_resources
from workers.satusehat.diagnostics.snapshot import parse as parse_order
from workers.satusehat.exchange import Way
from workers.satusehat.facts import Known, MappingError, parse_known
from workers.satusehat.holdings import HeldResource, diagnostic, of_encounter, own_name, retracted, same_content, search
from workers.satusehat.mapping import Resource, cancelled, resources
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.rules import ORDER
from workers.satusehat.snapshot import parse

log = structlog.get_logger()

PAGE = 50
GIVE_UP_AFTER = 3
"""So many deliveries in a row without an answer: SatuSehat is away or refuses us, and asking on is vain."""


@dataclass(slots=True)
class Page:
    """What became of one page of deliveries."""

    checked: list[int] = field(default_factory=list)
    found: list["Difference"] = field(default_factory=list)
    skipped: int = 0
    gave_up: bool = False
    silent: int = 0
    """How many in a row, up to now, were not answered."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be; ``difference`` is the word of integration.differences."""

    delivery_id: int | None
    difference: str
    resource_type: str
    local_key: str
    remote_id: str | None
    cure: str


@dataclass(slots=True)
class Reconciled:
    """How many deliveries were compared or could not be, and how many differences found."""

    checked: int = 0
    skipped: int = 0
    differences: int = 0
    complete: bool = True
    """Every delivery of every clinic was compared."""


async def everything(deliveries: Deliveries, clients: SatusehatClients, since: date) -> Reconciled:
    """Compare every delivered visit and order since a day, clinic by clinic; findings go to the database."""
    total = Reconciled()
    for clinic in await deliveries.rows("clinics"):
        if clinic["target"] != "satusehat":
            continue
        client = clients.of(clinic["organization_id"])
        if client is None:
            total.complete = False
            continue
        way = Way(client, Journal(), timedelta(), lambda: True)
        async for page in _pages(deliveries, way, clinic["clinic_id"], since):
            total.checked += len(page.checked)
            total.skipped += page.skipped
            total.differences += len(page.found)
            total.complete = total.complete and not page.skipped
            await deliveries.call("record_differences", {
                "p_target": "satusehat", "p_clinic": clinic["clinic_id"], "p_checked": page.checked,
                "p_found": [asdict(one) for one in page.found]})  # fmt: skip
    return total


async def _pages(deliveries: Deliveries, way: Way, clinic_id: str, since: date) -> AsyncIterator[Page]:
    after, silent = 0, 0
    while True:
        rows = await deliveries.call("reconcilable", {
            "p_target": "satusehat", "p_clinic": clinic_id, "p_since": since.isoformat(),
            "p_after": after, "p_limit": PAGE})  # fmt: skip
        if not rows:
            return
        page = await _page(deliveries, way, rows, silent)
        yield page
        if page.gave_up:
            return
        after, silent = rows[-1]["delivery_id"], page.silent


async def _page(deliveries: Deliveries, way: Way, rows: list[dict[str, Any]], silent: int) -> Page:
    page = Page(silent=silent)
    for row in rows:
        try:
            page.found += await _compared(deliveries, row, way)
            page.checked.append(row["delivery_id"])
            page.silent = 0
        except (Ended, MappingError) as error:
            log.warning("reconciliation.skipped", delivery=row["delivery_id"], error=type(error).__name__)
            page.skipped += 1
            page.silent = page.silent + 1 if isinstance(error, Ended) else 0
        if page.silent >= GIVE_UP_AFTER:
            page.gave_up = True
            break
    return page


async def _compared(deliveries: Deliveries, row: dict[str, Any], way: Way) -> list[Difference]:
    """One delivery, by its kind; a database that names none tells of visits only."""
    kind = row.get("kind", "visit")
    preview = await deliveries.call("preview", {
        "p_kind": kind, "p_subject": row["subject_id"], "p_target": "satusehat"})  # fmt: skip
    if preview is None:
        raise MappingError(["snapshot"])
    known = parse_known([*preview["known"], *row["known"]])
    compared = _order if kind == ORDER else _visit
    return await compared(row["delivery_id"], preview["snapshot"], known, way)


async def _visit(delivery_id: int, told: Any, known: Known, way: Way) -> list[Difference]:
    snapshot = parse(told)
    wanted = (cancelled if snapshot.visit.status == "cancelled" else resources)(snapshot, known)
    own = [entry for entry in known.values() if entry.content_hash]
    encounter = known.get(encounter_key(snapshot))
    patient = known.get(f"patient/{snapshot.patient.id}")
    if encounter is None or patient is None:
        raise MappingError(["encounter"] if encounter is None else ["patient"])
    types = {entry.type for entry in own} | {resource.type for resource in wanted}
    held = [
        *await search("Encounter", {"identifier": own_name(wanted[0])}, way),
        *await of_encounter(types, encounter.remote_id, patient.remote_id, way),
    ]
    # The results of an order hang on the visit's Encounter too: they are compared with their order.
    return compare(delivery_id, wanted, own, [one for one in held if not diagnostic(one)], known)


async def _order(delivery_id: int, told: Any, known: Known, way: Way) -> list[Difference]:
    """An order: only what is based on its own requests, or bears the ids of its own rows, is looked at."""
    snapshot = parse_order(told)
    wanted = order_resources(snapshot, known)
    own = [entry for entry in known.values() if entry.content_hash and entry.key.partition("/")[0] in OWNED]
    return compare(delivery_id, wanted, own, await of_order(snapshot, way), known)


def compare(
    delivery_id: int, wanted: Iterable[Resource], own: Iterable[Accepted], held: list[HeldResource],
    known: Known,
) -> list[Difference]:  # fmt: skip
    """Name every difference between what we should hold there and what is there."""
    by_id = {(one.type, one.id): one for one in held}
    cure = f"workers replay --id {delivery_id} --ask --yes"
    desired = {resource.key: resource for resource in wanted}
    found: list[Difference] = []
    for entry in own:
        there = by_id.get((entry.type, entry.remote_id))
        if there is None:
            found.append(Difference(delivery_id, "missing_there", entry.type, entry.key, entry.remote_id, cure))
        elif entry.key in desired and not same_content(desired[entry.key], there, known):
            found.append(Difference(delivery_id, "different", entry.type, entry.key, entry.remote_id, cure))
    found += _strangers(delivery_id, desired.values(), {(e.type, e.remote_id) for e in own}, held)
    return found


def _strangers(
    delivery_id: int, desired: Iterable[Resource], ours: set[tuple[str, str]], held: list[HeldResource]
) -> list[Difference]:
    """What is there with our kind of identifier and is not ours by id: a second copy, or unknown here."""
    from_us = {own_name(resource): resource for resource in desired}
    found = []
    for one in held:
        if (one.type, one.id) in ours or not one.identifiers or retracted(one):
            continue
        resource = next((from_us[name] for name in one.identifiers if name in from_us), None)
        key = resource.key if resource else f"{one.type.lower()}/{one.id}"
        if resource is None and one.type == "AllergyIntolerance":
            continue  # found by patient: it may belong to another of the patient's visits
        difference = "twice_there" if resource else "unknown_here"
        cure = f"workers satusehat retract {one.type} {one.id} --yes"
        found.append(Difference(delivery_id, difference, one.type, key, one.id, cure))
    return found
