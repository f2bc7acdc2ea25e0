"""What analysers send: filed once, or on the worklist with the reason; never lost, never filed for somebody else."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.bench import Bench, Row, seen
from tests.database.desk import connected

MAP = """insert into public.analyser_codes (clinic_id, analyser_id, analyser_code, test_code, analyser_unit)
         select clinic_id, id, $2, $3, $4 from public.analysers where clinic_id = $1"""


def tube(order: Row) -> str:
    """The barcode of the first tube."""
    return order["specimens"][0]["accession_number"]


async def test_a_result_is_filed_under_its_tube(bench: Bench) -> None:
    """And the order is preliminary, whether or not anybody had pressed that the blood was taken."""
    order = await bench.ordered("HB")
    told = await bench.receive(seen("HB", "9.5", "g/dL", tube(order)))

    assert {"acknowledgement": "AA", "duplicate": False, "taken": 1, "unmatched": 0, "text": "Received"} == told
    kept = (await bench.results(order))["HB"]
    assert ("L", "analyser", "preliminary") == (kept["flag"], kept["source"], kept["status"])
    assert "preliminary" == await bench.state(order)
    assert ["ordered", "collected", "in_process", "preliminary"] == await bench.connection.fetchval(
        "select array_agg(state::text order by state) from public.diagnostic_order_history where order_id = $1",
        UUID(order["id"]),
    )


async def test_the_same_message_again_changes_nothing(bench: Bench) -> None:
    """Also when it is the order's, and even after the order is final."""
    order = await bench.ordered("HB")
    message = seen("HB", "9.5", "g/dL", tube(order))
    first = await bench.receive(message, control_id="7")
    again = await bench.receive(message, control_id="7")
    await bench.call("lab", "finalize_order", order["id"])
    late = await bench.receive(message, control_id="7")
    renumbered = await bench.receive(message, control_id="8")

    assert [False, True, True, False] == [one["duplicate"] for one in (first, again, late, renumbered)]
    assert [] == await bench.worklist()
    assert 1 == await bench.connection.fetchval(
        "select count(*) from public.results where order_id = $1", UUID(order["id"])
    )


async def test_a_control_id_used_again_for_other_content_is_a_new_message(bench: Bench) -> None:
    """Analysers count from 1 again after every start."""
    first, second = await bench.ordered("HB"), await bench.ordered("HB")
    await bench.receive(seen("HB", "9.5", "g/dL", tube(first)), control_id="1", sha256="a")
    await bench.receive(seen("HB", "11.5", "g/dL", tube(second)), control_id="1", sha256="b")

    assert ["9.5", "11.5"] == [str((await bench.results(order))["HB"]["value_numeric"]) for order in (first, second)]


async def test_the_same_message_at_the_same_instant_is_one(bench: Bench, books: Postgres) -> None:
    """Two sockets, one message: the second waits for the first."""
    order = await bench.ordered("HB")
    message = seen("HB", "9.5", "g/dL", tube(order))
    async with connected(books) as one, connected(books) as two:
        sockets = [Bench(connection, bench.clinic, bench.users, bench.staff) for connection in (one, two)]
        told = await asyncio.gather(*(socket.receive(message, control_id="9") for socket in sockets))

    assert {False, True} == {answer["duplicate"] for answer in told}
    assert 1 == await bench.connection.fetchval(
        "select count(*) from public.results where order_id = $1", UUID(order["id"])
    )


async def test_messages_about_the_same_tubes_never_wait_crosswise(bench: Bench, books: Postgres) -> None:
    """Many analysers, all about the same orders, in any order: nobody is thrown out as a deadlock."""
    orders = [await bench.ordered("CBC") for _ in range(4)]
    codes = ["HB", "HT", "RBC", "WBC"]
    units = {"HB": "g/dL", "HT": "%", "RBC": "10*6/uL", "WBC": "10*3/uL"}

    async def send(turn: int) -> Row:
        mixed = orders[turn % 4 :] + orders[: turn % 4]
        code = codes[turn % 4]
        async with connected(books) as connection:
            socket = Bench(connection, bench.clinic, bench.users, bench.staff)
            return await socket.receive(*(seen(code, "5", units[code], tube(order)) for order in mixed))

    told = await asyncio.gather(*(send(turn) for turn in range(12)))
    assert {("AA", 4, 0)} == {(one["acknowledgement"], one["taken"], one["unmatched"]) for one in told}


