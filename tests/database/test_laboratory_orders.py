"""Orders and results where they are most easily lost: two at once, panels that overlap, tubes still awaited."""

import asyncio
import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.bench import SQL, Bench, Row, seen
from tests.database.desk import connected, waiting
from tests.database.test_results import linked, read

CBC = {
    "HB": "g/dL",
    "HT": "%",
    "RBC": "10*6/uL",
    "WBC": "10*3/uL",
    "PLT": "10*3/uL",
    "MCV": "fL",
    "MCH": "pg",
    "MCHC": "g/dL",
}
HIV_KIT = {
    "code": "ANC",
    "name": "Kehamilan",
    "kind": "panel",
    "value_type": "none",
    "unit": None,
    "members": ["HB", "HIV"],
    "specimen_code": "119364003",
    "specimen_display": "Serum specimen",
    "release_policy": "immediate",
}


def beside(bench: Bench, connection: asyncpg.Connection) -> Bench:
    """The same laboratory, seen through another connection."""
    return Bench(connection, bench.clinic, bench.users, bench.staff)


async def test_pressed_twice_at_the_same_instant_it_is_one_order(bench: Bench, books: Postgres) -> None:
    """The second waits for the first and answers the same."""
    visit, name = await bench.visit(), uuid4()
    arguments = (visit, ["HB"], "routine", None, None, False, name)
    async with connected(books) as one, connected(books) as two:
        told = await asyncio.gather(
            *(beside(bench, each).call("doctor", "place_order", *arguments) for each in (one, two))
        )

    assert told[0] == told[1]


async def test_a_visit_that_is_being_cancelled_takes_no_order(bench: Bench, books: Postgres) -> None:
    """Whoever comes second sees what the first did."""
    visit = await bench.visit()
    async with connected(books) as one, connected(books) as two, connected(books) as watcher:
        async with one.transaction():
            await one.execute("update public.visits set status = 'cancelled' where id = $1", visit)
            placing = await waiting(watcher, beside(bench, two).refused("doctor", "place_order", visit, ["HB"]))

        assert "23514" == await placing


@pytest.mark.parametrize("first", ["final", "cancelled"])
async def test_an_order_that_is_final_while_its_visit_is_cancelled_is_taken_back(
    bench: Bench, books: Postgres, first: str
) -> None:
    """Whichever of the two commits last, the delivery is behind once more after both."""
    visit = await bench.visit()
    order = await bench.reached("preliminary", "HB", visit=visit)
    cancel = "update public.visits set status = 'cancelled' where id = $1"
    async with connected(books) as one, connected(books) as two, connected(books) as watcher:
        async with one.transaction():
            if first == "final":
                await beside(bench, one).call("lab", "finalize_order", order["id"])
                second = await waiting(watcher, two.execute(cancel, visit))
            else:
                await one.execute(cancel, visit)
                second = await waiting(watcher, beside(bench, two).call("lab", "finalize_order", order["id"]))
            assert not second.done()
        await second

    assert "ready" == (await bench.connection.fetchrow(SQL["delivery"], UUID(order["id"])))["state"]


async def test_a_tube_is_rejected_once(bench: Bench, books: Postgres) -> None:
    """Two who reject it, with a nurse in between: one tube more, not two."""
    order = await bench.reached("collected", "HB")
    tube = order["specimens"][0]["id"]
    async with connected(books) as one, connected(books) as two, connected(books) as watcher:
        async with one.transaction():
            await beside(bench, one).call("lab", "reject_specimen", tube, "Hemolisis")
            await beside(bench, one).call("nurse", "collect_specimens", order["id"])
            second = await waiting(watcher, beside(bench, two).refused("lab", "reject_specimen", tube, "Hemolisis"))

        assert "P0002" == await second


