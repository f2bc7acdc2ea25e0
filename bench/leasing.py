"""What a lease costs with more and more history behind the live rows."""

import statistics
import time

from bench.stage import Stage
from sandbox.people import CLINIC_ID

HISTORIES = (1_000, 100_000, 1_000_000)
LEASES = 60
BATCH = 20
GIVE_BACK = (
    "select integration.release('bench', (select jsonb_agg(jsonb_build_object('id', id, 'lease_number', lease_number)) "
    "from integration.deliveries where leased_by = 'bench'))"
)


async def milliseconds(stage: Stage, *, blocked_share: float = 0.0) -> dict[int, float]:
    """Median milliseconds of a lease of 20 whole visits, by rows of history; grown in place."""
    await stage.clear()
    await stage.visits(BATCH * 2)
    found, held = {}, 0
    for rows in HISTORIES:
        blocked = int((rows - held) * blocked_share)
        await stage.database.execute("select bench.history($1, $2, 'delivered')", CLINIC_ID, rows - held - blocked)
        if blocked:
            await stage.database.execute("select bench.history($1, $2, 'blocked')", CLINIC_ID, blocked)
        held = rows
        found[rows] = await _lease(stage)
    return found


async def _lease(stage: Stage) -> float:
    times = []
    for _ in range(LEASES):
        started = time.perf_counter()
        rows = await stage.database.fetch("select * from integration.lease('satusehat', 'bench', $1, 60)", BATCH)
        times.append(1000 * (time.perf_counter() - started))
        assert len(rows) == BATCH, len(rows)
        await stage.database.execute(GIVE_BACK)
    return statistics.median(times[5:])
