"""Carries one leased fact to SatuSehat; a visit: ask if in doubt, find identities, check, plan, send.

Every ending is a value. What became known on the way (an IHS number, an adopted resource) is part of
the report also when the end was not a good one.
"""

from datetime import timedelta

from workers.deliveries import Lease
from workers.ending import Ended, Journal
from workers.outcome import (
    Accepted,
    Blocked,
    Delivered,
    Exempt,
    Outcome,
    Problem,
    Rejected,
    Report,
    Role,
)
from workers.satusehat import asking, identities, sending
from workers.satusehat.belonging import keep_patient
from workers.satusehat.client import SatusehatClients
from workers.satusehat.diagnostics import deliver as order
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.diagnostics.snapshot import parse as parse_order
from workers.satusehat.exchange import Way, unfound
from workers.satusehat.facts import Known, MappingError, Snapshot, parse_known
from workers.satusehat.mapping import ADOPTED, plan
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.mending import together, waiting
from workers.satusehat.preflight import check
from workers.satusehat.rules import ORDER
from workers.satusehat.snapshot import VisitSnapshot, parse

LEASE_MARGIN_S = 1.0
IMAGING_WAIT = timedelta(minutes=15)


class SatusehatDelivery:
    """The route to target ``satusehat``, of visits and of laboratory and radiology orders."""

    def __init__(
        self, clients: SatusehatClients, timeout: timedelta, rest: timedelta, imaging_wait: timedelta = IMAGING_WAIT
    ) -> None:
        """``imaging_wait``: how long a final report waits for the ministry to have made its ImagingStudy."""
        self._clients = clients
        self._timeout = timeout
        self._rest = rest
        self._imaging_wait = imaging_wait
        self._directory = identities.Directory()

    async def __call__(self, lease: Lease) -> Report:
        """Carry the lease to its end; never raises for what the world does."""
        journal = Journal()
        try:
            outcome = await self._carry(lease, journal)
        except Ended as ended:
            outcome = ended.outcome
        except MappingError as error:
            outcome = Blocked(tuple(_unmappable(path, lease.kind) for path in error.paths))
        if isinstance(outcome, Rejected) and lease.snapshot is not None:
            outcome = Rejected(waiting(outcome.problems, _read(lease)))
        if isinstance(outcome, Rejected) and lease.ask_first and not journal.asked:
            outcome = Blocked(outcome.problems)  # only a question was refused: nothing is known of what was sent
        return journal.report(outcome)

    async def _carry(self, lease: Lease, journal: Journal) -> Outcome:
        if lease.snapshot is None:
            return Blocked((_unmappable("diagnostic_orders.id" if lease.kind == ORDER else "visits.id", lease.kind),))
        snapshot = _read(lease)
        journal.know(parse_known(lease.known))
        way = self._way(lease, snapshot, journal)
        if isinstance(way, Blocked):
            return way
        if isinstance(snapshot, OrderSnapshot):
            return await order.carry(lease, snapshot, way, self._directory, self._imaging_wait)
        return await self._carry_visit(lease, snapshot, way)

    async def _carry_visit(self, lease: Lease, snapshot: VisitSnapshot, way: Way) -> Outcome:
        journal = way.journal
        strangers = await identities.find_missing(snapshot, way, self._directory)
        problems = together(strangers, check(snapshot, _supposed(lease, snapshot, journal)))
        held = set(journal.known)
        if lease.ask_first and not problems:
            await asking.ask(snapshot, way)
        doubtful = lease.ask_first and not journal.asked
        if snapshot.visit.status == "cancelled" and encounter_key(snapshot) not in journal.known and not doubtful:
            return Exempt("Kunjungan dibatalkan sebelum ada yang terkirim.")
        if problems:
            return Blocked(problems)
        wanted = plan(snapshot, journal.known)
        if wanted.create and way.unfound and journal.known.keys() <= held:
            return unfound(way)  # it is there, and sending it again would trust their check against duplicates
        await sending.send(await keep_patient(wanted, way), way)
        return Delivered()

    def _way(self, lease: Lease, snapshot: Snapshot, journal: Journal) -> Way | Blocked:
        organization = snapshot.clinic.organization_id
        client = self._clients.of(organization)
        if client is not None:
            holds = lambda: lease.holds_for(self._timeout.total_seconds() + LEASE_MARGIN_S)  # noqa: E731
            return Way(client, journal, self._rest, holds, lease.unfound, lease.kind)
        return Blocked((_no_credential(snapshot),))


def _read(lease: Lease) -> VisitSnapshot | OrderSnapshot:
    """The lease's snapshot by its kind; raises MappingError naming every wrong field."""
    return parse_order(lease.snapshot) if lease.kind == ORDER else parse(lease.snapshot)


def _supposed(lease: Lease, snapshot: VisitSnapshot, journal: Journal) -> Known:
    """What to judge by: in doubt, SatuSehat may hold the Encounter, and asking needs all that it is made of."""
    if not lease.ask_first:
        return journal.known
    key = encounter_key(snapshot)
    return {key: Accepted(key, "Encounter", "", None, ADOPTED), **journal.known}


def _no_credential(snapshot: Snapshot) -> Problem:
    if not snapshot.clinic.organization_id:
        return Problem(
            "Isi nomor organisasi SATUSEHAT milik klinik di pengaturan klinik.",
            Role.ADMIN, "clinics.satusehat_organization_id", "10117", f"clinic/{snapshot.clinic.id}",
        )  # fmt: skip
    return Problem(
        "Kredensial SATUSEHAT untuk organisasi klinik ini belum dipasang pada pengirim. "
        "Mintalah pengelola sistem mengisi WORKERS_SATUSEHAT_CREDENTIALS.",
        Role.ADMIN, "clinics.satusehat_organization_id", None,
        f"credential/{snapshot.clinic.organization_id}",
    )  # fmt: skip


def _unmappable(path: str, kind: str) -> Problem:
    what = "permintaan pemeriksaan" if kind == ORDER else "kunjungan"
    return Problem(
        f"Data {what} tidak dapat dibaca pada bagian {path}. Periksa dan perbaiki isian itu.",
        Role.ADMIN, path,
    )  # fmt: skip