@pytest.mark.parametrize("codes", [("CBC", "HB"), ("HB", "CBC")])
async def test_a_test_that_is_also_in_a_panel_is_measured_once(bench: Bench, codes: tuple[str, ...]) -> None:
    """The doctor ticks both; the order can be final all the same."""
    order = await bench.reached("in_process", *codes)
    await bench.call(
        "lab", "enter_results", order["id"], [{"code": c, "numeric": "13", "unit": u} for c, u in CBC.items()]
    )

    assert "final" == (await bench.call("lab", "finalize_order", order["id"]))["state"]


async def test_a_result_says_nothing_of_the_other_tubes(bench: Bench) -> None:
    """Blood is measured while the urine is still awaited: that cup was taken by nobody."""
    order = await bench.ordered("HB", "GLU")
    first, second = (tube["accession_number"] for tube in order["specimens"])
    taken = """select collected_at is not null and received_at is not null
                 from public.specimens where clinic_id = $1 and accession_number = $2"""
    await bench.receive(seen("HB", "13", "g/dL", first))
    told = [await bench.connection.fetchval(taken, bench.clinic, number) for number in (first, second)]
    await bench.receive(seen("GLU", "90", "mg/dL", second))

    assert [True, False, True] == [*told, await bench.connection.fetchval(taken, bench.clinic, second)]


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "infinity", "-infinity"])
async def test_a_clock_that_was_reset_makes_nobody_an_infant(bench: Bench, moment: str) -> None:
    """The range is that of the patient's age today; who types such a time is asked again."""
    visit = await bench.visit("female", 27 * 365)
    order = await bench.ordered("HB", visit=visit)
    await bench.receive(seen("HB", "12", "g/dL", order["specimens"][0]["accession_number"], observed_at=moment))
    typed = [{"code": "HB", "numeric": "12.1", "unit": "g/dL", "observed_at": moment}]

    kept = (await bench.results(order))["HB"]
    assert ("N", "15.5") == (kept["flag"], str(kept["range_high"]))
    assert "23514" == await bench.refused("lab", "enter_results", order["id"], typed)


@pytest.mark.parametrize("value", [{"coded": "NEG"}, {"text": "NEG"}])
async def test_a_sign_before_a_word_is_refused_with_a_sentence(bench: Bench, value: Row) -> None:
    """Typed, and from an analyser, where it takes nothing else down with it."""
    order = await bench.reached("in_process", "MALARIA", "HB")
    number = order["specimens"][0]["accession_number"]
    told = await bench.receive(
        {**seen("MALARIA", "", None, number), "numeric": None, "comparator": "<", **value},
        seen("HB", "9", "g/dL", number),
    )

    assert ("AA", 1, 1) == (told["acknowledgement"], told["taken"], told["unmatched"])
    assert {"HB"} == set(await bench.results(order))
    with pytest.raises(asyncpg.CheckViolationError, match="tidak memakai tanda"):
        await bench.call("lab", "enter_results", order["id"], [{"code": "MALARIA", "comparator": "<", **value}])


async def test_a_conclusion_that_is_amended_says_what_it_was(bench: Bench) -> None:
    """To the doctor, and in the order's history; one that changes nothing is no amendment."""
    order = await bench.ordered("XR-THORAX")
    await bench.call("doctor", "start_examination", order["id"])
    await bench.call("doctor", "enter_results", order["id"], [{"code": "XR-THORAX", "text": "Corakan biasa"}])
    normal = [{"code": "XR-THORAX", "conclusion": "Normal"}]
    await bench.call("doctor", "finalize_order", order["id"], normal)
    assert "23514" == await bench.refused("doctor", "amend_results", order["id"], "[]", "Dibaca ulang", normal)
    tb = [{"code": "XR-THORAX", "conclusion": "TB paru", "conclusion_code": "A15.0"}]
    await bench.call("doctor", "amend_results", order["id"], "[]", "Dibaca ulang", tb)

    told = json.loads((await bench.notifications(order))[-1]["changes"])
    kept = await bench.connection.fetchval(
        "select changes::text from public.diagnostic_order_history where order_id = $1 and state = 'amended'",
        UUID(order["id"]),
    )
    assert [("XR-THORAX", "Normal", "TB paru (A15.0)")] == [(one["code"], one["before"], one["after"]) for one in told]
    assert told == json.loads(kept)


