"""One sandbox for all journeys to BPJS, made new for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.people import CLINIC_ID, HOSPITAL_ID
from tests.journey_bpjs import stage
from tests.journey_bpjs.hospital import Hospital, hospital
from tests.journey_bpjs.stage import Counter

QUEUE = Path(__file__).with_name("queue.sql")


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


@pytest.fixture(scope="session")
async def equipped(opened: Counter) -> Counter:
    """What these journeys need of the database."""
    await opened.pool.execute(QUEUE.read_text(encoding="utf-8"))
    return opened


@pytest.fixture
async def poli(equipped: Counter, clinic: Counter) -> AsyncIterator[Counter]:
    """The general poli of Klinik Melati, with practice hours."""
    await clinic.sql("select counter.open_hours($1, 'POLI-UMUM')", CLINIC_ID)
    yield clinic
    await clinic.sql("select counter.close_queues()")


@pytest.fixture
async def specialists(equipped: Counter, opened_hospital: Hospital, counter: Counter) -> AsyncIterator[str]:
    """A hospital's poli; gives the clinic."""
    await counter.sql("select counter.specialists($1)", HOSPITAL_ID)
    yield HOSPITAL_ID
    await counter.sql("select counter.close_queues()")


@pytest.fixture
async def ward(opened_hospital: Hospital) -> Hospital:
    """Klinik Utama Kenanga at the beginning of a day, everything mapped."""
    await opened_hospital.settled()
    return opened_hospital
