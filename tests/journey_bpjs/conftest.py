"""One sandbox for all journeys to BPJS, made new for each."""

from collections.abc import AsyncIterator

import pytest

from tests.journey_bpjs import stage
from tests.journey_bpjs.hospital import Hospital, hospital
from tests.journey_bpjs.stage import Counter


@pytest.fixture(scope="session")
async def opened() -> AsyncIterator[Counter]:
    """The whole sandbox, started once."""
    async with stage.counter() as counter:
        yield counter


@pytest.fixture(scope="session")
async def opened_hospital(opened: Counter) -> AsyncIterator[Hospital]:
    """The referral-level clinic, opened once beside it."""
    async with hospital(opened) as found:
        yield found


@pytest.fixture
async def counter(opened: Counter) -> Counter:
    """The counter of Klinik Melati at the beginning of a day."""
    await opened.clear()
    return opened


@pytest.fixture
async def clinic(counter: Counter) -> Counter:
    """The same, with BPJS's lists fetched and everything mapped."""
    await counter.furnish()
    return counter