async def test_a_panel_with_a_held_test_in_it_is_held(bench: Bench) -> None:
    """The panel may be read at once; what is in it may not."""
    await bench.call("admin", "define_examination", bench.clinic, HIV_KIT)
    visit = await bench.visit()
    patient = await linked(bench, visit)
    values = [{"code": "HB", "numeric": "13", "unit": "g/dL"}, {"code": "HIV", "coded": "R"}]
    order = await bench.reached("final", "ANC", values=values, visit=visit)
    assert set() == await read(bench, patient)
    await bench.call("doctor", "review_order", order["id"])
    assert set() == await read(bench, patient)
    await bench.call("doctor", "review_order", order["id"], True)

    assert {"HB", "HIV"} == await read(bench, patient)


@pytest.mark.parametrize(
    "definition",
    [
        {"code": "HB", "ranges": [{"low": 1, "pregnant": "mungkin"}]},
        {"code": "HB", "ranges": [{"low": "NaN"}]},
        {"code": "HB", "ranges": [{"high": "Infinity"}]},
        {"code": "HBSAG", "choices": [{"code": "R", "display": "Reaktif", "abnormal": "barangkali"}]},
        {
            "code": "HBSAG",
            "choices": [{"code": "R", "display": "Reaktif"}, {"code": "r", "display": "Ragu", "critical": True}],
        },
        {"code": "HBSAG", "choices": [{"code": "A", "display": "B"}, {"code": "B", "display": "C"}]},
    ],
)
async def test_a_definition_that_would_stop_every_result_is_refused(bench: Bench, definition: Row) -> None:
    """It would be found out by the first message that is judged by it, and by each after."""
    assert "23514" == await bench.refused("admin", "define_examination", bench.clinic, definition)


async def test_a_tube_is_still_taken_when_another_was_measured(bench: Bench) -> None:
    """By a nurse, with the time it was taken; then there is nothing more to take."""
    order = await bench.ordered("HB", "GLU")
    await bench.receive(seen("HB", "13", "g/dL", order["specimens"][0]["accession_number"]))
    assert "preliminary" == (await bench.call("nurse", "collect_specimens", order["id"]))["state"]

    awaited = "select count(*) from public.specimens where order_id = $1 and collected_at is null"
    assert 0 == await bench.connection.fetchval(awaited, UUID(order["id"]))
    assert "23514" == await bench.refused("nurse", "collect_specimens", order["id"])


async def test_two_useless_tubes_are_rejected_at_once(bench: Bench) -> None:
    """The patient is pricked once more, not twice; what was not taken yet cannot be rejected."""
    order = await bench.reached("collected", "HB", "GLU")
    for tube in order["specimens"]:
        told = await bench.call("lab", "reject_specimen", tube["id"], "Hemolisis")

    assert ["C", "D"] == [tube["accession_number"][-1] for tube in told["specimens"]]
    assert "P0002" == await bench.refused("lab", "reject_specimen", told["specimens"][0]["id"], "Hemolisis")


async def test_a_member_redefined_meanwhile_is_judged_as_ordered(bench: Bench) -> None:
    """The unit changes after the panel was ordered; a test that is no longer offered is still reported."""
    order = await bench.ordered("LYTES")
    await bench.call("admin", "define_examination", bench.clinic, {"code": "NA", "unit": "mg/dL", "ranges": []})
    await bench.connection.execute("update public.examinations set active = false where clinic_id = $1", bench.clinic)
    number = order["specimens"][0]["accession_number"]
    values = (("NA", "140"), ("K", "4"), ("CL", "101"))
    told = await bench.receive(*(seen(code, value, "mmol/L", number) for code, value in values))

    assert (3, 0) == (told["taken"], told["unmatched"])
    assert "final" == (await bench.call("lab", "finalize_order", order["id"]))["state"]
