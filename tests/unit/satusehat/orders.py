"""Invented orders to start from, and a way to carry them to a simulated ministry and back."""

import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sandbox.satusehat.app import Simulator, create_app
from sandbox.satusehat.config import SANDBOX_CLIENT, Config
from tests.contract.satusehat_simulator import examples
from workers.clock import elapsed
from workers.deliveries import Lease
from workers.outcome import Report
from workers.satusehat.client import SatusehatClient
from workers.satusehat.deliver import SatusehatDelivery
from workers.satusehat.diagnostics.snapshot import OrderSnapshot, parse
from workers.satusehat.facts import Known, parse_known
from workers.traffic import Pace

Json = dict[str, Any]
ORDERS = Path(__file__).parents[2] / "golden" / "orders"
FHIR = "http://ministry.test/fhir-r4/v1"
NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PANEL, GLUCOSE, IMAGE = "haematology-panel", "critical-glucose", "chest-image-without-study"


def _told(name: str) -> Json:
    told: Json = json.loads((ORDERS / f"{name}.json").read_text(encoding="utf-8"))
    return told


def sound(name: str = PANEL) -> Json:
    """The JSON of an order without flaws, fresh each time."""
    snapshot: Json = copy.deepcopy(_told(name)["snapshot"])
    return snapshot


def rows(name: str = PANEL) -> list[Json]:
    """What is known at first: everybody's numbers and the visit's Encounter."""
    return list(_told(name)["known"])


def known(name: str = PANEL) -> Known:
    """The same, read."""
    return parse_known(rows(name))


def read(name: str = PANEL, **parts: Any) -> OrderSnapshot:
    """The sound order with some of its parts replaced; ``order`` and ``visit`` are merged."""
    told = sound(name)
    for part in ("order", "visit", "clinic", "patient"):
        told[part] |= parts.pop(part, {})
    return parse({**told, **parts})


def item(name: str = PANEL, examination: Json | None = None, **columns: Any) -> OrderSnapshot:
    """The sound order with columns of its only item, or of the item's examination, replaced."""
    told = sound(name)
    told["items"][0] |= columns
    told["items"][0]["examination"] |= examination or {}
    return parse(told)


def result(name: str = PANEL, number: int = 0, **columns: Any) -> OrderSnapshot:
    """The sound order with columns of one of its results replaced."""
    told = sound(name)
    told["items"][0]["results"][number] |= columns
    return parse(told)


class Clients:
    """The client of the one organization there is."""

    organizations = ("10000004",)

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._client = SatusehatClient(http, FHIR, httpx.Auth(), Pace(1e6))

    def of(self, organization_id: str | None) -> SatusehatClient | None:
        """That client."""
        return self._client if organization_id else None


class Ward:
    """A simulated ministry with one visit, and what a database would know of it."""

    def __init__(self, app: Simulator, http: httpx.AsyncClient, name: str) -> None:
        self.app = app
        self.http = http
        self.clients = Clients(http)
        self.snapshot = sound(name)
        self.known = {row["key"]: row for row in rows(name)}

    async def begin(self) -> None:
        """Sign in, and let the visit be there already."""
        form = {"client_id": SANDBOX_CLIENT.client_id, "client_secret": SANDBOX_CLIENT.client_secret}
        url = "http://ministry.test/oauth2/v1/accesstoken?grant_type=client_credentials"
        token = (await self.http.post(url, data=form)).json()["access_token"]
        self.http.headers["authorization"] = f"Bearer {token}"
        room = (await self.http.post(f"{FHIR}/Location", json=examples.location())).json()["id"]
        patient = self.known[f"patient/{self.snapshot['patient']['id']}"]["remote_id"]
        body = examples.encounter(room) | {"subject": {"reference": f"Patient/{patient}"}}
        key = f"encounter/{self.snapshot['visit']['id']}"
        self.known[key]["remote_id"] = (await self.http.post(f"{FHIR}/Encounter", json=body)).json()["id"]

    async def carry(self, *, ask_first: bool = False, imaging_wait_s: float = 900, unfound: int = 0) -> Report:
        """Carry the order as it stands now to its end, and remember what became known."""
        lease = Lease(
            id=1, target="satusehat", kind="diagnostic_order", subject_id="s", clinic_id="c", generation=1,
            lease_number=1, attempt=1, ask_first=ask_first, suspect=False, snapshot=copy.deepcopy(self.snapshot),
            known=list(self.known.values()), deadline=elapsed() + 120, started_at=datetime.now(UTC), unfound=unfound,
        )  # fmt: skip
        wait = timedelta(seconds=imaging_wait_s)
        deliver = SatusehatDelivery(self.clients, timedelta(seconds=30), timedelta(seconds=60), wait)
        report = await deliver(lease)
        for one in report.accepted:
            self.known.pop(one.key, None)
            if one.remote_id:
                self.known[one.key] = {
                    "key": one.key, "type": one.type, "remote_id": one.remote_id, "version": one.version,
                    "content_hash": one.content_hash}  # fmt: skip
        return report

    async def held(self, type_: str) -> list[Json]:
        """The bodies the ministry holds of a type."""
        answer = await self.http.get("http://ministry.test/__sandbox__/ledger", params={"type": type_})
        return [row["body"] for row in answer.json()["resources"]]

    async def images_arrive(self) -> None:
        """The modality sends, and the router uploads."""
        study = {"organization": "10000004", "accession_number": self.snapshot["items"][0]["accession_number"],
                 "study_uid": "1.2.826.0.1.3680043.8.498.1", "modality": "DX", "instances": 2}  # fmt: skip
        (await self.http.post("http://ministry.test/__sandbox__/studies", json=study)).raise_for_status()

    async def behave(self, *rules: Json) -> None:
        """Put these fault rules in force, and only these."""
        (await self.http.post("http://ministry.test/__sandbox__/faults", json=list(rules))).raise_for_status()

    async def duplicates(self) -> list[Json]:
        """What the ministry holds more than once."""
        summary = await self.http.get("http://ministry.test/__sandbox__/ledger", params={"summary": 1})
        return list(summary.json()["duplicates"])


@asynccontextmanager
async def ward(name: str = PANEL) -> AsyncIterator[Ward]:
    """A ministry that knows the visit of an order, and nothing of the order."""
    app = create_app(Config(clock=NOW.timestamp))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        opened = Ward(app, http, name)
        await opened.begin()
        yield opened
