"""Odd messages at odd moments: none stops the others, is filed for somebody else, or goes back in time."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.bench import SQL, Bench, Row, opened, seen
from tests.database.desk import connected, waiting
from tests.database.test_worklist import MAP, tube

REMAP = "update public.analyser_codes set test_code = $3 where clinic_id = $1 and analyser_code = $2"


def minutes_ago(minutes: int) -> str:
    """A moment of today, as an analyser tells it."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


async def reasons(bench: Bench) -> list[str]:
    """Why things stand on the worklist."""
    return [row["reason"] for row in await bench.worklist()]


@pytest.mark.parametrize("numeric", ["tinggi", "1e400000", "9" * 5000, "NaN", "", None])
@pytest.mark.parametrize("state", ["final", "preliminary"])
async def test_no_number_is_too_odd(bench: Bench, state: str, numeric: str | None) -> None:
    """Whatever it is and however late it comes, the good value beside it is kept."""
    other = await bench.ordered("HB")
    order = await bench.reached(state, "HB")
    told = await bench.receive(
        {**seen("HB", "1", "g/dL", tube(order)), "numeric": numeric}, seen("HB", "9", "g/dL", tube(other))
    )

    assert ("AA", 1, 1) == (told["acknowledgement"], told["taken"], told["unmatched"])
    assert {"HB"} == set(await bench.results(other))


@pytest.mark.parametrize(
    "odd", ["teks", 7, None, [], {}, True, {"code": "x" * 9000, "accession_number": "y" * 9000, "name": "z" * 9000}]
)
async def test_an_observation_may_be_anything(bench: Bench, odd: Any) -> None:
    """It is kept whole on the worklist."""
    order = await bench.ordered("HB")
    told = await bench.receive(odd, seen("HB", "9", "g/dL", tube(order)))

    assert ("AA", 1, 1) == (told["acknowledgement"], told["taken"], told["unmatched"])
    kept = await bench.connection.fetchval(
        "select value::text from public.unmatched_results where clinic_id = $1", bench.clinic
    )
    assert odd == json.loads(kept)


@pytest.mark.parametrize("observations", [None, "teks", {}, 7])
async def test_a_message_without_a_list_is_not_acknowledged(bench: Bench, observations: Any) -> None:
    """And leaves nothing behind that would make the right one a repeat."""
    told = await bench.receive(control_id="5", observations=observations)
    order = await bench.ordered("HB")

    assert "AE" == told["acknowledgement"]
    assert not (await bench.receive(seen("HB", "9", "g/dL", tube(order)), control_id="5"))["duplicate"]


@pytest.mark.parametrize("written", [str.lower, lambda number: f" {number} ", lambda number: f"{number.lower()}  "])
async def test_a_number_is_read_as_on_the_label(bench: Bench, written: Any) -> None:
    """Typed into the instrument by hand: in small letters, with a blank."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HB", "9", "g/dL", written(tube(order))))

    assert {"HB"} == set(await bench.results(order))


async def test_a_rejected_tube_is_known_however_it_is_written(bench: Bench) -> None:
    """What is measured in it goes to the worklist."""
    order = await bench.reached("collected", "HB")
    await bench.call("lab", "reject_specimen", order["specimens"][0]["id"], "Hemolisis")
    await bench.receive(seen("HB", "9", "g/dL", tube(order).lower()))

    assert (["order_closed"], {}) == (await reasons(bench), await bench.results(order))


async def test_numbers_with_blanks_are_locked_in_the_same_order(bench: Bench, books: Postgres) -> None:
    """Nobody is thrown out as a deadlock because an instrument pads its numbers."""
    orders = [await bench.ordered("CBC") for _ in range(4)]

    async def send(turn: int) -> Row:
        mixed = orders[turn % 4 :] + orders[: turn % 4]
        async with connected(books) as connection:
            one = Bench(connection, bench.clinic, bench.users, bench.staff)
            return await one.receive(*(seen("HB", str(turn), "g/dL", f" {tube(order)}") for order in mixed))

    told = await asyncio.gather(*(send(turn) for turn in range(12)))
    assert {("AA", 4)} == {(one["acknowledgement"], one["taken"]) for one in told}


async def test_an_analyser_of_two_clinics_is_not_guessed(bench: Bench, other: asyncpg.Connection) -> None:
    """Both have a tube of that number: a worker for all clinics must not choose between two patients."""
    there = await opened(other)
    name = uuid4().hex
    for one in (bench, there):
        await bench.connection.fetchval(SQL["analyser"], one.clinic, name)
    order, twin = await bench.ordered("HB"), await there.ordered("HB")
    assert tube(order) == tube(twin)
    control = uuid4().hex
    message = {
        "sending_application": name,
        "sending_facility": "",
        "control_id": control,
        "sha256": control,
        "observations": [seen("HB", "9", "g/dL", tube(order))],
    }
    call = "select integration.receive_results($1, $2)::text"
    told = json.loads(await bench.connection.fetchval(call, None, json.dumps(message)))
    assert ("AR", {}, {}) == (told["acknowledgement"], await bench.results(order), await there.results(twin))

    assert (
        "AA" == json.loads(await bench.connection.fetchval(call, there.clinic, json.dumps(message)))["acknowledgement"]
    )
    assert ({}, {"HB"}) == (await bench.results(order), set(await there.results(twin)))


async def test_an_older_measure_does_not_take_the_place_of_a_newer(bench: Bench) -> None:
    """The analyser's queue delivers the first run after the rerun: a person decides; a mere repeat is nothing."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HB", "9.0", "g/dL", tube(order), observed_at=minutes_ago(30)))
    await bench.receive(seen("HB", "10.0", "g/dL", tube(order), observed_at=minutes_ago(10)))
    await bench.receive(seen("HB", "9.0", "g/dL", tube(order), observed_at=minutes_ago(30)))
    assert [] == await reasons(bench)
    await bench.receive(seen("HB", "7.5", "g/dL", tube(order), observed_at=minutes_ago(20)))
    assert ["newer_there"] == await reasons(bench)
    assert "10.0" == str((await bench.results(order))["HB"]["value_numeric"])

    (waits,) = await bench.worklist()
    await bench.call("lab", "match_result", waits["id"])
    assert ("7.5", []) == (str((await bench.results(order))["HB"]["value_numeric"]), await reasons(bench))


