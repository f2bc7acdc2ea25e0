"""``workers windows``: the calendar of maintenance, typed by hand."""

from tests.cli.desk import Desk


async def test_a_window_is_announced_shown_and_removed(desk: Desk) -> None:
    """What was typed is what stands in the calendar."""
    added = await desk.type("windows", "add", "--target", "pcare", "--from", "22:00", "--to", "02:00", "--day", "sun")
    assert (0, "") == (added.code, added.err)
    (row,) = (await desk.type("windows", "list", "--json")).json
    assert ("pcare", 7, "22:00:00", "02:00:00", False) == tuple(
        row[name] for name in ("target", "weekday", "starts_at", "ends_at", "learned")
    )
    assert 0 == (await desk.type("windows", "remove", str(row["id"]))).code
    assert [] == (await desk.type("windows", "list", "--json")).json


async def test_what_is_typed_wrongly_is_said_in_one_sentence(desk: Desk) -> None:
    """Unknown targets, days, times and ids."""
    good = ["--target", "pcare", "--from", "22:00", "--to", "23:00"]
    (await desk.type("windows", "add", *good[2:], "--target", "bpjs")).refused(2, "pcare")
    (await desk.type("windows", "add", *good, "--day", "someday")).refused(2, "mon")
    (await desk.type("windows", "add", *good[:2], "--from", "25:00", "--to", "23:00")).refused(2, "22:00")
    (await desk.type("windows", "add", *good[:4], "--to", "22:00")).refused(2, "length")
    (await desk.type("windows", "remove", "999999")).refused(1, "windows list")


async def test_an_unknown_patient_is_no_answer(desk: Desk) -> None:
    """``workers bpjs check``: nobody of that id."""
    (await desk.type("bpjs", "check", "00000000-0000-4000-8000-000000000000")).refused(1, "no patient")
    (await desk.type("bpjs", "check", "abc")).refused(2, "PATIENT", "UUID")
