"""Orders: every move of every role in every state, and what each way to the end leaves behind."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.database.bench import SQL, Bench, Row

STATES = ("ordered", "collected", "in_process", "preliminary", "final", "amended", "cancelled")
PEOPLE = ("owner", "admin", "doctor", "nurse", "lab", "pharmacist", "cashier", "front_desk", "stranger")
HB = [{"code": "HB", "numeric": "13.5", "unit": "g/dL"}]
OTHER = [{"code": "HB", "numeric": "9.9", "unit": "g/dL"}]
OPEN = ("ordered", "collected", "in_process", "preliminary")

PAST_THE_FUNCTIONS = (
    "update public.diagnostic_orders set state = 'cancelled'",
    "delete from public.results",
    """insert into public.diagnostic_order_history (clinic_id, order_id, state)
       select clinic_id, id, 'final' from public.diagnostic_orders""",
)
MOVES: dict[str, tuple[tuple[object, ...], frozenset[str], dict[str, str]]] = {
    # function: arguments after the order, who may, and from which state to which
    "collect_specimens": ((), frozenset({"lab", "nurse"}), {"ordered": "collected"}),
    "start_examination": ((), frozenset({"lab"}), {"collected": "in_process"}),
    "enter_results": ((HB,), frozenset({"lab"}), {"in_process": "preliminary", "preliminary": "preliminary"}),
    "finalize_order": ((), frozenset({"lab"}), {"preliminary": "final"}),
    "amend_results": ((OTHER, "Alat dikalibrasi"), frozenset({"lab"}), {"final": "amended", "amended": "amended"}),
    "cancel_order": (("Tidak jadi",), frozenset({"doctor", "lab"}), dict.fromkeys(OPEN, "cancelled")),
    "review_order": ((), frozenset({"doctor"}), {"final": "final", "amended": "amended"}),
}
IMAGING: dict[str, frozenset[str]] = {
    "start_examination": frozenset({"lab", "doctor"}),
    "enter_results": frozenset({"lab", "doctor"}),
    "finalize_order": frozenset({"doctor"}),
    "amend_results": frozenset({"doctor"}),
}


@pytest.mark.parametrize("function", MOVES)
@pytest.mark.parametrize("state", STATES)
async def test_only_the_right_people_move_an_order_and_only_forward(bench: Bench, state: str, function: str) -> None:
    """Everybody tries every move in every state; who may not is told that there is no such order."""
    arguments, may, moves = MOVES[function]
    order = await bench.reached(state, "HB")
    for person in PEOPLE:
        before = await bench.state(order)
        refused = await bench.refused(person, function, order["id"], *arguments)
        if person not in may:
            assert ("P0002", before) == (refused, await bench.state(order)), person
        elif before not in moves:
            assert ("23514", before) == (refused, await bench.state(order)), person
        else:
            assert (None, moves[before]) == (refused, await bench.state(order)), person
            order = await bench.reached(state, "HB")  # the next person meets it as it was


@pytest.mark.parametrize("function", IMAGING)
async def test_a_study_is_reported_by_a_doctor(bench: Bench, function: str) -> None:
    """Imaging has no specimen; the radiographer writes, the radiologist answers for it."""
    for person in PEOPLE:
        order = await bench.ordered("XR-THORAX")
        code = order["items"][0]["code"]
        findings = [{"code": code, "text": "Tidak tampak kelainan"}]
        conclusions = [{"code": code, "conclusion": "Normal"}]
        steps: dict[str, tuple[str, tuple[Any, ...]]] = {
            "start_examination": ("doctor", ()),
            "enter_results": ("doctor", (findings,)),
            "finalize_order": ("doctor", (conclusions,)),
            "amend_results": ("doctor", ([{"code": code, "text": "Tampak efusi"}], "Dibaca ulang")),
        }
        for name, (usual, arguments) in steps.items():
            if name == function:
                refused = await bench.refused(person, function, order["id"], *arguments)
                assert (None if person in IMAGING[function] else "P0002") == refused, person
                break
            await bench.call(usual, name, order["id"], *arguments)


async def test_a_study_needs_a_conclusion(bench: Bench) -> None:
    """A report that concludes nothing is none."""
    order = await bench.ordered("XR-THORAX")
    await bench.call("lab", "start_examination", order["id"])
    await bench.call("lab", "enter_results", order["id"], [{"code": "XR-THORAX", "text": "Corakan bronkovaskular"}])

    assert "23514" == await bench.refused("doctor", "finalize_order", order["id"])
    assert "preliminary" == await bench.state(order)


async def test_every_move_is_kept_with_who_and_when(bench: Bench) -> None:
    """The straight way, and nothing else."""
    order = await bench.reached("amended", "HB")

    rows = await bench.connection.fetch(
        "select state::text, staff_id from public.diagnostic_order_history where order_id = $1 order by at",
        UUID(order["id"]),
    )
    who = {staff: role for role, staff in bench.staff.items()}
    assert [("ordered", "doctor"), ("collected", "nurse"), ("in_process", "lab"), ("preliminary", "lab"),
            ("final", "lab"), ("amended", "lab")] == [(row["state"], who[row["staff_id"]]) for row in rows]  # fmt: skip


async def test_numbers_are_short_once_and_count_by_day(bench: Bench) -> None:
    """L or R, the day, a number; a letter for each tube."""
    orders = [await bench.ordered("CBC", "GLU", "URIN") for _ in range(3)]
    orders.append(await bench.ordered("US-ABDOMEN"))

    assert ["0001", "0002", "0003", "0001"] == [order["accession_number"][-4:] for order in orders]
    assert ["L", "L", "L", "R"] == [order["accession_number"][0] for order in orders]
    tubes = [one["accession_number"] for order in orders for one in order["specimens"]]
    assert len(set(tubes)) == len(tubes) == 9
    assert all(len(number) <= 16 for number in tubes)
    assert orders[3]["items"][0]["accession_number"] == orders[3]["accession_number"] + "A"


async def test_one_tube_for_what_shares_it(bench: Bench) -> None:
    """Liver and kidney come from the same serum."""
    order = await bench.ordered("LIVER", "RENAL", "CBC")

    assert 2 == len(order["specimens"])
    assert ["Fungsi hati", "Fungsi ginjal"] == order["specimens"][0]["examinations"]


async def test_pressed_twice_it_is_one_order(bench: Bench) -> None:
    """The front end names the order, so a lost answer costs nothing."""
    visit, name = await bench.visit(), uuid4()
    arguments = (visit, ["HB"], "urgent", "Anemia?", True, False, name)
    first = await bench.call("doctor", "place_order", *arguments)

    assert first == await bench.call("doctor", "place_order", *arguments)


@pytest.mark.parametrize("codes", [[], ["TIDAK-ADA"], ["HB", "XR-THORAX"]])
async def test_what_cannot_be_ordered_is_refused(bench: Bench, codes: list[str]) -> None:
    """Nothing, what is not offered, or laboratory and radiology in one."""
    assert "23514" == await bench.refused("doctor", "place_order", await bench.visit(), codes)


async def test_a_cancelled_visit_takes_no_orders(bench: Bench) -> None:
    """It did not take place."""
    visit = await bench.visit()
    await bench.connection.execute("update public.visits set status = 'cancelled' where id = $1", visit)

    assert "23514" == await bench.refused("doctor", "place_order", visit, ["HB"])


async def test_a_rejected_specimen_is_taken_again(bench: Bench) -> None:
    """The next letter; what was measured in the old one counts no more."""
    order = await bench.reached("preliminary", "HB")
    first = order["specimens"][0]
    again = await bench.call("lab", "reject_specimen", first["id"], "Hemolisis")

    assert "ordered" == await bench.state(order)
    assert [first["accession_number"][:-1] + "B"] == [one["accession_number"] for one in again["specimens"]]
    assert {} == await bench.results(order)


async def test_labels_say_what_belongs_on_a_tube(bench: Bench) -> None:
    """To the laboratory and nurses; to nobody else."""
    order = await bench.ordered("CBC", "URIN")
    for person in PEOPLE:
        async with bench.acting(person):
            rows = await bench.connection.fetch("select * from public.specimen_labels($1)", UUID(order["id"]))
        assert (2 if person in {"lab", "nurse"} else 0) == len(rows), person


async def test_tables_are_written_by_functions_alone(bench: Bench) -> None:
    """Not even the laboratory edits an order or a result past them."""
    order = await bench.reached("final", "HB")
    for statement in PAST_THE_FUNCTIONS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with bench.acting("lab"):
                await bench.connection.execute(statement)
    assert "final" == await bench.state(order)


async def test_a_new_version_leaves_the_old_result_as_it_was_reported(bench: Bench) -> None:
    """The admin narrows a range; orders from before are read, and amended, by theirs."""
    old = await bench.reached("final", "HB", values=[{"code": "HB", "numeric": "12.0", "unit": "g/dL"}])
    await bench.call("admin", "define_examination", bench.clinic, {"code": "HB", "ranges": [{"low": 14, "high": 16}]})
    new = await bench.reached("final", "HB", values=[{"code": "HB", "numeric": "12.0", "unit": "g/dL"}])
    await bench.call("lab", "amend_results", old["id"], [{"code": "HB", "numeric": "12.5", "unit": "g/dL"}], "Ulang")

    assert ("N", "L") == ((await bench.results(old))["HB"]["flag"], (await bench.results(new))["HB"]["flag"])


async def test_the_same_definition_is_no_new_version(bench: Bench) -> None:
    """Saving without a change changes nothing."""
    change = {"code": "HB", "ranges": [{"low": 14, "high": 16}]}
    first = await bench.call("admin", "define_examination", bench.clinic, change)

    assert first == await bench.call("admin", "define_examination", bench.clinic, change)


@pytest.mark.parametrize(
    "definition",
    [
        {"code": "HB", "ranges": [{"low": 5, "high": 4}]},
        {"code": "HB", "ranges": [{}]},
        {"code": "HB", "unit": None},
        {"code": "CBC", "members": ["HB", "TIDAK-ADA"]},
        {"code": "huruf kecil", "name": "X", "unit": "g/dL", "specimen_code": "119297000"},
        {"code": "HB", "loinc_code": "salah", "loinc_display": "x"},
        {"code": "HBSAG", "choices": [{"code": "R"}]},
    ],
)
async def test_a_definition_nothing_can_be_judged_by_is_refused(bench: Bench, definition: Row) -> None:
    """With one sentence, and the catalogue as it was."""
    count = "select count(*) from public.examinations where clinic_id = $1"
    before = await bench.connection.fetchval(count, bench.clinic)

    assert "23514" == await bench.refused("admin", "define_examination", bench.clinic, definition)
    assert before == await bench.connection.fetchval(count, bench.clinic)


async def test_a_catalogue_is_installed_once(bench: Bench) -> None:
    """A second time nothing comes, and what the clinic changed stays."""
    assert 0 == await bench.call("admin", "install_examinations", bench.clinic)


async def test_an_order_is_owed_to_satusehat_once_it_is_final(bench: Bench) -> None:
    """Nothing before; an amendment is another wish; a cancelled visit takes it back."""
    visit = await bench.visit()
    order = await bench.reached("preliminary", "HB", visit=visit)
    assert [] == await bench.connection.fetch(SQL["delivery"], UUID(order["id"]))

    await bench.call("lab", "finalize_order", order["id"])
    first = await bench.connection.fetchrow(SQL["delivery"], UUID(order["id"]))
    await bench.call("lab", "amend_results", order["id"], OTHER, "Ulang")
    second = await bench.connection.fetchrow(SQL["delivery"], UUID(order["id"]))
    await bench.connection.execute("update public.visits set status = 'cancelled' where id = $1", visit)
    third = await bench.connection.fetchrow(SQL["delivery"], UUID(order["id"]))

    assert ("ready", "satusehat", "diagnostic_order") == (first["state"], first["target"], first["kind"])
    assert first["generation"] < second["generation"] < third["generation"]
    assert 0 == await bench.connection.fetchval(SQL["difference"], bench.clinic)