async def test_what_waited_does_not_take_the_place_of_what_was_typed_since(bench: Bench) -> None:
    """The code is mapped in the afternoon; the technician has long measured again and typed it."""
    order = await bench.reached("in_process", "HB")
    await bench.receive(seen("HGB*", "9.5", "g/dL", tube(order)))
    await bench.call("lab", "enter_results", order["id"], [{"code": "HB", "numeric": "11.2", "unit": "g/dL"}])
    async with bench.acting("lab"):
        await bench.connection.execute(MAP, bench.clinic, "HGB*", "HB", None)

    assert ("11.2", ["newer_there"]) == (str((await bench.results(order))["HB"]["value_numeric"]), await reasons(bench))


async def test_a_code_mapped_wrongly_and_then_rightly_files_what_waited(bench: Bench) -> None:
    """The first mapping said another test; nothing is forgotten by it."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HGB*", "9.5", "g/dL", tube(order)))
    async with bench.acting("lab"):
        await bench.connection.execute(MAP, bench.clinic, "HGB*", "PLT", None)
    assert ["not_ordered"] == await reasons(bench)
    async with bench.acting("lab"):
        await bench.connection.execute(REMAP, bench.clinic, "HGB*", "HB")

    assert ({"HB"}, []) == (set(await bench.results(order)), await reasons(bench))


async def test_what_waits_was_measured_when_it_came(bench: Bench) -> None:
    """Not when somebody looked at the worklist."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HGB*", "9.5", "g/dL", tube(order)))
    await bench.connection.execute(
        "update public.unmatched_results set received_at = received_at - interval '3 hours' where clinic_id = $1",
        bench.clinic,
    )
    async with bench.acting("lab"):
        await bench.connection.execute(MAP, bench.clinic, "HGB*", "HB", None)

    assert await bench.connection.fetchval(
        "select observed_at < now() - interval '2 hours' from public.results where order_id = $1", UUID(order["id"])
    )


async def test_mapping_a_code_and_a_message_do_not_wait_crosswise(bench: Bench, books: Postgres) -> None:
    """The worklist is filed in the order in which messages lock: neither is thrown out."""
    orders = sorted([await bench.ordered("HB") for _ in range(2)], key=lambda order: order["id"])
    for order in reversed(orders):  # the later one came first
        await bench.receive(seen("HGB*", "9.5", "g/dL", tube(order)))
    async with connected(books) as one, connected(books) as two, connected(books) as watcher:
        socket = Bench(two, bench.clinic, bench.users, bench.staff)
        async with one.transaction():
            await one.execute(
                "select 1 from public.diagnostic_orders where id = $1 for no key update", UUID(orders[0]["id"])
            )
            mapping = await waiting(watcher, socket.connection.execute(MAP, bench.clinic, "HGB*", "HB", None))
            async with asyncio.timeout(5):
                await one.execute(
                    "select 1 from public.diagnostic_orders where id = $1 for no key update", UUID(orders[1]["id"])
                )
        await mapping

    assert [] == await reasons(bench)


@pytest.mark.parametrize(
    ("seen_again", "filed"),
    [
        ({"coded": "Negatif"}, True),
        ({"coded": "neg"}, True),
        ({"text": " NEG "}, True),
        ({"coded": "POS"}, False),
    ],
)
async def test_a_word_sent_again_after_the_end_is_a_repeat(bench: Bench, seen_again: Row, filed: bool) -> None:
    """Under another control id; another word is a correction that waits for a person."""
    order = await bench.reached("final", "MALARIA", values=[{"code": "MALARIA", "coded": "NEG"}])
    told = await bench.receive({**seen("MALARIA", "", None, tube(order)), "numeric": None, **seen_again})

    assert (1, 0) == (told["taken"], told["unmatched"]) if filed else ["order_closed"] == await reasons(bench)


async def test_the_same_number_in_another_unit_is_no_repeat(bench: Bench) -> None:
    """9.5 g/L is not 9.5 g/dL."""
    order = await bench.reached("final", "HB", values=[{"code": "HB", "numeric": "9.5", "unit": "g/dL"}])
    await bench.receive(seen("HB", "9.5", "g/L", tube(order)))

    assert ["order_closed"] == await reasons(bench)


async def test_the_last_of_one_message_counts(bench: Bench) -> None:
    """The same code twice: both are kept, in their order."""
    order = await bench.ordered("HB")
    told = await bench.receive(seen("HB", "9.0", "g/dL", tube(order)), seen("HB", "9.1", "g/dL", tube(order)))

    assert (2, "9.1") == (told["taken"], str((await bench.results(order))["HB"]["value_numeric"]))
    assert 2 == await bench.connection.fetchval(
        "select count(*) from public.results where order_id = $1", UUID(order["id"])
    )


async def test_when_it_came_is_not_the_messages_to_say(bench: Bench) -> None:
    """A field of ours in a message changes nothing."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HB", "9.0", "g/dL", tube(order)))
    await bench.receive(seen("HB", "9.2", "g/dL", tube(order), received_at="1990-01-01T00:00:00Z"))

    assert "9.2" == str((await bench.results(order))["HB"]["value_numeric"])
