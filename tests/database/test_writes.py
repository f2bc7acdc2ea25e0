"""The clinic's ordinary writes: each that matters is a wish, in its own transaction, and no other is."""

import tomllib
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.database.desk import SQL, Clinic, Worker, report, waiting

WRITES = tomllib.loads(Path(__file__).with_name("writes.toml").read_text())
PARTS = ("diagnoses", "vital_signs", "procedures", "allergies", "prescriptions", "prescription_items", "dispenses")


async def test_only_a_finished_visit_is_delivered(clinic: Clinic) -> None:
    """What is still under way, or never took place, is nobody's business."""
    visit, cancelled = await clinic.arrival(), await clinic.arrival()
    await clinic.write("diagnose", visit)
    await clinic.connection.execute("update public.visits set status = 'cancelled' where id = $1", cancelled)
    assert {} == await clinic.delivery(visit)

    await clinic.write("finish", visit)

    assert ("ready", 1) == ((await clinic.delivery(visit))["state"], (await clinic.delivery(visit))["generation"])
    assert {} == await clinic.delivery(cancelled)


async def test_a_write_that_is_rolled_back_leaves_no_wish(clinic: Clinic, other: asyncpg.Connection) -> None:
    """The delivery is part of the clinic's own transaction, for better and for worse."""
    visit = await clinic.arrival()
    change = other.transaction()
    await change.start()
    await other.execute(SQL["finish"], visit)
    assert await other.fetchrow(SQL["delivery"], visit)
    await change.rollback()

    assert {} == await clinic.delivery(visit)


async def test_every_write_about_a_finished_visit_is_a_wish(clinic: Clinic, ana: Worker) -> None:
    """One more generation each, and a delivered row is ready again."""
    (visit,) = await clinic.finished()
    for name, statement in [*WRITES["inserts"].items(), *WRITES["updates"].items()]:
        (lease,) = await ana.lease()
        await ana.record(report(lease, "delivered"))
        await clinic.connection.execute(statement, visit)
        after = await clinic.delivery(visit)
        assert ("ready", lease["generation"] + 1) == (after["state"], after["generation"]), name
        assert 0 == await clinic.difference()


async def test_writing_the_same_again_is_no_wish(clinic: Clinic) -> None:
    """A front end that saves an unchanged form costs nothing."""
    (visit,) = await clinic.finished()
    for statement in WRITES["inserts"].values():
        await clinic.connection.execute(statement, visit)
    before = await clinic.delivery(visit)

    await clinic.connection.execute("update public.visits set status = status where id = $1", visit)
    for table in PARTS:
        await clinic.connection.execute(f"update public.{table} set clinic_id = clinic_id")  # noqa: S608

    assert before == await clinic.delivery(visit)


async def test_payments_are_no_wish(clinic: Clinic) -> None:
    """The ministry does not ask what was paid."""
    (visit,) = await clinic.finished()
    before = await clinic.delivery(visit)
    await clinic.connection.execute(
        "insert into public.payments (clinic_id, visit_id, amount_rupiah, method) values ($1, $2, 1, 'cash')",
        clinic.ids["clinic"], visit,
    )  # fmt: skip

    assert before == await clinic.delivery(visit)


async def test_a_diagnosis_written_while_the_visit_is_being_finished(
    clinic: Clinic, ana: Worker, other: asyncpg.Connection
) -> None:
    """Two people at once: the one who commits last must not be forgotten."""
    visit = await clinic.arrival()
    finishing = clinic.connection.transaction()
    await finishing.start()
    await clinic.write("finish", visit)
    diagnosing = other.transaction()
    await diagnosing.start()
    diagnosis = await waiting(ana.connection, other.execute(SQL["diagnose"], visit))
    await finishing.commit()
    await diagnosis
    for lease in await ana.lease():
        await ana.record(report(lease, "delivered"))
    await diagnosing.commit()

    (lease,) = await ana.lease()
    assert "Dengue" in lease["snapshot"]


async def test_two_edits_at_once_are_two_wishes(clinic: Clinic, other: asyncpg.Connection) -> None:
    """Nothing is overwritten."""
    (visit,) = await clinic.finished()
    async with other.transaction():
        await other.execute(SQL["diagnose"], visit)
        second = await waiting(other, clinic.write("diagnose", visit))
    await second

    assert 3 == (await clinic.delivery(visit))["generation"]


async def test_ten_edits_are_one_delivery(clinic: Clinic, ana: Worker) -> None:
    """While the ministry is away, only the latest state counts."""
    (visit,) = await clinic.finished()
    for _ in range(10):
        await clinic.write("edit", visit)

    (lease,) = await ana.lease()

    assert 11 == lease["generation"]
    assert [("recorded", "delivered")] == await ana.record(report(lease, "delivered"))


