"""Nothing about a member, and no secret of BPJS's, is ever said aloud: a run at DEBUG with canaries in everything."""

import json
from pathlib import Path
from typing import Any

from sandbox.up import FACILITIES
from tests.journey.cast import command, program
from tests.journey.test_private import told
from tests.journey_bpjs.stage import ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER, UNKNOWN, Counter

NAME, COMPLAINT = "Kenari Zxqvwj", "kenari keluhan zxqvwk"
KINDS = ("drop_after_commit", "html", "truncated", "undecryptable", "error", "error_after_commit", "plaintext")
WILD = "update public.vital_signs set systolic_mmhg = 300 where ctid = (select min(ctid) from public.vital_signs)"
QUIET: dict[str, Any] = {"log_level": "DEBUG", "poll_seconds": 0.5}


async def _enter(counter: Counter) -> dict[str, str]:
    """A morning with canaries; answers them by name."""
    patients = [await counter.registers(nik) for nik in (ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER, UNKNOWN)]
    await counter.sql("update public.patients set full_name = $1", NAME)
    for patient in patients:
        visit = await counter.visit(patient)
        await counter.sql("update public.visits set chief_complaint = $2 where id = $1", visit, COMPLAINT)
    facility: dict[str, Any] = FACILITIES[0]
    keys = {f"user key {name}": key for name, key in facility["user_keys"].items()}
    cards = {f"card {n}": f"80000000000{n}{n}" for n in range(1, 6)}
    return {
        "name": NAME, "complaint": COMPLAINT, "consumer secret": facility["consumer_secret"], **keys, **cards,
        **{f"NIK {nik}": nik for nik in (ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER, UNKNOWN)},
    }  # fmt: skip


async def _texts(counter: Counter) -> str:
    """Everything the integration says of deliveries, and the clinic's staff are shown as work."""
    tables = ("integration.attempts", "integration.deliveries", "integration.remote_resources",
              "public.work_items", "public.target_alerts")  # fmt: skip
    rows = [await counter.one(f"select jsonb_agg(to_jsonb(t)) from {table} t") for table in tables]  # noqa: S608
    return json.dumps(rows)


async def test_a_day_of_troubles_gives_nothing_away(clinic: Counter, tmp_path: Path) -> None:
    """The real daemon at DEBUG among lost, broken and refusing answers."""
    canaries = await _enter(clinic)
    await clinic.settle(vital_ranges=True)
    await clinic.sql(WILD)
    await clinic.behave(*({"name": kind, "match": {"after": 4 * n, "next": 1}, "effect": {"kind": kind}}
                          for n, kind in enumerate(KINDS)))  # fmt: skip
    log = tmp_path / "log"
    async with program(clinic.values(**QUIET), log, "run"):
        await clinic.drained()
    said = log.read_text(encoding="utf-8")
    assert "delivery.ended" in said
    assert {"delivered", "blocked", "rejected"} <= (await clinic.states()).keys()
    assert set() == told(said + await _texts(clinic), canaries)


async def test_what_commands_print_gives_nothing_away(clinic: Counter) -> None:
    """status, show, doctor, the lists and wrong settings."""
    canaries = await _enter(clinic)
    values = clinic.values(**QUIET)
    said = (await command(values, "once"))[1]
    for words in (("status",), ("doctor",), ("bpjs", "sync"), ("windows", "list"), ("replay", "--state", "blocked")):
        said += (await command(values, *words))[1]
    for row in await clinic.sql("select id from integration.deliveries"):
        said += (await command(values, "show", str(row["id"])))[1]
    for row in await clinic.sql("select patient_id from public.bpjs_memberships"):
        said += (await command(values, "bpjs", "check", str(row["patient_id"])))[1]
    said += (await command({**values, "bpjs_facilities": f"[{NAME}"}, "once"))[1]
    broken = [{**FACILITIES[0], "facility_code": NAME}]
    said += (await command({**values, "bpjs_facilities": broken}, "once"))[1]
    assert "Traceback" not in said
    assert set() == told(said, canaries)
