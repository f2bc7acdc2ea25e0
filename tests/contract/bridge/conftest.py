"""The door in front of a built App, spoken to without a network."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from edge_bridge.door import door
from tests.conftest import Project
from workers.app import App, built
from workers.settings import Settings

SECRET = "a-hook-secret-of-32-characters-00"
LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Doorway:
    """A client at the door, and the App behind it."""

    http: httpx.AsyncClient
    app: App


def settings(project: Project, **changes: object) -> Settings:
    """Settings that lead to the project; the ministry is not needed here."""
    values: dict[str, object] = {
        "supabase_url": project.url,
        "supabase_service_key": project.service_key,
        "satusehat_auth_url": "http://127.0.0.1:9/oauth2/v1",
        "satusehat_fhir_url": "http://127.0.0.1:9/fhir-r4/v1",
        "bridge_hook_secret": SECRET,
        "bridge_body_limit_bytes": LIMIT,
        "bridge_origins": ("https://app.klinik.test",),
    }
    nowhere = Path("/nonexistent/env")
    return Settings(_env_file=nowhere, **{**values, **changes})


async def doorway_of(chosen: Settings) -> AsyncIterator[Doorway]:
    """A doorway while it is needed."""
    async with built(chosen) as app:
        transport = httpx.ASGITransport(door(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as http:
            yield Doorway(http, app)


@pytest.fixture(scope="session")
async def doorway(project: Project) -> AsyncIterator[Doorway]:
    """The door of a project that runs."""
    async for one in doorway_of(settings(project)):
        yield one


@pytest.fixture
async def unlocked(project: Project) -> AsyncIterator[Doorway]:
    """The door of somebody who has set no secret."""
    async for one in doorway_of(settings(project, bridge_hook_secret=None)):
        yield one


@pytest.fixture
async def cut_off(project: Project) -> AsyncIterator[Doorway]:
    """The door when Supabase cannot be reached."""
    async for one in doorway_of(settings(project, supabase_url="http://127.0.0.1:9")):
        yield one
