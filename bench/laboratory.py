"""The laboratory: how many messages of analysers a second, and how soon somebody is told, beside the bare way."""

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from bench.stage import Stage
from sandbox.analyser.dialect import Dialect
from sandbox.analyser.machine import Analyser
from sandbox.analyser.message import Given, Sample, Sender, oru, readings
from sandbox.people import CLINIC_ID
from sandbox.supabase.client import client
from supabase import AsyncClient
from workers.app import built
from workers.deliveries import Deliveries
from workers.laboratory.analysers.listener import listening
from workers.laboratory.analysers.reader import Message, read

ANALYSERS, MESSAGES, ROUNDS, NOTICES = 8, 240, 4, 30
NAME = "BENCH"
BLOOD = (("HB", "13.1", "g/dL"), ("HT", "39.2", "%"), ("RBC", "4.48", "10*6/uL"), ("WBC", "7.20", "10*3/uL"),
         ("PLT", "251", "10*3/uL"))  # fmt: skip
CRITICAL = (("HB", "4.1", "g/dL"),)
BARE = """
    insert into public.notifications (clinic_id, staff_id, kind, title)
    values ($1, $2, 'result_final', 'Hasil sudah final.')
"""
UNORDERED = """
    select id from public.visits v
     where not exists (select from public.diagnostic_orders o where o.visit_id = v.id)
"""
_control_ids = (f"B{number}" for number in itertools.count(1))


@dataclass(frozen=True, slots=True)
class Laboratory:
    """The clinic's laboratory with a doctor and a technician logged in."""

    stage: Stage
    doctor: AsyncClient
    technician: AsyncClient

    async def orders(self, count: int, *codes: str) -> list[dict[str, Any]]:
        """So many orders the doctor placed, each for a visit of its own."""
        await self.stage.visits(count, finished=False)
        visits = await self.stage.database.fetch(UNORDERED)
        wishes = [{"visit_id": str(row["id"]), "examinations": list(codes)} for row in visits]
        return [(await self.doctor.rpc("place_order", wish).execute()).data for wish in wishes]  # type: ignore[misc]

    async def tubes(self, count: int, *codes: str) -> list[str]:
        """The numbers on the labels of as many orders."""
        return [str(order["specimens"][0]["accession_number"]) for order in await self.orders(count, *codes)]


@asynccontextmanager
async def laboratory(stage: Stage) -> AsyncIterator[Laboratory]:
    """The standard catalogue and one analyser, while the block lasts."""
    run = stage.running
    await stage.clear()
    async with AsyncExitStack() as exits:
        clients = {}
        for one in run.personas:
            if one.role in {"admin", "doctor", "lab"}:
                clients[one.role] = await exits.enter_async_context(client(run.stack.url, run.stack.anon_key))
                login = one.login()
                await clients[one.role].auth.sign_in_with_password(
                    {"email": login["email"], "password": login["password"]}
                )
        await clients["admin"].rpc("install_examinations", {"clinic_id": CLINIC_ID}).execute()
        analyser = {"clinic_id": CLINIC_ID, "name": "Alat", "sending_application": NAME}
        await (
            clients["admin"]
            .table("analysers")
            .upsert(analyser, on_conflict="clinic_id,sending_application,sending_facility", ignore_duplicates=True)
            .execute()
        )
        yield Laboratory(stage, clients["doctor"], clients["lab"])
        await stage.clear()


async def messages_per_second(stage: Stage) -> tuple[float, float]:
    """Messages of five results a second, from the wire to AA; and the same ÷ bare calls of the function behind it."""
    async with laboratory(stage) as lab, built(stage.settings()) as app:
        wire, bare = [], []
        turns = ((wire, partial(_over_the_wire, stage, app.deliveries)), (bare, partial(_bare_calls, app.deliveries)))
        for number in range(ROUNDS):  # in turns, for the tables grow
            for rates, way in turns if number % 2 else reversed(turns):
                rates.append(await way(await lab.tubes(MESSAGES, "CBC")))
        told = await stage.database.fetchval("select count(*) from public.results where superseded_at is null")
        assert 2 * ROUNDS * MESSAGES * len(BLOOD) == told, told
    return statistics.median(wire), statistics.median(wire) / statistics.median(bare)


