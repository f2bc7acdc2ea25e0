"""Carries one leased row to BPJS: finds the facility's way there, and the route of its kind.

Every ending is a value. What became known on the way is part of the report also when the end was not a
good one.
"""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import ValidationError

from workers.bpjs import membership
from workers.bpjs.antrean import carrying as antrean
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import Way
from workers.bpjs.pcare.carrying import PcareRoute
from workers.bpjs.pcare.snapshot import PcareVisit
from workers.bpjs.services import service_of
from workers.bpjs.vclaim import routes as vclaim
from workers.deliveries import Lease
from workers.ending import Ended, Journal
from workers.outcome import Accepted, Blocked, Outcome, Problem, Report, Role
from workers.settings import Settings

LEASE_MARGIN_S = 1.0
Route = Callable[[Lease, Way, Settings], Awaitable[Outcome]]


async def _membership(lease: Lease, way: Way, _settings: Settings) -> Outcome:
    return await membership.carry(membership.parse(lease.snapshot), way)


async def _pcare_visit(lease: Lease, way: Way, settings: Settings) -> Outcome:
    visit = PcareVisit.model_validate(lease.snapshot)
    return await PcareRoute(visit, way, settings.bpjs_pcare_visit_path, doubt=lease.ask_first).carry()


async def _queue(lease: Lease, way: Way, _settings: Settings) -> Outcome:
    return await antrean.carry(Queue.model_validate(lease.snapshot), way, doubt=lease.ask_first)


ROUTES: Mapping[str, Route] = {"membership": _membership, "pcare_visit": _pcare_visit, "queue": _queue, **vclaim.ROUTES}


class BpjsDelivery:
    """The routes of all kinds that go to one target."""

    def __init__(self, target: str, clients: BpjsClients, settings: Settings) -> None:
        self._target = target
        self._clients = clients
        self._settings = settings

    async def __call__(self, lease: Lease) -> Report:
        """Carry the lease to its end; never raises for what the world does."""
        journal = Journal()
        journal.know({row["key"]: Accepted(**row) for row in lease.known})
        try:
            outcome = await self._carry(lease, journal)
        except Ended as ended:
            outcome = ended.outcome
        except ValidationError as error:
            outcome = Blocked(tuple(_unreadable(item["loc"]) for item in error.errors(include_input=False)))
        return journal.report(outcome)

    async def _carry(self, lease: Lease, journal: Journal) -> Outcome:
        if lease.snapshot is None:
            return Blocked((_unreadable(()),))
        clinic = lease.snapshot["clinic"]
        client = self._clients.of(service_of(self._target, clinic["capability"]), clinic["facility_code"])
        if client is None:
            return Blocked((_no_credentials(clinic["facility_code"]),))
        margin, rest = self._settings.bpjs_timeout_seconds + LEASE_MARGIN_S, self._settings.bpjs_rest_after_doubt
        way = Way(client, journal, rest, lambda: lease.holds_for(margin))
        return await ROUTES[lease.kind](lease, way, self._settings)


def credential_key(facility_code: str | None) -> str:
    """The key that deliveries without credentials wait for."""
    return f"credential/bpjs/{facility_code}"


def _no_credentials(facility_code: str | None) -> Problem:
    return Problem(
        "Kredensial BPJS untuk kode faskes klinik belum ada di server. Minta pengelola sistem mengisi "
        "WORKERS_BPJS_FACILITIES, dan periksa kode faskes pada data klinik.",
        Role.ADMIN, "clinics.bpjs_facility_code", waits_for=credential_key(facility_code),
    )  # fmt: skip


def _unreadable(path: tuple[int | str, ...]) -> Problem:
    where = ".".join(map(str, path)) or "snapshot"
    return Problem(
        f"Data tidak dapat dibaca pada bagian {where}. Periksa dan perbaiki isian itu.", Role.ADMIN, where
    )  # fmt: skip
