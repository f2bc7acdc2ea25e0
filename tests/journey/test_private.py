"""Nothing about a patient, and no secret, is ever said aloud: a run at DEBUG with canaries in everything (I10)."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sandbox.up import CREDENTIAL
from tests.journey.books import complaints
from tests.journey.cast import acting, command, program
from tests.journey.stage import Scene, until
from tests.journey.subject import Subject

NAME = "Kenari Zxqvwj"
COMPLAINT = "kenari keluhan zxqvwk"
DIAGNOSIS = "Kenari diagnosis zxqvwl"
NOTE = "kenari catatan zxqvwm"
UNKNOWN_NIK = "3171239876543210"
HOOK_SECRET = "kenari-hook-zxqvwn-0123456789"
TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{42}(?![0-9a-f])")
"""What the simulator's tokens look like, and nothing else does."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{56,}")
_PLAIN = str.maketrans("-_", "+/")
QUIET = {"poll_seconds": 1.0, "log_level": "DEBUG"}


def spellings(secret: str) -> Iterator[str]:
    """The ways in which a text may hide in another."""
    yield from (secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1])
    for shift in range(3):  # base64 depends on where in the triple it begins
        raw = b"\0" * shift + secret.encode()
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(raw).decode().rstrip("=")
            yield whole[4 if shift else 0 : -2]


def told(text: str, canaries: dict[str, str]) -> set[str]:
    """The canaries that a text gives away."""
    return {name for name, canary in canaries.items() if any(form in text for form in spellings(canary))}


