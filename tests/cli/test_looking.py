"""``status``, ``show`` and ``kpi``: true figures, for people and for scripts."""

import pytest

from tests.cli.conftest import Morning
from tests.cli.desk import Desk

STATES = {"delivered", "ready", "leased", "uncertain", "blocked", "rejected", "exempt"}


async def test_status_shows_the_law(morning: Morning) -> None:
    """Every state has its column, and the law holds."""
    said = await morning.desk.type("status")
    assert 0 == said.code
    for word in ("Klinik Melati", "satusehat", "eligible", "difference", *STATES):
        assert word in said.out


async def test_status_for_a_script(morning: Morning) -> None:
    """One JSON document whose figures add up."""
    said = await morning.desk.type("status", "--since", "1d", "--json")
    assert said.json["holds"] is True
    [day] = said.json["days"]
    assert {"eligible": 2, "delivered": 1, "blocked": 1} == {
        name: day[name] for name in ("eligible", "delivered", "blocked")
    }
    assert day["eligible"] == sum(day[state] for state in STATES)


async def test_a_broken_law_is_said(desk: Desk) -> None:
    """A visit without a delivery: exit code 1, and the command that mends it."""
    visit = await desk.scene.visit()
    await desk.scene.sql("delete from integration.deliveries where subject_id = $1", visit)
    said = await desk.type("status")
    assert 1 == said.code
    assert "workers backfill --since" in said.err
    assert (await desk.type("status", "--json")).json["holds"] is False


async def test_status_of_an_empty_clinic(desk: Desk) -> None:
    """Nothing is not an error."""
    said = await desk.type("status")
    assert 0 == said.code
    assert "No finished visits since" in said.out


async def test_show_tells_the_story(morning: Morning) -> None:
    """What was tried, and what SatuSehat holds, by id."""
    said = await morning.desk.type("show", str(morning.good_id))
    assert 0 == said.code
    for word in (
        morning.good,
        "delivered, generation 1",
        "POST Bundle",
        "SatuSehat holds",
        f"encounter/{morning.good}",
    ):
        assert word in said.out


async def test_show_says_what_is_wrong(morning: Morning) -> None:
    """Role, field and reason; the reason stays Indonesian."""
    said = await morning.desk.type("show", str(morning.bad_id))
    assert "front_desk, patients.nik" in said.out
    assert "NIK pasien" in said.out
    story = (await morning.desk.type("show", str(morning.bad_id), "--json")).json
    assert "blocked" == story["delivery"]["state"]
    assert {"delivery", "attempts", "holds", "differences"} == story.keys()


async def test_kpi_shows_shares_and_what_keeps_them_down(morning: Morning) -> None:
    """Day, week and four weeks, then every open visit with role, field and reason."""
    said = await morning.desk.type("kpi")
    assert 0 == said.code
    assert 3 == said.out.count("50.0 %")
    for word in (
        "day",
        "week",
        "four weeks",
        "RJ-",
        "blocked",
        f"delivery {morning.bad_id}",
        "front_desk",
        "patients.nik",
    ):
        assert word in said.out
    assert "NIK pasien" in said.out


async def test_kpi_for_a_script(morning: Morning) -> None:
    """The same as figures."""
    told = (await morning.desk.type("kpi", "--json")).json
    assert ["day", "week", "four_weeks"] == [share["period"] for share in told["shares"]]
    [visit] = told["undelivered"]
    assert {"role", "field", "reason"} <= visit["problems"][0].keys()


async def test_kpi_says_when_its_list_is_cut(morning: Morning) -> None:
    """A list that may be longer says so."""
    assert "Only the first 1 are listed" in (await morning.desk.type("kpi", "--limit", "1")).out


async def test_kpi_of_a_clinic_without_visits(desk: Desk) -> None:
    """No visit is no share, and nothing to mend."""
    said = await desk.type("kpi")
    assert "–" in said.out
    assert "Nothing keeps it from 100 %." in said.out


@pytest.mark.parametrize("command", ["status", "kpi"])
async def test_names_are_not_markup(desk: Desk, command: str) -> None:
    """A clinic may be called anything."""
    await desk.scene.visit()
    await desk.scene.sql("update public.clinics set name = 'Klinik [/bold] :smile:'")
    said = await desk.type(command)
    await desk.scene.sql("update public.clinics set name = 'Klinik Melati'")
    assert "Klinik [/bold] :smile:" in said.out


async def test_looking_changes_nothing(morning: Morning) -> None:
    """Whatever is looked at, the deliveries stay as they are."""
    before = await morning.desk.scene.sql("select * from integration.deliveries order by id")
    for words in (("status",), ("show", str(morning.bad_id)), ("kpi",), ("simulate", "visit", morning.bad)):
        await morning.desk.type(*words)
    assert before == await morning.desk.scene.sql("select * from integration.deliveries order by id")
