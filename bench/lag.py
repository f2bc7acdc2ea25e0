"""From the clinic's commit to delivered, on an idle system, woken by Realtime alone."""

import asyncio
import statistics

from bench.stage import Stage
from workers import app as program
from workers.settings import Settings

LATENCY_MS = 100.0
VISITS = 30
FINISH = """
    update public.visits set status = 'finished', finished_at = now() - interval '5 minutes'
     where id = (select id from public.visits where status = 'in_progress' limit 1)
"""
LAGS = """
    select extract(epoch from delivered_at - created_at) * 1000 from integration.deliveries
     where state = 'delivered' and target = 'satusehat'
"""


async def median_ratio(stage: Stage) -> float:
    """Median lag ÷ the ministry's latency; the poll is set so long that only the bell can explain a wake."""
    await stage.clear()
    return await median_ms(stage, stage.settings(poll_seconds=600.0)) / LATENCY_MS


async def median_ms(stage: Stage, settings: Settings) -> float:
    """Median milliseconds from the commit of one visit after the other to its delivery."""
    await stage.visits(VISITS, finished=False)
    await stage.latency(LATENCY_MS)
    stop = asyncio.Event()
    async with program.built(settings) as app, asyncio.TaskGroup() as group:
        group.create_task(program.run(app, stop))
        await app.realtime.live.wait()
        for number in range(VISITS):
            await stage.database.execute(FINISH)
            await stage.until_delivered(number + 1)
        stop.set()
    lags = [float(row[0]) for row in await stage.database.fetch(LAGS)]
    return statistics.median(lags)
