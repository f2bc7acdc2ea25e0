"""Numbers that nobody gets twice, and places that follow their visit."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.supabase.postgres import Postgres
from tests.database.desk import SQL as DESK
from tests.database.desk import connected, missing
from tests.database.poli import QUOTA, SQL, Poli, crowd, opened

ONCE = "Nomor Antrean Hanya Dapat Diambil 1 Kali Pada Tanggal dan Poli Yang Sama"
FULL = "Kuota Antrean Pada Poli dan Dokter Ini Sudah Penuh"


async def test_fifty_take_at_once(poli: Poli, books: Postgres) -> None:
    """Numbers 1 to 40 without gap or repeat; the quota is kept, ten are refused."""
    async with AsyncExitStack() as exits:
        phones = await crowd(books, exits, poli.clinic, 50)
        answers = await asyncio.gather(*(phone.take(n) for n, phone in enumerate(phones, 1)))
    assert {(200, "Ok"): QUOTA, (201, FULL): 10} == Counter(answers)
    assert list(range(1, QUOTA + 1)) == await poli.numbers()


async def test_telephones_and_the_counter_share_one_row_of_numbers(poli: Poli, books: Postgres) -> None:
    """Twenty-five phones and twenty-five at the counter, at once."""
    async with AsyncExitStack() as exits:
        phones = await crowd(books, exits, poli.clinic, 25)
        desks = [Poli(await exits.enter_async_context(connected(books)), poli.clinic) for _ in range(25)]
        takes = [phone.take(n) for n, phone in enumerate(phones, 1)]
        arrivals = [desk.arrive(n) for n, desk in enumerate(desks, 26)]
        await asyncio.gather(*takes, *arrivals)
    entries = await poli.entries()
    numbers = [row["number"] for row in entries]
    assert list(range(1, len(numbers) + 1)) == numbers
    assert 25 == sum(row["source"] == "counter" for row in entries)  # who stands at the counter is never sent away
    assert len({row["booking_code"] for row in entries}) == len(entries)
    assert {f"U-{n}" for n in numbers} == {row["queue_number"] for row in entries}


async def test_one_person_with_twenty_telephones(poli: Poli, books: Postgres) -> None:
    """One number; nineteen are told that it can be taken once."""
    async with AsyncExitStack() as exits:
        phones = await crowd(books, exits, poli.clinic, 20)
        answers = await asyncio.gather(*(phone.take(1) for phone in phones))
    assert {(200, "Ok"): 1, (201, ONCE): 19} == Counter(answers)


async def test_a_number_rolled_back_leaves_no_gap(poli: Poli, books: Postgres) -> None:
    """The next one waits for it, and gets it."""
    async with connected(books, "service_role") as other:
        change = other.transaction()
        await change.start()
        assert (200, "Ok") == await Poli(other, poli.clinic).take(1)
        waiting = asyncio.ensure_future(poli.take(2))
        await change.rollback()
        assert (200, "Ok") == await waiting
    assert [1] == await poli.numbers()


ACTIONS = st.lists(st.tuples(st.sampled_from(["take", "back", "arrive", "start", "finish", "cancel"]),
                             st.integers(1, 5)), max_size=25)  # fmt: skip
PROPERTY = settings(max_examples=40, derandomize=True, deadline=None, phases=[Phase.generate], print_blob=False,
                    suppress_health_check=list(HealthCheck))  # fmt: skip
MOVES = {"start": "in_progress", "finish": "finished", "cancel": "cancelled"}
FOLLOWS = {"arrived": {"waiting"}, "in_progress": {"called"}, "finished": {"served"}}


def test_any_order_of_things_keeps_the_numbers(books: Postgres) -> None:
    """Never a gap, a repeat, two places on the telephone, more than the quota; a place says what its visit says."""
    with asyncio.Runner() as runner:

        @PROPERTY
        @given(actions=ACTIONS)
        def played(actions: list[tuple[str, int]]) -> None:
            runner.run(_play(books, actions))

        played()


async def _play(books: Postgres, actions: list[tuple[str, int]]) -> None:
    async with connected(books) as connection:
        poli, visits = await opened(connection, quota=3), {}
        for action, person in actions:
            before = [row for row in await poli.entries() if row["status"] != "cancelled"]
            await _act(poli, action, person, visits)
            if action == "take" and len(before) >= 3:
                assert len(before) == len([row for row in await poli.entries() if row["status"] != "cancelled"])
        await _consistent(poli)


async def _act(poli: Poli, action: str, person: int, visits: dict[int, UUID]) -> None:
    if action == "take":
        await poli.take(person)
    elif action == "back":
        await poli.answer("give_back", person)
    elif action == "arrive":
        if person not in visits:
            visits[person] = await poli.arrive(person)
    elif person in visits:
        try:
            await poli.move(visits[person], MOVES[action])
        except asyncpg.CheckViolationError as error:
            assert error.constraint_name == "visit_status_moves_forward"  # noqa: PT017 - any other is a fault
        if action == "cancel":
            visits.pop(person)


async def _consistent(poli: Poli) -> None:
    entries = await poli.entries()
    assert list(range(1, len(entries) + 1)) == [row["number"] for row in entries]
    live = [row for row in entries if row["status"] != "cancelled"]
    assert max(Counter(row["patient_id"] for row in live).values(), default=0) <= 1
    for row in live:
        if row["visit_id"] is not None:
            status = await poli.connection.fetchval("select status from public.visits where id = $1", row["visit_id"])
            assert row["status"] in FOLLOWS[status]
    wishes = await poli.connection.fetch(SQL["wishes"])
    assert [row["number"] for row in entries] == [row["number"] for row in wishes]
    assert 0 == await poli.connection.fetchval(DESK["difference"])


async def test_a_place_follows_its_visit(poli: Poli) -> None:
    """Waiting, called, served; each step is a wish."""
    visit = await poli.arrive(1)
    seen = [(await poli.entries())[0]["status"]]
    for status in ("in_progress", "finished"):
        await poli.move(visit, status)
        seen.append((await poli.entries())[0]["status"])
    assert ["waiting", "called", "served"] == seen
    assert [(1, "ready", 3)] == [tuple(row) for row in await poli.connection.fetch(SQL["wishes"])]


async def test_without_practice_hours_there_is_no_queue(poli: Poli) -> None:
    """A clinic that never wrote them down is not bothered."""
    await poli.connection.execute("delete from public.practitioner_schedules")
    await poli.arrive(1)
    assert [] == await poli.entries()
    assert (201, "Poli Tidak Ditemukan") == await poli.take(2)


async def test_the_number_from_the_telephone_is_the_number_at_the_counter(poli: Poli) -> None:
    """Also for whoever was called in vain before."""
    await poli.take(1)
    await poli.connection.execute("update public.queue_entries set status = 'absent'")
    visit = await poli.arrive(1)
    (row,) = await poli.entries()
    assert (visit, "waiting", "mobile_jkn") == (row["visit_id"], row["status"], row["source"])


async def test_the_night_ends_yesterdays_queues(poli: Poli) -> None:
    """Who never came was absent; what waits for a person is past mending; today is left alone."""
    for person in (1, 2, 3):
        await poli.take(person)
    await poli.connection.execute(SQL["yesterday"], 2)
    await poli.connection.execute("set role service_role")
    for lease in await poli.connection.fetch("select * from integration.lease('antrean', 'ana', 9, 60)"):
        told = json.dumps([missing(dict(lease), "mapping/bpjs_poli/x")])
        await poli.connection.execute("select * from integration.record('ana', $1)", told)
    said = json.loads(await poli.connection.fetchval("select integration.close_queues()::text"))
    await poli.connection.execute("reset role")
    assert {"absent": 2, "late": 0} == said
    assert ["absent", "absent", "waiting"] == [row["status"] for row in await poli.entries()]
    assert ["ready", "ready", "blocked"] == [row["state"] for row in await poli.connection.fetch(SQL["wishes"])]


async def test_what_waited_for_a_person_too_long_is_put_away(poli: Poli) -> None:
    """BPJS takes no place of a day gone by, so nobody is asked to mend one."""
    await poli.arrive(1)
    await poli.connection.execute("set role service_role")
    (lease,) = await poli.connection.fetch("select * from integration.lease('antrean', 'ana', 9, 60)")
    await poli.connection.execute(
        "select * from integration.record('ana', $1)", json.dumps([missing(dict(lease), "x")])
    )
    await poli.connection.execute("reset role")
    await poli.connection.execute(SQL["late"])
    assert 1 == json.loads(await poli.connection.fetchval("select integration.close_queues()::text"))["late"]
    assert ["exempt"] == [row["state"] for row in await poli.connection.fetch(SQL["wishes"])]
    assert 0 == await poli.connection.fetchval("select count(*) from public.work_items where target = 'antrean'")
