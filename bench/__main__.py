"""``make bench``: ratios measured side by side in one run. They are read by people, never asserted."""

import asyncio
import time

import psutil
from rich.console import Console
from rich.table import Table

from bench import bpjs, laboratory, lag, leasing, memory, scanning, throughput
from bench.stage import Stage, stage
from workers import log


async def main() -> None:
    """Measure everything and print one table."""
    log.configure("ERROR")
    console = Console()
    table = Table("what", "measured", "aim", title="Ratios of this run", title_justify="left")
    started = time.monotonic()
    async with stage() as made:
        for measure in (_throughput, _lag, _bpjs, _laboratory, _files, _leases, _memory):
            console.print(f"{measure.__name__.strip('_')} … ({time.monotonic() - started:.0f} s)")
            for row in await measure(made):
                table.add_row(*row)
    console.print(table)
    console.print(f"{psutil.cpu_count()} cores; load of the machine at the end: {psutil.getloadavg()[0]:.1f}")


async def _throughput(made: Stage) -> list[tuple[str, str, str]]:
    plain, rich = await throughput.measure(made), await throughput.measure(made, rich=True)
    limit = f"C={throughput.CONCURRENCY}, {throughput.LATENCY_MS:.0f} ms"
    return [
        (f"visits/s ÷ limit ({limit}), 10 resources", f"{plain.share_of_limit:.2f}", ">= 0.90"),
        (f"visits/s ÷ limit ({limit}), 17 resources", f"{rich.share_of_limit:.2f}", ""),
        ("visits/s ÷ sequential sender", f"{plain.worker / plain.sequential:.0f}×", ">= 250×"),
        ("worker CPU per visit, 10 / 17 resources", f"{plain.cpu_ms:.2f} / {rich.cpu_ms:.2f} ms", ""),
    ]


async def _lag(made: Stage) -> list[tuple[str, str, str]]:
    return [("median commit→delivered ÷ latency, idle", f"{await lag.median_ratio(made):.2f}", "<= 2")]


async def _bpjs(made: Stage) -> list[tuple[str, str, str]]:
    opened_ms, times = bpjs.decoding()
    per_second, share = await bpjs.eligibility(made)
    limit = f"C={bpjs.CONCURRENCY}, {bpjs.REQUESTS_PER_VISIT} requests of {bpjs.LATENCY_MS:.0f} ms"
    return [
        (f"P-Care visits/s ÷ limit ({limit})", f"{await bpjs.share_of_limit(made):.2f}", ""),
        ("opening a 50 kB answer ÷ reading it plain", f"{times:.0f}× ({opened_ms:.1f} ms)", ""),
        ("fresh memberships/s ÷ bare calls behind them", f"{share:.2f} ({per_second:.0f}/s)", ""),
        ("SatuSehat's lag, BPJS down with a backlog ÷ BPJS well", f"{await bpjs.isolation(made):.2f}", "<= 1.05"),
    ]


async def _laboratory(made: Stage) -> list[tuple[str, str, str]]:
    per_second, share = await laboratory.messages_per_second(made)
    told = await laboratory.notices(made)
    bare = told.bare_insert_ms
    return [
        ("ORU messages/s ÷ bare calls behind them, 5 results each", f"{share:.2f} ({per_second:.0f}/s)", ""),
        ("final result → doctor ÷ bare insert → Realtime", f"{told.final_result_ms / bare:.1f} ({bare:.1f} ms)", ""),
        ("critical value on the wire → laboratory ÷ bare insert", f"{told.critical_value_ms / bare:.1f}", ""),
    ]


async def _files(made: Stage) -> list[tuple[str, str, str]]:
    return scanning.rows(await scanning.rates(made.settings()), await scanning.waits(made))


async def _leases(made: Stage) -> list[tuple[str, str, str]]:
    rows = []
    for share in (0.0, 0.2):
        found = await leasing.milliseconds(made, blocked_share=share)
        first, *_, last = found.values()
        name = "lease of 20 visits, 1 M rows of history ÷ 1 k" + (f", {share:.0%} blocked" if share else "")
        shown = " → ".join(f"{ms:.1f}" for ms in found.values())
        rows.append((name, f"{last / first:.2f} ({shown} ms)", "<= 1.2"))
    return rows


async def _memory(made: Stage) -> list[tuple[str, str, str]]:
    small, large = await memory.peak_mb(made, 1_000), await memory.peak_mb(made, 100_000)
    return [("peak memory, 100 k waiting ÷ 1 k", f"{large / small:.2f} ({large:.0f} MB)", "<= 1.1")]


if __name__ == "__main__":
    asyncio.run(main())