async def test_a_rerun_supersedes_and_a_correction_after_final_waits_for_a_person(bench: Bench) -> None:
    """Until the order is final the last measure counts; then only an amendment with a reason does."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HB", "9.5", "g/dL", tube(order)))
    await bench.receive(seen("HB", "10.5", "g/dL", tube(order)))
    await bench.call("lab", "finalize_order", order["id"])
    await bench.receive(seen("HB", "3.0", "g/dL", tube(order)))

    assert "10.5" == str((await bench.results(order))["HB"]["value_numeric"])
    assert ["order_closed"] == [
        row["reason"] for row in await bench.worklist() if row["accession_number"] == tube(order)
    ]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("unknown_accession", {"accession_number": "L9901010001A"}),
        ("no_accession", {"accession_number": None}),
        ("no_accession", {"accession_number": "  "}),
        ("unknown_code", {"code": "Kode Alat"}),
        ("not_ordered", {"code": "GLU", "unit": "mg/dL"}),
        ("unit_differs", {"unit": "g/L"}),
        ("unit_differs", {"unit": None}),
        ("unreadable", {"problem": "decimal comma"}),
        ("unreadable", {"numeric": "tinggi"}),
        ("unreadable", {"numeric": None}),
        ("withdrawn", {"status": "X"}),
        ("patient_differs", {"patient_number": "RM-ORANG-LAIN"}),
    ],
)
async def test_what_cannot_be_filed_is_on_the_worklist(bench: Bench, reason: str, change: Row) -> None:
    """Acknowledged, kept whole, with a sentence; the order is as it was."""
    order = await bench.ordered("HB")
    before = len(await bench.worklist())
    told = await bench.receive({**seen("HB", "9.5", "g/dL", tube(order)), **change})
    added = (await bench.worklist())[before:]

    assert ("AA", 0, 1) == (told["acknowledgement"], told["taken"], told["unmatched"])
    assert [reason] == [row["reason"] for row in added]
    assert {} == await bench.results(order)


async def test_one_bad_observation_keeps_no_good_one_out(bench: Bench) -> None:
    """The rest of the message is filed."""
    order = await bench.ordered("CBC")
    told = await bench.receive(
        seen("HB", "9.5", "g/dL", tube(order)),
        seen("??", "1", None, tube(order)),
        seen("WBC", "7", "10*3/uL", tube(order)),
    )
    assert (2, 1) == (told["taken"], told["unmatched"])
    assert {"HB", "WBC"} == set(await bench.results(order))


async def test_a_mapped_code_files_what_waited_for_it(bench: Bench) -> None:
    """The laboratory maps it once; nobody types a result."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HGB*", "9.5", "gr%", tube(order)))
    async with bench.acting("lab"):
        await bench.connection.execute(MAP, bench.clinic, "HGB*", "HB", "gr%")

    assert "9.5" == str((await bench.results(order))["HB"]["value_numeric"])
    assert [] == [row for row in await bench.worklist() if row["analyser_code"] == "HGB*"]


async def test_a_code_that_is_not_wanted_is_not_kept(bench: Bench) -> None:
    """Histograms and serial numbers: mapped to nothing."""
    order = await bench.ordered("HB")
    async with bench.acting("lab"):
        await bench.connection.execute(MAP, bench.clinic, "HIST", None, None)
    told = await bench.receive(seen("HIST", "1", None, tube(order)))

    assert (1, 0) == (told["taken"], told["unmatched"])
    assert {} == await bench.results(order)


async def test_the_laboratory_files_or_discards_by_hand(bench: Bench) -> None:
    """Under the order they choose; others cannot, and twice is once."""
    order = await bench.ordered("HB")
    await bench.receive(seen("HB", "9.5", "g/dL", None), seen("HB", "9.6", "g/dL", "SALAH"))
    first, second = (row["id"] for row in (await bench.worklist())[-2:])
    for person in ("doctor", "nurse", "admin", "owner", "stranger"):
        assert "P0002" == await bench.refused(person, "match_result", first, UUID(order["id"]))
        assert "P0002" == await bench.refused(person, "discard_result", second, "Uji alat")
    await bench.call("lab", "match_result", first, UUID(order["id"]))
    assert "23514" == await bench.refused("lab", "discard_result", second, " ")
    await bench.call("lab", "discard_result", second, "Uji alat")

    assert "9.5" == str((await bench.results(order))["HB"]["value_numeric"])
    assert "P0002" == await bench.refused("lab", "match_result", first, UUID(order["id"]))


async def test_an_analyser_nobody_registered_is_refused(bench: Bench) -> None:
    """It keeps its message, and sends it again once it is known."""
    told = await bench.receive(seen("HB", "9.5", "g/dL", "X"), sending_application="ASING")

    assert "AR" == told["acknowledgement"]


async def test_another_clinics_tube_is_unknown_here(bench: Bench, other: asyncpg.Connection) -> None:
    """An analyser reaches its own clinic's orders alone."""
    from tests.database.bench import opened  # noqa: PLC0415 - a second laboratory, in this test only

    there = await opened(other)
    order = await there.ordered("HB")
    there_number = tube(order)
    if there_number in {tube(await bench.ordered("HB")) for _ in range(3)}:
        there_number = tube(order := await there.ordered(*["GLU"] * 1))
    await bench.receive({**seen("HB", "9.5", "g/dL", there_number), "accession_number": there_number})

    assert {} == await there.results(order)


async def test_what_was_received_is_never_half_done(bench: Bench) -> None:
    """A message the database cannot take leaves nothing behind, and may come again."""
    order = await bench.ordered("HB")
    broken = {**seen("HB", "9.6", "g/dL", tube(order)), "observed_at": "kemarin"}
    control = uuid4().hex
    with pytest.raises(asyncpg.PostgresError):
        await bench.receive(seen("HB", "9.5", "g/dL", tube(order)), broken, control_id=control)

    assert {} == await bench.results(order)
    assert not (await bench.receive(seen("HB", "9.5", "g/dL", tube(order)), control_id=control))["duplicate"]
