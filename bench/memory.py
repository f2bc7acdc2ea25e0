"""Peak memory of a worker with much and with little waiting for it."""

import asyncio

import psutil

from bench.stage import Stage
from sandbox.people import CLINIC_ID
from workers import app as program

LIVE = 400


async def peak_mb(stage: Stage, backlog: int) -> float:
    """Highest resident size while live visits are carried in front of so many waiting rows, in MB."""
    await stage.clear()
    await stage.visits(LIVE)
    await stage.database.execute("select bench.history($1, $2, 'ready')", CLINIC_ID, backlog)
    await stage.database.execute(
        "update integration.deliveries set priority = 10 where service_date < current_date - 1"
    )
    await stage.latency(100)
    process, peak = psutil.Process(), 0.0
    async with program.built(stage.settings()) as app:
        loop = next(one for one in app.loops if one.target == program.SATUSEHAT)
        working = asyncio.create_task(loop.run())
        while (await stage.counts()).get("delivered", 0) < LIVE:
            peak = max(peak, process.memory_info().rss / 1e6)
            await asyncio.sleep(0.05)
        loop.stop()
        await working
    return peak
