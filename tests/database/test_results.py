"""Results: what is taken, how it is judged, who may read it when, and what stays of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.database.bench import SQL, Bench, Row

DAY, YEAR = 1, 365
LINK = """insert into public.patient_accounts (clinic_id, patient_id, user_id)
          select clinic_id, patient_id, $2 from public.visits where id = $1"""
OF_STAFF = (
    "diagnostic_orders", "diagnostic_order_items", "specimens", "examinations", "patients", "visits", "notifications",
    "critical_alerts", "unmatched_results", "file_reads", "diagnostic_order_history",
)  # fmt: skip


async def entered(bench: Bench, sex: str, age_days: int, code: str, value: Row, **order: object) -> Row:
    """A result of somebody, as it is kept."""
    visit = await bench.visit(sex, age_days)
    placed = await bench.call(
        "doctor", "place_order", visit, [code], "routine", None, None, order.get("pregnant", False)
    )
    await bench.call("nurse", "collect_specimens", placed["id"])
    await bench.call("lab", "start_examination", placed["id"])
    await bench.call("lab", "enter_results", placed["id"], [{"code": code, **value}])
    return (await bench.results(placed))[code]


@pytest.mark.parametrize(
    ("sex", "age_days", "pregnant", "value", "flag"),
    [
        ("male", 30 * YEAR, False, "12.5", "L"),
        ("female", 30 * YEAR, False, "12.5", "N"),
        ("female", 30 * YEAR, True, "11.2", "N"),
        ("female", 30 * YEAR, False, "11.2", "L"),
        ("male", 30 * YEAR, True, "11.2", "L"),  # what was ticked by mistake says nothing of a man
        ("female", 10 * DAY, False, "12.5", "L"),
        ("female", 40 * DAY, False, "12.5", "N"),
        ("female", 30 * YEAR, False, "6.9", "LL"),
        ("female", 30 * YEAR, False, "7.0", "L"),
        ("male", 30 * YEAR, False, "20.1", "HH"),
    ],
)
async def test_a_value_is_judged_for_the_patient(
    bench: Bench, sex: str, age_days: int, pregnant: bool, value: str, flag: str
) -> None:
    """By sex, age and pregnancy, with the range it was judged by beside it."""
    kept = await entered(bench, sex, age_days, "HB", {"numeric": value, "unit": "g/dL"}, pregnant=pregnant)

    assert flag == kept["flag"]
    assert kept["range_low"] is not None


@pytest.mark.parametrize(("value", "flag"), [("Negatif", "N"), ("POS", "AA"), ("neg", "N")])
async def test_a_coded_value_is_judged_by_its_choice(bench: Bench, value: str, flag: str) -> None:
    """By code or by what is shown, in capitals or not."""
    assert flag == (await entered(bench, "male", 9000, "MALARIA", {"coded": value}))["flag"]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("HB", {"numeric": "13.1", "unit": "g/L"}),  # a unit is refused, never converted
        ("HB", {"numeric": "13.1"}),
        ("HB", {"numeric": "13,1", "unit": "g/dL"}),
        ("HB", {"numeric": "tinggi", "unit": "g/dL"}),
        ("HB", {"numeric": "13.1", "unit": "g/dL", "comparator": "~"}),
        ("HB", {"text": "13.1"}),
        ("MALARIA", {"coded": "mungkin"}),
        ("STOOL", {"text": "  "}),
        ("PLT", {"numeric": "200", "unit": "10*3/uL"}),  # not ordered
    ],
)
async def test_what_does_not_fit_is_refused(bench: Bench, code: str, value: Row) -> None:
    """With one sentence, and nothing is kept of the whole call."""
    ordered = code if code != "PLT" else "HB"
    order = await bench.reached("in_process", ordered)

    assert "23514" == await bench.refused("lab", "enter_results", order["id"], [{"code": code, **value}])
    assert {} == await bench.results(order)
    assert "in_process" == await bench.state(order)


async def test_all_of_a_call_or_nothing(bench: Bench) -> None:
    """One wrong value keeps the right ones out too: the screen shows what the record holds."""
    order = await bench.reached("in_process", "CBC")
    values = [{"code": "HB", "numeric": "13", "unit": "g/dL"}, {"code": "WBC", "numeric": "7", "unit": "g/dL"}]

    assert "23514" == await bench.refused("lab", "enter_results", order["id"], values)
    assert {} == await bench.results(order)


async def test_a_panel_is_final_when_its_members_are_there(bench: Bench) -> None:
    """Those that may be missing may."""
    order = await bench.reached("in_process", "LYTES")
    await bench.call("lab", "enter_results", order["id"], [{"code": "NA", "numeric": "140", "unit": "mmol/L"}])
    assert "23514" == await bench.refused("lab", "finalize_order", order["id"])

    rest = [{"code": code, "numeric": value, "unit": "mmol/L"} for code, value in (("K", "4.0"), ("CL", "101"))]
    await bench.call("lab", "enter_results", order["id"], rest)
    await bench.call("lab", "finalize_order", order["id"])

    assert {"final"} == {row["status"] for row in (await bench.results(order)).values()}


async def test_an_amendment_keeps_what_was_reported(bench: Bench) -> None:
    """The new version says corrected and bears the first one's id; the old one stays, superseded."""
    order = await bench.reached("final", "HB")
    before = (await bench.results(order))["HB"]
    await bench.call(
        "lab", "amend_results", order["id"], [{"code": "HB", "numeric": "9.0", "unit": "g/dL"}], "Tertukar"
    )
    after = (await bench.results(order))["HB"]

    assert ("corrected", before["id"]) == (after["status"], after["first_id"])
    kept = await bench.connection.fetchrow(
        "select value_numeric, status, superseded_at from public.results where id = $1", before["id"]
    )
    assert (before["value_numeric"], "final") == (kept["value_numeric"], kept["status"])
    assert kept["superseded_at"] is not None


