"""How near the worker comes to concurrency ÷ latency, and how far it leaves the sequential sender behind."""

import time
from dataclasses import dataclass

from bench import sequential
from bench.stage import Stage
from workers import app as program

CONCURRENCY = 32
LATENCY_MS = 100.0
VISITS = 1600
SEQUENTIAL_VISITS = 4
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Throughput:
    """Visits per second of both, and the worker's CPU per visit in milliseconds; medians of the rounds."""

    worker: float
    sequential: float
    cpu_ms: float

    @property
    def share_of_limit(self) -> float:
        """Of concurrency ÷ latency."""
        return self.worker / (CONCURRENCY / (LATENCY_MS / 1000))


async def measure(stage: Stage, *, rich: bool = False) -> Throughput:
    """Both sides in turn, round after round."""
    await stage.latency(LATENCY_MS)
    workers, cpus, slow = [], [], []
    for _ in range(ROUNDS):
        slow.append(await sequential.rate(stage, SEQUENTIAL_VISITS))
        rate, cpu = await _worker(stage, rich=rich)
        workers.append(rate)
        cpus.append(cpu)
    return Throughput(_median(workers), _median(slow), _median(cpus))


async def _worker(stage: Stage, *, rich: bool) -> tuple[float, float]:
    await stage.clear()
    await stage.visits(VISITS, rich=rich)
    async with program.built(stage.settings(satusehat_concurrency=CONCURRENCY)) as app:
        cpu, started = time.process_time(), time.perf_counter()
        await program.once(app)
        took, burnt = time.perf_counter() - started, time.process_time() - cpu
    counts = await stage.counts()
    assert counts == {"delivered": VISITS}, counts
    return VISITS / took, 1000 * burnt / VISITS


def _median(figures: list[float]) -> float:
    return sorted(figures)[len(figures) // 2]