async def _over_the_wire(stage: Stage, deliveries: Deliveries, tubes: Sequence[str]) -> float:
    waiting = iter(tubes)

    async def machine(port: int) -> None:
        async with Analyser("127.0.0.1", port, NAME, "LAB") as analyser:
            for tube in waiting:
                assert (await analyser.send(tube, BLOOD)).accepted

    async with listening(stage.settings(laboratory_clinic_id=CLINIC_ID), deliveries.call) as listener:
        return await _rate(len(tubes), lambda: machine(listener.port))


async def _bare_calls(deliveries: Deliveries, tubes: Sequence[str]) -> float:
    waiting = iter([_message(tube).as_json() for tube in tubes])

    async def caller() -> None:
        for message in waiting:
            await deliveries.call("receive_results", {"p_clinic": CLINIC_ID, "p_message": message})

    return await _rate(len(tubes), caller)


async def _rate(count: int, work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(ANALYSERS)))
    return count / (time.perf_counter() - began)


def _message(tube: str, blood: Iterable[Given] = BLOOD) -> Message:
    sender, samples = Sender(NAME, "LAB"), [Sample(tube, readings(blood))]
    found = read(oru(sender, next(_control_ids), samples, datetime.now(UTC), Dialect(zone="+0000")))
    assert isinstance(found, Message)
    return found


@dataclass(frozen=True, slots=True)
class Notices:
    """Milliseconds, medians: from the beginning of a call to what Realtime shows."""

    bare_insert_ms: float
    final_result_ms: float
    critical_value_ms: float


async def notices(stage: Stage) -> Notices:
    """The doctor told of a final result, the laboratory of a critical value on the wire, and a bare insert."""
    bare, final, critical = [], [], []
    async with laboratory(stage) as lab, built(stage.settings()) as app, AsyncExitStack() as exits:
        heard = {who: await _listening(one) for who, one in (("doctor", lab.doctor), ("lab", lab.technician))}
        mllp = await exits.enter_async_context(
            listening(stage.settings(laboratory_clinic_id=CLINIC_ID), app.deliveries.call)
        )
        analyser = await exits.enter_async_context(Analyser("127.0.0.1", mllp.port, NAME, "LAB"))
        doctor = await _staff(stage, "doctor")
        for order, tube in zip(await _measured(lab, app.deliveries), await lab.tubes(NOTICES, "HB"), strict=True):
            insert = partial(stage.database.execute, BARE, UUID(CLINIC_ID), doctor)
            bare.append(await _until_heard(heard["doctor"], insert))
            wish = lab.technician.rpc("finalize_order", {"order_id": order})
            final.append(await _until_heard(heard["doctor"], wish.execute))
            critical.append(await _until_heard(heard["lab"], partial(analyser.send, tube, CRITICAL)))
    return Notices(*(statistics.median(times) for times in (bare, final, critical)))


async def _measured(lab: Laboratory, deliveries: Deliveries) -> list[str]:
    """Orders whose results are in, and wait to be made final."""
    orders = await lab.orders(NOTICES, "HB")
    for order in orders:
        message = _message(str(order["specimens"][0]["accession_number"]), BLOOD[:1]).as_json()
        await deliveries.call("receive_results", {"p_clinic": CLINIC_ID, "p_message": message})
    return [str(order["id"]) for order in orders]


async def _staff(stage: Stage, role: str) -> UUID:
    return await stage.database.fetchval(
        "select staff_id from public.staff_roles where clinic_id = $1 and role = $2::text::public.staff_role",
        UUID(CLINIC_ID),
        role,
    )


async def _listening(desk: AsyncClient) -> "asyncio.Queue[float]":
    """When each new notification was shown to somebody who is logged in."""
    heard: asyncio.Queue[float] = asyncio.Queue()
    live = asyncio.Event()
    channel = desk.channel("bench")
    channel.on_postgres_changes(
        "INSERT", lambda _: heard.put_nowait(time.perf_counter()), table="notifications", schema="public"
    )
    channel.on_system(lambda message: live.set() if message.status == "ok" else None)
    await channel.subscribe()
    await asyncio.wait_for(live.wait(), 30)
    return heard


async def _until_heard(heard: "asyncio.Queue[float]", act: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    acting = asyncio.ensure_future(act())
    shown, _ = await asyncio.gather(asyncio.wait_for(heard.get(), 10), acting)
    return 1000 * (shown - began)
