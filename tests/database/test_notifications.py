"""Who is told, when, and how a critical result climbs until somebody answers."""

import json
from uuid import UUID

import pytest

from tests.database.bench import SQL, Bench, Row, seen

CRITICAL = [{"code": "HB", "numeric": "5.1", "unit": "g/dL"}]
ADDRESS = "insert into public.staff_contacts (clinic_id, staff_id, whatsapp_number) values ($1, $2, '+6281234567890')"


async def alert_of(bench: Bench, order: Row) -> UUID:
    """The alert of an order."""
    return await bench.connection.fetchval(
        "select id from public.critical_alerts where order_id = $1", UUID(order["id"])
    )


async def climbed(bench: Bench) -> int:
    """The next step's time comes."""
    await bench.connection.execute(SQL["overdue"], bench.clinic)
    return await bench.connection.fetchval("select integration.escalate()")


async def test_the_doctor_is_told_in_the_moment_it_is_final(bench: Bench) -> None:
    """One row, theirs, that names no patient and no value."""
    order = await bench.reached("final", "HB")

    (told,) = await bench.notifications(order)
    assert (bench.staff["doctor"], "result_final", []) == (told["staff_id"], told["kind"], json.loads(told["changes"]))
    assert order["accession_number"] in told["title"]


async def test_nothing_is_told_before(bench: Bench) -> None:
    """Preliminary results are the laboratory's."""
    assert [] == await bench.notifications(await bench.reached("preliminary", "HB"))


async def test_an_amendment_says_what_changed(bench: Bench) -> None:
    """Before and after."""
    order = await bench.reached("amended", "HB")

    told = (await bench.notifications(order))[-1]
    assert "result_amended" == told["kind"]
    assert [
        {"code": "HB", "name": "Hemoglobin", "before": "13.1 g/dL", "after": "12.9 g/dL", "flag": "N"}
    ] == json.loads(told["changes"])


async def test_when_the_doctor_has_left_every_doctor_is_told(bench: Bench) -> None:
    """Rather too many than nobody."""
    order = await bench.reached("preliminary", "HB")
    await bench.connection.execute("update public.staff set active = false where id = $1", bench.staff["doctor"])
    await bench.call("lab", "finalize_order", order["id"])

    assert {bench.staff["second_doctor"]} == {row["staff_id"] for row in await bench.notifications(order)}


async def test_a_critical_value_climbs_until_it_is_acknowledged(bench: Bench) -> None:
    """The doctor, every doctor, the management; then it stops, and an answer stops it sooner."""
    await bench.connection.execute(ADDRESS, bench.clinic, bench.staff["doctor"])
    order = await bench.reached("final", "HB", values=CRITICAL)
    assert ["result_critical"] == [row["kind"] for row in await bench.notifications(order)]
    assert [1, 1, 1, 0] == [await climbed(bench) for _ in range(4)]

    steps = [(row["step"], row["staff_id"]) for row in await bench.notifications(order)]
    doctors, management = (
        {bench.staff["doctor"], bench.staff["second_doctor"]},
        {bench.staff["owner"], bench.staff["admin"]},
    )
    assert {bench.staff["doctor"]} == {who for step, who in steps if step == 1}
    assert doctors == {who for step, who in steps if step == 2}
    assert management == {who for step, who in steps if step == 3}


async def test_a_message_is_a_delivery_to_an_address(bench: Bench) -> None:
    """WhatsApp where there is a number, e-mail of the login otherwise; once for each step, channel and person."""
    await bench.connection.execute(ADDRESS, bench.clinic, bench.staff["doctor"])
    order = await bench.reached("final", "HB", values=CRITICAL)
    await climbed(bench)

    rows = await bench.connection.fetch(
        "select id, channel from public.messages where alert_id = $1", await alert_of(bench, order)
    )
    assert {"email", "whatsapp"} == {row["channel"] for row in rows}
    for row in rows:
        told = json.loads(await bench.connection.fetchval("select private.message_snapshot($1)::text", row["id"]))
        assert told["message"]["address"] in {
            "+6281234567890",
            await bench.connection.fetchval("select email from auth.users where id = $1", bench.users["doctor"]),
        }
        assert "patient" not in told
        assert "ready" == (await bench.connection.fetchrow(SQL["delivery"], row["id"]))["state"]


@pytest.mark.parametrize("person", ["doctor", "second_doctor", "owner"])
async def test_whoever_answers_stops_it(bench: Bench, person: str) -> None:
    """A doctor, or somebody it has climbed to; with a note; the first answer stays."""
    order = await bench.reached("final", "HB", values=CRITICAL)
    alert = await alert_of(bench, order)
    if person == "owner":
        assert "P0002" == await bench.refused(person, "acknowledge_critical", alert, "Pasien dirujuk")
        for _ in range(3):
            await climbed(bench)
    assert "23514" == await bench.refused(person, "acknowledge_critical", alert, " ")
    await bench.call(person, "acknowledge_critical", alert, "Pasien dirujuk")
    await bench.call("doctor", "acknowledge_critical", alert, "Terlambat")

    kept = await bench.connection.fetchrow(
        "select acknowledged_by, note, escalates_at from public.critical_alerts where id = $1", alert
    )
    assert (bench.staff[person], "Pasien dirujuk", None) == tuple(kept)
    assert 0 == await climbed(bench)


@pytest.mark.parametrize("person", ["nurse", "lab", "pharmacist", "cashier", "front_desk", "stranger"])
async def test_others_cannot_answer(bench: Bench, person: str) -> None:
    """Nobody silences an alarm that was not for them."""
    order = await bench.reached("final", "HB", values=CRITICAL)

    assert "P0002" == await bench.refused(
        person, "acknowledge_critical", await alert_of(bench, order), "Pasien dirujuk"
    )


async def test_two_workers_climb_one_step(bench: Bench) -> None:
    """Called twice at the same time, or again at once, it is one step."""
    await bench.reached("final", "HB", values=CRITICAL)

    assert (1, 0) == (await climbed(bench), await bench.connection.fetchval("select integration.escalate()"))


async def test_an_amendment_to_a_critical_value_is_an_alarm_too(bench: Bench) -> None:
    """And one that was critical already and did not change is none."""
    order = await bench.reached("final", "HB")
    await bench.call("lab", "amend_results", order["id"], CRITICAL, "Tertukar")

    assert ["result_final", "result_amended", "result_critical"] == [
        row["kind"] for row in await bench.notifications(order)
    ]


async def test_a_critical_value_of_an_analyser_asks_for_verification(bench: Bench) -> None:
    """The laboratory is told at once, one time for an order."""
    order = await bench.ordered("HB")
    for value in ("5.1", "5.0"):
        await bench.receive(seen("HB", value, "g/dL", order["specimens"][0]["accession_number"]))

    assert [(bench.staff["lab"], "critical_unverified")] == [
        (row["staff_id"], row["kind"]) for row in await bench.notifications(order)
    ]


async def test_people_read_and_mark_their_own(bench: Bench) -> None:
    """Not each other's."""
    order = await bench.reached("final", "HB")
    mark = "update public.notifications set read_at = now() where order_id = $1"
    marked = {}
    for person in ("second_doctor", "nurse", "owner", "doctor"):
        async with bench.acting(person):
            marked[person] = await bench.connection.execute(mark, UUID(order["id"]))

    assert {"second_doctor": "UPDATE 0", "nurse": "UPDATE 0", "owner": "UPDATE 0", "doctor": "UPDATE 1"} == marked
