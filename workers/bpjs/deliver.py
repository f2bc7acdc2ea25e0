"""Carries one leased row to BPJS: finds the facility's way there, and the route of its kind.

Every ending is a value. What became known on the way is part of the report also when the end was not a
good one.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from workers.bpjs import membership
from workers.bpjs.client import BpjsClients
from workers.bpjs.exchange import Way
from workers.bpjs.services import Service
from workers.deliveries import Lease
from workers.ending import Ended, Journal
from workers.outcome import Accepted, Blocked, Outcome, Problem, Report, Role

LEASE_MARGIN_S = 1.0
Route = Callable[[dict[str, Any], Way], Awaitable[Outcome]]


async def _membership(snapshot: dict[str, Any], way: Way) -> Outcome:
    return await membership.carry(membership.parse(snapshot), way)


ROUTES: Mapping[str, Route] = {"membership": _membership}
_SERVICES: Mapping[tuple[str, str], Service] = {
    ("pcare", "fktp"): "pcare",
    ("vclaim", "fkrtl"): "vclaim",
    ("antrean", "fktp"): "antrean_fktp",
    ("antrean", "fkrtl"): "antrean_rs",
}


class BpjsDelivery:
    """The routes of all kinds that go to one target."""

    def __init__(self, target: str, clients: BpjsClients, timeout: timedelta, rest: timedelta) -> None:
        self._target = target
        self._clients = clients
        self._timeout = timeout
        self._rest = rest

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
        service = _SERVICES[self._target, clinic["capability"]]
        client = self._clients.of(self._target, clinic["facility_code"])
        if client is None or service not in client.services:
            return Blocked((_no_credentials(clinic["facility_code"]),))
        margin = self._timeout.total_seconds() + LEASE_MARGIN_S
        way = Way(client, service, journal, self._rest, lambda: lease.holds_for(margin))
        return await ROUTES[lease.kind](lease.snapshot, way)


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