@pytest.mark.parametrize("reason", ["", "   "])
async def test_an_amendment_says_why(bench: Bench, reason: str) -> None:
    """And changes something."""
    order = await bench.reached("final", "HB")
    same = [{"code": "HB", "numeric": "13.1", "unit": "g/dL"}]

    assert "23514" == await bench.refused("lab", "amend_results", order["id"], [{**same[0], "numeric": "9"}], reason)
    assert "23514" == await bench.refused("lab", "amend_results", order["id"], same, "Tidak berubah")


async def linked(bench: Bench, visit: UUID) -> str:
    """The patient of a visit gets a login; the name it acts by."""
    user = await bench.connection.fetchval(SQL["user"], f"{uuid4().hex}@pasien.test")
    await bench.connection.execute(LINK, visit, user)
    name = f"patient {user}"
    bench.users[name] = user
    return name


async def read(bench: Bench, person: str) -> set[str]:
    """The codes somebody reads."""
    async with bench.acting(person):
        return {row["code"] for row in await bench.connection.fetch("select code from public.results")}


@pytest.mark.parametrize(
    ("code", "value", "when"),
    [
        ("CBC", None, "final"),  # at once
        ("HB", {"numeric": "13.1", "unit": "g/dL"}, "reviewed"),  # after the doctor's review
        ("HIV", {"coded": "NR"}, "released"),  # only by name
    ],
)
async def test_a_patient_reads_what_is_released_and_no_sooner(
    bench: Bench, code: str, value: Row | None, when: str
) -> None:
    """The policy of the catalogue decides; other patients never read it; a revoked link reads nothing."""
    visit = await bench.visit()
    patient, stranger = await linked(bench, visit), await linked(bench, await bench.visit())
    required = {
        "HB": "g/dL",
        "HT": "%",
        "RBC": "10*6/uL",
        "WBC": "10*3/uL",
        "PLT": "10*3/uL",
        "MCV": "fL",
        "MCH": "pg",
        "MCHC": "g/dL",
    }
    values = (
        [{"code": code, **value}] if value else [{"code": c, "numeric": "13", "unit": u} for c, u in required.items()]
    )
    order = await bench.reached("preliminary", code, values=values, visit=visit)
    seen: dict[str, bool] = {"preliminary": bool(await read(bench, patient))}
    await bench.call("lab", "finalize_order", order["id"])
    seen["final"] = bool(await read(bench, patient))
    await bench.call("doctor", "review_order", order["id"])
    seen["reviewed"] = bool(await read(bench, patient))
    await bench.call("doctor", "review_order", order["id"], True)
    seen["released"] = bool(await read(bench, patient))

    stages = ["preliminary", "final", "reviewed", "released"]
    assert {stage: stages.index(stage) >= stages.index(when) for stage in stages} == seen
    assert set() == await read(bench, stranger)
    await bench.connection.execute(
        "update public.patient_accounts set revoked_at = now() where user_id = $1", bench.users[patient]
    )
    assert set() == await read(bench, patient)


async def test_an_amended_result_waits_for_its_own_review(bench: Bench) -> None:
    """What the doctor has seen was the old value."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HB", visit=visit)
    await bench.call("doctor", "review_order", order["id"])
    assert {"HB"} == await read(bench, patient)

    await bench.call(
        "lab", "amend_results", order["id"], [{"code": "HB", "numeric": "8.0", "unit": "g/dL"}], "Tertukar"
    )
    assert set() == await read(bench, patient)
    await bench.call("doctor", "review_order", order["id"])
    assert {"HB"} == await read(bench, patient)


async def test_a_patient_reads_nothing_else(bench: Bench) -> None:
    """No orders, specimens, catalogue, notifications: results and files alone."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HB", visit=visit)
    await bench.call("doctor", "review_order", order["id"])
    for table in OF_STAFF:
        async with bench.acting(patient):
            assert 0 == await bench.connection.fetchval(f"select count(*) from public.{table}"), table  # noqa: S608
    assert "P0002" == await bench.refused(patient, "review_order", order["id"])


async def test_the_kpi_counts_what_nobody_retyped(bench: Bench) -> None:
    """Sent by the analyser counts, typed does not; shown per clinic."""
    await bench.reached("final", "HB")
    sent = await bench.reached("in_process", "HB")
    number = sent["specimens"][0]["accession_number"]
    seen = {
        "accession_number": number,
        "code": "HB",
        "value_type": "numeric",
        "numeric": "12",
        "unit": "g/dL",
        "status": "F",
    }
    await bench.receive(seen)
    await bench.call("lab", "finalize_order", sent["id"])

    rows = [
        row
        for row in await bench.connection.fetch("select * from integration.laboratory_kpi()")
        if row["clinic_id"] == bench.clinic
    ]
    assert [(2, 1)] == [(row["items"], row["without_retyping"]) for row in rows]
    assert datetime.now(UTC) - timedelta(minutes=5) < await bench.connection.fetchval(
        "select max(final_at) from public.diagnostic_orders"
    )