def gives_token_away(text: str) -> bool:
    """Whether a token is in a text, as it is or anywhere inside of base64."""
    runs = [run.translate(_PLAIN) for run in _BASE64.findall(text)]
    opened = [base64.b64decode(run[shift:][: (len(run) - shift) // 4 * 4]) for run in runs for shift in range(4)]
    return any(TOKEN.search(each) for each in (text, *(one.decode("latin-1") for one in opened)))


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_token_is_heard_through_base64(before: bytes, encode: Callable[[bytes], bytes]) -> None:
    """Wherever in a triple of bytes it begins, and in the middle of other text."""
    token = "0123456789abcdef" * 2 + "0123456789"
    hidden = encode(b"\xff\xfe" + before + b":" + token.encode() + b"~tail").decode()
    assert gives_token_away(f"header {token} end")
    assert gives_token_away(f"Basic {hidden} end")
    assert not gives_token_away(f"{token}00 {encode(b'nothing of the kind' * 9).decode()}")


def test_the_ears_are_open() -> None:
    """The search finds a canary in every disguise."""
    disguises = [NAME, quote(NAME), base64.b64encode(b"a" + NAME.encode() + b"zz").decode()]
    assert all({"name"} == told(f"before {disguise} after", {"name": NAME}) for disguise in disguises)


async def _enter_canaries(scene: Scene) -> dict[str, str]:
    """A day on which everything that can go wrong does, with canaries in every text; answers them by name."""
    await scene.sql("update public.patients set full_name = $1 where medical_record_number = 'J1'", NAME)
    await scene.sql("update public.patients set nik = $1, full_name = $2 where medical_record_number = 'J2'",
                    UNKNOWN_NIK, NAME)  # fmt: skip
    for patient in ("J1", "J2", "J3", "J4", "J5", "J6"):
        visit = await scene.visit(patient=patient)
        await scene.sql(
            "update public.visits set chief_complaint = $2, disposition_note = $3 where id = $1", visit, COMPLAINT, NOTE
        )
        await scene.sql("update public.diagnoses set name = $2 where visit_id = $1", visit, DIAGNOSIS)
        if patient == "J4":
            await scene.sql("update public.diagnoses set icd10_code = 'Z99.99' where visit_id = $1", visit)
        if patient == "J5":  # no FHIR can be made of it: the validator quotes what it refuses
            await scene.sql(
                "update public.visits set chief_complaint = $2 where id = $1", visit, f"{COMPLAINT} \u0001\n\u2028"
            )
    niks = await scene.sql("select nik from public.patients where nik is not null")
    return {
        "name": NAME, "complaint": COMPLAINT, "diagnosis": DIAGNOSIS, "note": NOTE, "hook": HOOK_SECRET,
        "client secret": CREDENTIAL["client_secret"], "service key": scene.running.stack.service_key,
        "signature of the service key": scene.running.stack.service_key.rpartition(".")[2],
        **{f"NIK {number}": row["nik"] for number, row in enumerate(niks)},
    }  # fmt: skip


def _talkative() -> list[dict[str, Any]]:
    """A ministry that answers in every dialect of failure; its refusals quote what they refuse."""
    fits = {"path": "/fhir-r4"}
    kinds = ["html", "truncated", "wrong_charset", "outcome_after_commit", "drop_after_commit", "error"]
    return [
        {"name": kind, "match": {**fits, "after": 2 * n, "next": 1}, "effect": kind} for n, kind in enumerate(kinds)
    ]


async def _database_texts(scene: Scene) -> str:
    """Everything the integration says of deliveries, and the clinic's staff are shown."""
    tables = ("integration.attempts", "public.work_items", "integration.differences", "integration.kpi_snapshots")
    texts = [str(await scene.one(f"select jsonb_agg(to_jsonb(t)) from {table} t")) for table in tables]  # noqa: S608
    texts.append(str(await scene.one("select jsonb_agg(to_jsonb(d)) from integration.deliveries d")))
    texts.append(str(await scene.one("select jsonb_agg(to_jsonb(r)) from integration.remote_resources r")))
    return "\n".join(texts)


async def test_a_day_of_troubles_gives_nothing_away(scene: Scene, tmp_path: Path) -> None:
    """The real daemon at DEBUG among lost answers, refusals, blocked visits and a database that goes away."""
    canaries = await _enter_canaries(scene)
    await scene.behave(*_talkative())
    log = tmp_path / "log"
    values = scene.values(bridge_hook_secret=HOOK_SECRET, bridge_port=0, **QUIET)
    async with program(values, log, module="edge_bridge"):
        await scene.drained()
        await scene.pool.expire_connections()
        await scene.running.stack.restart_postgres("immediate")

        async def back() -> bool:
            try:
                return bool(await scene.one("select true"))
            except Exception:  # noqa: BLE001  # whatever a dead connection raises
                return False

        await until(back, "the database answers")
        late = await scene.visit(patient="J6")
        await scene.reaches(late, "delivered")
    said = log.read_text(encoding="utf-8")
    assert "delivery.ended" in said
    texts = await _database_texts(scene)
    assert set() == told(said + texts, canaries)
    assert not gives_token_away(said + texts)
    assert {"blocked", "rejected", "delivered"} <= (await scene.states()).keys()


async def test_what_commands_print_gives_nothing_away(scene: Scene) -> None:
    """status, kpi, show, doctor and the comparison speak of ids, states and reasons."""
    canaries = await _enter_canaries(scene)
    values = scene.values(**QUIET)
    said = (await command(values, "once"))[1]
    for words in (("status",), ("kpi",), ("doctor",), ("satusehat", "reconcile"), ("replay", "--state", "blocked")):
        said += (await command(values, *words))[1]
    for row in await scene.sql("select id from integration.deliveries"):
        said += (await command(values, "show", str(row["id"])))[1]
    said += (await command({**values, "supabase_service_key": f"wrong-{NOTE}"}, "once"))[1]
    said += (await command({**values, "satusehat_credentials": f"[{NOTE}"}, "once"))[1]
    said += (await command({**values, "satusehat_timeout_seconds": f"{NOTE}"}, "once"))[1]
    assert said
    assert "Traceback" not in said
    assert set() == told(said, canaries)


async def test_exceptions_give_nothing_away(scene: Scene, tmp_path: Path) -> None:
    """A bug that quotes the visit, and a database that refuses a row: types and places are logged, never texts."""
    canaries = await _enter_canaries(scene)
    log = tmp_path / "log"
    log.touch()
    await scene.sql("alter table integration.attempts add constraint invented check (outcome <> 'rejected') not valid")
    try:
        async with acting(Subject(scene.values(**QUIET), log, blurting=True)):

            async def refused() -> bool:
                return "record.refused" in log.read_text(encoding="utf-8")

            await until(refused, "the database refuses an ending")
            await scene.sql("alter table integration.attempts drop constraint invented")
            await scene.drained()
    finally:
        await scene.sql("alter table integration.attempts drop constraint if exists invented")
    said = log.read_text(encoding="utf-8")
    assert "delivery.crashed" in said
    assert set() == told(said, canaries)
    assert set() == told(await _database_texts(scene), canaries)
    parked = [row[0] for row in await scene.sql(
        "select subject_id::text from integration.deliveries where state in ('blocked', 'rejected')")]  # fmt: skip
    assert {} == await complaints(scene, parked=parked)
