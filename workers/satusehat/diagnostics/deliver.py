"""Carries one leased order to SatuSehat: ask if in doubt, find identities, check, await images, send."""

from collections.abc import Collection
from datetime import timedelta

from workers.deliveries import Lease
from workers.outcome import Blocked, Delivered, Exempt, Failure, Outcome, Postponed
from workers.satusehat import identities, sending
from workers.satusehat.belonging import keep_order_patient
from workers.satusehat.diagnostics import studies
from workers.satusehat.diagnostics.asking import ask
from workers.satusehat.diagnostics.mapping import held, plan, request_key
from workers.satusehat.diagnostics.preflight import check
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.exchange import Way, unfound
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.mending import together


async def carry(
    lease: Lease, snapshot: OrderSnapshot, way: Way, directory: identities.Directory, patience: timedelta
) -> Outcome:
    """The ending of one order; raises Ended when something keeps it from being done."""
    journal = way.journal
    strangers = () if snapshot.taken_back else await identities.find_missing(snapshot, way, directory)
    problems = together(strangers, check(snapshot, journal.known))
    before = set(journal.known)
    if lease.ask_first and not problems:
        await ask(snapshot, way)
    doubtful = lease.ask_first and not journal.asked
    if snapshot.taken_back and not held(journal.known) and not doubtful:
        return Exempt("Permintaan pemeriksaan dibatalkan sebelum ada yang terkirim.")
    if problems:
        return Blocked(problems)
    if way.unfound and journal.known.keys() <= before and plan(snapshot, journal.known).create:
        return unfound(way)  # it is there, and sending it again would trust their check against duplicates
    return await _tell(snapshot, way, patience)


async def _tell(snapshot: OrderSnapshot, way: Way, patience: timedelta) -> Outcome:
    """Send what is known; the report of images waits for them as long as patience lasts."""
    known = way.journal.known
    unseen = studies.missing(snapshot, known) if not snapshot.taken_back else ()
    if any(request_key(item) not in known for item in unseen):
        # The router finds the images' study by the request, so the request goes ahead of everything.
        await _send(snapshot, way, studies.unreported(unseen, known))
    if unseen:  # an order that was taken back knows no patient: whoever is not found keeps nothing there
        await studies.look_up(snapshot, unseen, way)
    left = studies.patience_left(snapshot, patience)
    awaited = studies.unreported(studies.missing(snapshot, known), known) if left and unseen else frozenset()
    await _send(snapshot, way, awaited)
    return Postponed(Failure.AWAITED, studies.next_look(snapshot, left)) if awaited else Delivered()


async def _send(snapshot: OrderSnapshot, way: Way, without: Collection[str]) -> None:
    wanted = plan(snapshot, way.journal.known, without)
    await keep_order_patient(wanted, encounter_key(snapshot), way)
    await sending.send(wanted, way)
