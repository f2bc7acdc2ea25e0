"""What is written when something goes wrong that nobody expected: what and where, never in whose words."""

import asyncio
import logging
import sys
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from workers.log import _Wordless
from workers.schedule import _appoint


def test_a_librarys_trace_quotes_nobody() -> None:
    """The server of the bridge logs what its rooms raise; the text of that may be a row."""
    try:
        int("Siti Rekaan 3171010101010001")
    except ValueError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, __file__, 1, "words %s", ("Siti",), sys.exc_info())
    said = _Wordless("%(levelname)s %(name)s").format(record)
    assert said.startswith("ERROR uvicorn.error\nValueError test_a_librarys_trace_quotes_nobody:")
    assert not [word for word in ("Siti", "3171", "words") if word in said]


async def test_an_appointment_that_crashes_is_said() -> None:
    """The scheduler is kept quiet; a bug in a sweep must not be."""
    asked = asyncio.Event()

    async def crash() -> None:
        asked.set()
        raise KeyError("Siti")

    scheduler = AsyncIOScheduler()
    _appoint(scheduler, "sweep", IntervalTrigger(seconds=timedelta(days=1).total_seconds()), crash, now=True)
    with capture_logs() as logs:
        scheduler.start()
        await asked.wait()
        while not logs:  # noqa: ASYNC110  # the scheduler says it to nobody
            await asyncio.sleep(0.005)
    scheduler.shutdown(wait=False)
    assert ("appointment.crashed", "sweep") == (logs[0]["event"], logs[0]["name"])
