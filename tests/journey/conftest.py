"""One sandbox for all journeys, made new for each."""

from collections.abc import AsyncIterator

import pytest

from tests.journey import stage
from tests.journey.stage import Scene


@pytest.fixture(scope="session")
async def theatre() -> AsyncIterator[Scene]:
    """The whole sandbox, started once."""
    async with stage.scene() as scene:
        yield scene


@pytest.fixture
async def scene(theatre: Scene) -> Scene:
    """The sandbox at the beginning of a day."""
    await theatre.clear()
    return theatre


@pytest.fixture
async def routine(scene: Scene) -> Scene:
    """The same, when everybody's number is known already."""
    await scene.know_everybody()
    return scene
