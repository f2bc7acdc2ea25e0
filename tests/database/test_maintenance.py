"""Hours in which a target does not work: announced ones lease nothing, guessed ones let one through."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.database.desk import Clinic, Worker

WIB = ZoneInfo("Asia/Jakarta")
MONDAY = datetime(2026, 11, 23, tzinfo=WIB)
EMPTY = "truncate integration.maintenance_windows"
ADD = "select integration.add_window('satusehat', $1::smallint, $2::text::time, $3::text::time)"
AT = "select private.maintenance('satusehat', $1)"
ALWAYS = """insert into integration.maintenance_windows (target, starts_at, ends_at, learned)
            values ('satusehat', '00:00', '24:00', $1)"""
FAIL = """insert into integration.attempts (delivery_id, generation, lease_number, worker, started_at, outcome,
                                            failure, requests)
          select d.id, 1, 1, 'w', $1, 'postponed', 'server_error', 1 from integration.deliveries d limit 3"""


@pytest.fixture
async def desk(clinic: Clinic) -> AsyncIterator[asyncpg.Connection]:
    """The connection, with nothing in the calendar before or after."""
    await clinic.connection.execute(EMPTY)
    yield clinic.connection
    await clinic.connection.execute(EMPTY)


@pytest.mark.parametrize(("weekday", "starts", "ends", "moment", "expected"), [
    (None, "22:00", "23:30", MONDAY.replace(hour=22), "announced"),
    (None, "22:00", "23:30", MONDAY.replace(hour=23, minute=29), "announced"),
    (None, "22:00", "23:30", MONDAY.replace(hour=23, minute=30), "open"),
    (1, "22:00", "02:00", MONDAY.replace(hour=23), "announced"),
    (1, "22:00", "02:00", MONDAY + timedelta(days=1, hours=1), "announced"),
    (1, "22:00", "02:00", MONDAY + timedelta(days=1, hours=23), "open"),
    (1, "22:00", "02:00", MONDAY.replace(hour=1), "open"),
    (7, "22:00", "02:00", MONDAY.replace(hour=1), "announced"),
])  # fmt: skip
async def test_the_calendar_is_read_by_jakartas_clock(  # what a window is
    desk: asyncpg.Connection, weekday: int | None, starts: str, ends: str, moment: datetime, expected: str
) -> None:
    """Days, nights and the hour after midnight that still belongs to the day before."""
    await desk.execute(ADD, weekday, starts, ends)
    assert expected == await desk.fetchval(AT, moment)


async def test_nothing_is_leased_while_it_is_announced(clinic: Clinic, desk: asyncpg.Connection, ana: Worker) -> None:
    """The rows stay as they are: no attempt is burned."""
    await clinic.finished(3)
    await desk.execute(ALWAYS, False)
    assert [] == await ana.lease()
    assert 0 == await desk.fetchval("select sum(attempt) from integration.deliveries")
    await desk.execute(EMPTY)
    assert 3 == len(await ana.lease())


async def test_a_guess_lets_one_through(clinic: Clinic, desk: asyncpg.Connection, ana: Worker) -> None:
    """It may be wrong: one delivery alone finds out."""
    await clinic.finished(3)
    await desk.execute(ALWAYS, True)
    assert 1 == len(await ana.lease())


async def test_hours_are_learned_from_failures(clinic: Clinic, desk: asyncpg.Connection) -> None:
    """Three dark Mondays of the last four make a window; two do not."""
    await clinic.finished(3)
    now = datetime.now(WIB)
    slot = (now - timedelta(days=2)).replace(minute=10)
    for weeks in (0, 1):
        await desk.execute(FAIL, slot - timedelta(weeks=weeks))
    assert 0 == await desk.fetchval("select integration.learn_windows()")
    await desk.execute(FAIL, slot - timedelta(weeks=2))
    assert 1 == await desk.fetchval("select integration.learn_windows()")
    assert "learned" == await desk.fetchval(AT, slot + timedelta(weeks=1))
    assert "open" == await desk.fetchval(AT, slot + timedelta(weeks=1, hours=1))
    assert "open" == await desk.fetchval(AT, slot + timedelta(weeks=4))  # unlearned by then
