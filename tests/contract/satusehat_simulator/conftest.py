"""A simulator under test, spoken to over ASGI or over a real socket."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.satusehat.app import Simulator, create_app
from sandbox.satusehat.config import Client, Config
from tests.contract.satusehat_simulator import examples
from tests.contract.serving import serving

NOW = 1_780_000_000.0  # 2026-05-28, after every date in the examples
OTHER = Client("other-client-id", "other-client-secret", "10000099")
MINE = Client("sandbox-client-id", "sandbox-client-secret", examples.ORGANIZATION)
FHIR = "/fhir-r4/v1"


class Clock:
    """Unix time that a test moves by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Ministry:
    """A simulator, its clock, and an authenticated client of it."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.app: Simulator = create_app(config)
        self.clock = clock
        transport = httpx.ASGITransport(self.app)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://ministry.test")

    async def token(self, client: Client = MINE) -> httpx.Response:
        form = {"client_id": client.client_id, "client_secret": client.client_secret}
        url = "/oauth2/v1/accesstoken?grant_type=client_credentials"
        return await self.http.post(url, data=form)

    async def sign_in(self, client: Client = MINE) -> None:
        bearer = (await self.token(client)).json()["access_token"]
        self.http.headers["authorization"] = f"Bearer {bearer}"

    async def create(self, resource: examples.Json) -> httpx.Response:
        return await self.http.post(f"{FHIR}/{resource['resourceType']}", json=resource)

    async def created(self, resource: examples.Json) -> str:
        """Create a resource that must be accepted, and give its id."""
        reply = await self.create(resource)
        assert 201 == reply.status_code, reply.text
        return str(reply.json()["id"])

    async def room(self) -> str:
        return await self.created(examples.location())

    async def visit(self, value: str = "REG-1") -> str:
        """Create a visit in a room of its own, and give its full reference."""
        room = await self.created(examples.location(f"R-{value}"))
        return f"Encounter/{await self.created(examples.encounter(room, value))}"

    async def faults(self, *rules: Any) -> None:
        reply = await self.http.post("/__sandbox__/faults", json=list(rules))
        assert 200 == reply.status_code, reply.text

    async def ledger(self, query: str = "") -> Any:
        return (await self.http.get(f"/__sandbox__/ledger{query}")).json()


Opener = Callable[..., Ministry]


@pytest.fixture
async def open_ministry() -> AsyncIterator[Opener]:
    """Build simulators with other configurations than the usual one."""
    opened: list[Ministry] = []

    def build(**settings: Any) -> Ministry:
        clock = Clock()
        ministry = Ministry(Config(clients=(MINE, OTHER), clock=clock, **settings), clock)
        opened.append(ministry)
        return ministry

    yield build
    for ministry in opened:
        await ministry.http.aclose()


@pytest.fixture
async def ministry(open_ministry: Opener) -> Ministry:
    """Give the usual simulator, signed in."""
    usual = open_ministry()
    await usual.sign_in()
    return usual


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve a simulator on a free port of loopback, with the wall clock."""
    with serving(create_app()) as url:
        yield url


@pytest.fixture
async def socket(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give an authenticated client of the served simulator, which is new for each test."""
    async with httpx.AsyncClient(base_url=address, timeout=5) as client:
        await client.post("/__sandbox__/reset")
        form = {"client_id": MINE.client_id, "client_secret": MINE.client_secret}
        url = "/oauth2/v1/accesstoken?grant_type=client_credentials"
        grant = (await client.post(url, data=form)).json()
        client.headers["authorization"] = f"Bearer {grant['access_token']}"
        yield client
