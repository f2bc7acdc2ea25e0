"""BPJS: how near P-Care's limit, what opening an answer costs, memberships from memory, one target down."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench import lag
from bench.stage import Stage
from sandbox.bpjs.envelope import seal
from sandbox.people import CLINIC_ID
from sandbox.up import FACILITIES
from workers import app as program
from workers.bpjs.eligibility import Eligibilities
from workers.bpjs.envelope import unseal
from workers.bpjs.signature import key

SQL = Path(__file__).with_name("bpjs.sql")
CONCURRENCY, LATENCY_MS, MEMBERS = 8, 100.0, 160
REQUESTS_PER_VISIT = 5
"""pendaftaran · history · kunjungan · list of drugs · drug."""
QUESTIONS, ASKING = 400, 16
ROUNDS = 3


@asynccontextmanager
async def insured(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """The clinic connected to BPJS with its members, while the block lasts; the value is BPJS's control door."""
    async with httpx.AsyncClient(base_url=stage.running.bpjs_url, timeout=60, trust_env=False) as door:
        person = {"birth_date": "1990-01-01", "sex": "L", "name": "Peserta Uji"}
        members = [{"nik": f"88020101{n:08d}", "card": f"80002{n:08d}", **person} for n in range(1, MEMBERS + 1)]
        (await door.post("/__sandbox__/members", json=members)).raise_for_status()
        await stage.database.execute(SQL.read_text())
        await stage.clear()
        await stage.database.execute("select bench.connect($1)", CLINIC_ID)
        await stage.database.execute("select bench.members($1, $2)", CLINIC_ID, MEMBERS)
        yield door
        await stage.clear()
        await stage.database.execute("select bench.disconnect($1)", CLINIC_ID)


def settings(stage: Stage, **changes: object) -> Any:
    """The workers' settings with BPJS in them."""
    urls = {f"bpjs_{name.lower()}_url": url for name, url in stage.running.bpjs_addresses().items()}
    return stage.settings(
        bpjs_facilities=FACILITIES, bpjs_requests_per_second=1e6, bpjs_concurrency=CONCURRENCY, **urls, **changes
    )


async def share_of_limit(stage: Stage) -> float:
    """Visits per second to P-Care ÷ (concurrency ÷ (requests of a visit x latency)); median of the rounds."""
    rates = []
    for _ in range(ROUNDS):
        async with insured(stage) as door:
            slow = {"match": {"service": "pcare"}, "effect": {"kind": "latency", "ms": LATENCY_MS}}
            (await door.post("/__sandbox__/faults", json=[slow])).raise_for_status()
            await stage.database.execute("select bench.insured_visits($1)", CLINIC_ID)
            async with program.built(settings(stage)) as app:
                pcare = next(loop for loop in app.loops if loop.target == "pcare")
                began = time.perf_counter()
                await pcare.drain()
                rates.append(MEMBERS / (time.perf_counter() - began))
            told = await stage.database.fetchval(
                "select count(*) from public.bpjs_visits where visit_number is not null"
            )
            assert MEMBERS == told, told
            await door.post("/__sandbox__/reset", json={"resources": True, "ledger": True, "faults": True})
    return statistics.median(rates) / (CONCURRENCY / (REQUESTS_PER_VISIT * LATENCY_MS / 1000))


def decoding() -> tuple[float, float]:
    """Milliseconds to open 50 kB of JSON, and the same ÷ reading that JSON in plain."""
    row = {"noKunjungan": "0114A0011126Y00000", "nmDiag": "Acute upper respiratory infection", "sistole": 120}
    rows = [row | {"n": n, "noKartu": f"80002{n:08d}"} for n in range(400)]
    text = json.dumps(rows)
    sealed = seal(rows, "11401", "secret", "1767225600")
    opener = key("11401", "secret", "1767225600")
    sealed_s, plain_s = (_fastest(work) for work in (lambda: unseal(sealed, opener), lambda: orjson.loads(text)))
    return 1000 * sealed_s * 50_000 / len(text), sealed_s / plain_s


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(30):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


async def eligibility(stage: Stage) -> tuple[float, float]:
    """Answers per second when they are fresh, and the same ÷ bare calls of the function behind it."""
    async with insured(stage):
        patients = [str(row[0]) for row in await stage.database.fetch(
            "select patient_id from public.bpjs_memberships where status = 'active'")]  # fmt: skip
        async with program.built(settings(stage)) as app:
            desk = Eligibilities(app.deliveries, app.bpjs, app.settings)
            asked, bare = [], []
            for _ in range(ROUNDS):
                asked.append(await _rate(patients, desk.of))
                bare.append(await _rate(patients, lambda p: app.deliveries.call("membership_of", {"p_patient": p})))
    return statistics.median(asked), statistics.median(asked) / statistics.median(bare)


async def _rate(patients: list[str], ask: Callable[[str], Awaitable[object]]) -> float:
    waiting = iter([patients[n % len(patients)] for n in range(QUESTIONS)])

    async def counter() -> None:
        for patient in waiting:
            await ask(patient)

    began = time.perf_counter()
    await asyncio.gather(*(counter() for _ in range(ASKING)))
    return QUESTIONS / (time.perf_counter() - began)


async def isolation(stage: Stage) -> float:
    """SatuSehat's median lag with BPJS down and a backlog waiting ÷ the same with BPJS well; medians of rounds."""
    well, down = [], []
    for _ in range(ROUNDS):
        for lags, broken in ((well, False), (down, True)):
            async with insured(stage) as door:
                outage = [{"match": {}, "effect": {"kind": "outage"}}] if broken else []
                (await door.post("/__sandbox__/faults", json=outage)).raise_for_status()
                await stage.database.execute("select bench.insured_visits($1)", CLINIC_ID)
                await stage.database.execute("delete from integration.deliveries where target = 'satusehat'")
                lags.append(await lag.median_ms(stage, settings(stage, poll_seconds=600.0)))
                await door.post("/__sandbox__/reset", json={"resources": True, "ledger": True, "faults": True})
    return statistics.median(down) / statistics.median(well)