async def test_a_sent_visit_that_is_cancelled_is_told(clinic: Clinic, ana: Worker) -> None:
    """It still counts, and the target hears of it."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(report(lease, "delivered"))
    await clinic.connection.execute("update public.visits set status = 'cancelled' where id = $1", visit)

    assert "ready" == await clinic.state(visit)
    assert 0 == await clinic.difference()


async def test_a_visit_from_before_the_first_day_stays_away(clinic: Clinic, ana: Worker) -> None:
    """Until a backfill lowers that day."""
    await clinic.connection.execute("update integration.lanes set since = '2099-01-01'")
    (visit,) = await clinic.finished()
    assert ({}, 0) == (await clinic.delivery(visit), await clinic.difference())

    await ana.connection.fetchrow("select * from integration.backfill('satusehat', '2014-06-03')")

    assert ("ready", 10) == ((await clinic.delivery(visit))["state"], (await clinic.delivery(visit))["priority"])
    assert 0 == await clinic.difference()


async def test_a_backfill_can_be_repeated(clinic: Clinic, ana: Worker) -> None:
    """In portions, by two at once, again and again: one row per visit."""
    visits = await clinic.finished(5)
    await clinic.connection.execute("truncate integration.deliveries cascade")
    call = "select * from integration.backfill('satusehat', '2014-06-03', 2)"

    counts = [tuple(await ana.connection.fetchrow(call)) for _ in range(4)]

    assert [(2, 3), (2, 1), (1, 0), (0, 0)] == counts
    assert 5 == len(visits)
    assert 0 == await clinic.difference()


@pytest.mark.parametrize("statement", [
    "update public.visits set finished_at = now() where id = $1",
    "update public.visits set status = 'cancelled', finished_at = now() where id = $1",
    "update public.visits set status = 'in_progress', finished_at = now() where id = $1",
])  # fmt: skip
async def test_only_finishing_gives_a_time_of_finish(clinic: Clinic, statement: str) -> None:
    """Whatever a front end writes, eligible and delivered count the same visits."""
    visit = await clinic.arrival()
    with suppress(asyncpg.CheckViolationError):
        await clinic.connection.execute(statement, visit)

    assert 0 == await clinic.difference()


@pytest.mark.parametrize("statement", [
    "update public.visits set arrived_at = arrived_at - interval '3 days' where clinic_id = $1",
    "update public.clinics set time_zone = 'Asia/Jayapura' where id = $1",
    "update public.clinics set time_zone = 'Asia/Makassar', name = 'Klinik Lain' where id = $1",
])  # fmt: skip
async def test_every_visit_stays_on_its_day(clinic: Clinic, statement: str) -> None:
    """A corrected arrival or time zone moves the delivery to the day the visit now belongs to."""
    for hours in range(0, 24, 1):
        await clinic.write("finish", await clinic.arrival(hours))

    await clinic.connection.execute(statement, clinic.ids["clinic"])

    assert 0 == await clinic.difference()


async def test_a_missing_row_shows(clinic: Clinic) -> None:
    """The law is an independent count: it notices what the triggers did not."""
    visits = await clinic.finished(3)
    assert 0 == await clinic.difference()

    await clinic.connection.execute("delete from integration.deliveries where subject_id = $1", visits[0])

    assert 1 == await clinic.difference()


async def test_a_row_too_many_shows(clinic: Clinic) -> None:
    """The same when a visit disappeared behind the database's back."""
    visits = await clinic.finished(3)

    await clinic.connection.execute("delete from public.visits where id = $1", visits[0])

    assert 1 == await clinic.difference()


async def test_each_clinic_numbers_its_own_visits(clinic: Clinic, other: asyncpg.Connection) -> None:
    """From 1 on, whatever other clinics do; a number written by hand is left out."""
    neighbour = await Clinic.open(other)
    await neighbour.finished(3)
    visits = await clinic.finished(2)
    ends = "select right(registration_number, 4) from public.visits where id = any ($1) order by 1"
    assert ["0001", "0002"] == [row[0] for row in await clinic.connection.fetch(ends, visits)]
    await clinic.connection.execute(
        "update public.visits set registration_number = left(registration_number, 12) || '0003' where id = $1",
        visits[0],
    )
    assert ["0004"] == [row[0] for row in await clinic.connection.fetch(ends, [await clinic.arrival()])]


async def test_two_registrations_at_once_have_two_numbers(clinic: Clinic, other: asyncpg.Connection) -> None:
    """The second waits for the first, and neither fails."""
    people = [clinic.ids[name] for name in ("clinic", "patient", "doctor", "room")]
    async with other.transaction():
        first = await other.fetchval(SQL["visit"], *people, 1)
        second = await waiting(other, clinic.arrival())
    numbers = await clinic.connection.fetch(
        "select distinct registration_number from public.visits where id = any ($1)", [first, await second]
    )
    assert 2 == len(numbers)
