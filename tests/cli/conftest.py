"""One sandbox for all commands; a fresh clinic, or one with a morning behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.desk import Desk, write_settings
from tests.journey import stage
from tests.journey.stage import Scene


@dataclass(frozen=True, slots=True)
class Morning:
    """A desk after one good visit and one of a patient without NIK."""

    desk: Desk
    good: str
    bad: str
    good_id: int
    bad_id: int


@pytest.fixture(scope="session")
async def town() -> AsyncIterator[Scene]:
    """The whole sandbox, started once."""
    async with stage.scene() as scene:
        yield scene


@pytest.fixture(scope="session")
def settings_file(town: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an admin keeps in a file."""
    return write_settings(tmp_path_factory.mktemp("desk") / "good.env", town.values())


@pytest.fixture(scope="session")
def idle_desk(town: Scene, settings_file: Path) -> Desk:
    """A desk for those who never get as far as the clinic's data."""
    return Desk(town, settings_file)


@pytest.fixture
async def desk(town: Scene, settings_file: Path) -> Desk:
    """A desk at the beginning of a day."""
    await town.clear()
    return Desk(town, settings_file)


@pytest.fixture
async def morning(desk: Desk) -> Morning:
    """A desk with one delivered and one blocked visit."""
    await desk.scene.sql("update public.patients set nik = null where medical_record_number = 'J2'")
    good, bad = await desk.scene.visit(), await desk.scene.visit(patient="J2")
    await desk.carry()
    return Morning(desk, good, bad, await _delivery(desk, good), await _delivery(desk, bad))


async def _delivery(desk: Desk, visit: str) -> int:
    return int(await desk.scene.one("select id from integration.deliveries where subject_id = $1", visit))
