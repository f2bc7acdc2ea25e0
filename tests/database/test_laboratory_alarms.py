"""A critical result climbs whatever is done to the ladder meanwhile; once it is answered nothing is left behind."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.bench import SQL, Bench, Row
from tests.database.desk import connected, waiting
from tests.database.test_notifications import CRITICAL, alert_of, climbed

LADDER = """insert into public.escalation_steps (clinic_id, step, after_minutes, recipients, channels)
            values ($1, $2, $3, $4, '{email}')"""
BALANCE = "select coalesce(sum(abs(difference)), 0)::integer from integration.status() where clinic_id = $1"
EMPTY = "delete from public.escalation_steps where clinic_id = $1"
MESSAGES = """select state::text from integration.deliveries
               where subject_id in (select id from public.messages where alert_id = $1)"""
LEASED = """update integration.deliveries
               set state = 'leased', leased_by = 'w', leased_until = now(), leased_generation = generation
             where subject_id in (select id from public.messages where alert_id = $1)"""
BLOCKED = """update integration.deliveries
                set state = 'blocked', problems = '[{"role": "admin", "field": "contact", "reason": "Isi."}]'
              where subject_id in (select id from public.messages where alert_id = $1)"""
LATE_YESTERDAY = (
    "update public.diagnostic_orders set ordered_at = $2 where clinic_id = $1",
    "update public.result_files set arrived_at = $2 where clinic_id = $1",
    "update public.messages set created_at = $2 where clinic_id = $1",
    """update integration.deliveries set service_date = ($2::timestamptz at time zone 'Asia/Jakarta')::date
        where clinic_id = $1 and kind <> 'visit'""",
)


async def edit(bench: Bench, statement: str, *arguments: object) -> None:
    """The admin edits the ladder."""
    async with bench.acting("admin"):
        await bench.connection.execute(statement, bench.clinic, *arguments)


@pytest.mark.parametrize("empty", ["when it is raised", "when its time comes"])
async def test_a_ladder_that_was_empty_for_a_moment_forgets_nobody(bench: Bench, empty: str) -> None:
    """A front end saves it by taking all steps away and setting them anew; meanwhile a worker looks."""
    if empty == "when it is raised":
        await edit(bench, EMPTY)
    order = await bench.reached("final", "HB", values=CRITICAL)
    if empty == "when its time comes":
        await edit(bench, EMPTY)
        await climbed(bench)
    await edit(bench, LADDER, 1, 5, "management")
    assert await bench.connection.fetchval(
        "select escalates_at > now() from public.critical_alerts where id = $1", await alert_of(bench, order)
    )

    assert [1, 0] == [await climbed(bench), await climbed(bench)]
    assert {bench.staff["owner"], bench.staff["admin"]} == {
        row["staff_id"] for row in await bench.notifications(order) if row["step"] == 1
    }


async def test_a_step_added_above_the_last_is_climbed(bench: Bench) -> None:
    """By what had reached the top; not by what was answered."""
    order, answered = [await bench.reached("final", "HB", values=CRITICAL) for _ in range(2)]
    await bench.call("doctor", "acknowledge_critical", await alert_of(bench, answered), "Dirujuk")
    for _ in range(4):
        await climbed(bench)
    await edit(bench, LADDER, 100_000, 5, "management")

    assert [1, 0] == [await climbed(bench), await climbed(bench)]
    assert 100_000 == (await bench.notifications(order))[-1]["step"]


@pytest.mark.parametrize(("step", "minutes"), [(0, "5"), (5, "NaN"), (5, "1e300"), (5, "0"), (5, "-1")])
async def test_a_step_nobody_can_climb_is_refused(bench: Bench, step: int, minutes: str) -> None:
    """One clinic's slip must not stop the alarms of all, nor a result from becoming final."""
    with pytest.raises(asyncpg.CheckViolationError):
        await edit(bench, LADDER.replace("$3", f"'{minutes}'").replace("$4", "$3"), step, "management")


async def test_who_is_no_doctor_any_more_is_not_told(bench: Bench) -> None:
    """They work at the desk now: the results are another doctor's."""
    order = await bench.reached("final", "HB")
    await bench.connection.execute("delete from public.staff_roles where staff_id = $1", bench.staff["doctor"])
    await bench.call("lab", "amend_results", order["id"], [{"code": "HB", "numeric": "9", "unit": "g/dL"}], "Tertukar")

    assert {bench.staff["second_doctor"]} == {
        row["staff_id"] for row in await bench.notifications(order) if row["kind"] == "result_amended"
    }


async def test_answered_it_leaves_no_work_behind(bench: Bench) -> None:
    """A message that reached nobody need not be mended: it goes once more, to be let off."""
    order = await bench.reached("final", "HB", values=CRITICAL)
    alert = await alert_of(bench, order)
    await climbed(bench)
    await bench.connection.execute(LEASED, alert)
    await bench.connection.execute(BLOCKED, alert)
    await bench.call("doctor", "acknowledge_critical", alert, "Dirujuk")

    states = await bench.connection.fetch(MESSAGES, alert)
    assert {"ready"} == {row["state"] for row in states}


async def test_answered_in_the_instant_it_climbs(bench: Bench, books: Postgres) -> None:
    """Whoever is second sees what the first did; the answer stays, and nothing climbs after it."""
    order = await bench.reached("final", "HB", values=CRITICAL)
    alert = await alert_of(bench, order)
    await bench.connection.execute(SQL["overdue"], bench.clinic)
    async with connected(books) as one, connected(books) as two, connected(books) as watcher:
        async with one.transaction():
            assert 1 == await one.fetchval("select integration.escalate()")
            other = Bench(two, bench.clinic, bench.users, bench.staff)
            answering = await waiting(watcher, other.call("doctor", "acknowledge_critical", alert, "Dirujuk"))
        await answering

    assert 0 == await climbed(bench)
    kept = await bench.connection.fetchrow(
        "select note, escalates_at, step from public.critical_alerts where id = $1", alert
    )
    assert ("Dirujuk", None, 1) == tuple(kept)


@pytest.mark.parametrize("zone", ["Asia/Jayapura", "Asia/Makassar"])
async def test_every_subject_stays_on_its_day(bench: Bench, zone: str) -> None:
    """A corrected time zone moves orders, files and messages as it does visits: the books balance."""
    order: Row = await bench.reached("final", "HB", values=CRITICAL)
    await climbed(bench)
    file = UUID((await bench.call("lab", "register_upload", UUID(order["id"]), "x.pdf"))["id"])
    await bench.connection.execute("select private.arrived($1)", file)
    midnight = datetime.now(ZoneInfo("Asia/Jakarta")).replace(hour=0, minute=0, second=0, microsecond=0)
    for statement in LATE_YESTERDAY:
        await bench.connection.execute(statement, bench.clinic, midnight - timedelta(minutes=30))
    assert 0 == await bench.connection.fetchval(BALANCE, bench.clinic)
    await bench.connection.execute("update public.clinics set time_zone = $2 where id = $1", bench.clinic, zone)

    assert 0 == await bench.connection.fetchval(BALANCE, bench.clinic)
