"""From the analyser to the doctor's record: over the wire, through the listener, into the database and nowhere else."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sandbox.analyser import mischief
from sandbox.analyser.dialect import Dialect
from sandbox.analyser.machine import Analyser
from sandbox.analyser.message import Reading, Sample, readings
from sandbox.supabase.stack import ROOT, Stack
from tests.database.bench import Row
from tests.journey_laboratory.intake import APPLICATION, HOST, PATIENT, Intake, analyser, intake, tube

pytestmark = pytest.mark.stack
BLOOD = [("HB", "9.50", "g/dL"), ("WBC", "11.20", "10*3/uL")]
MAP = """insert into public.analyser_codes (clinic_id, analyser_id, analyser_code, test_code, analyser_unit)
         select clinic_id, id, $2, $3, $4 from public.analysers where clinic_id = $1"""


@pytest.fixture
async def lab(stack: Stack) -> AsyncIterator[Intake]:
    """A new clinic's laboratory."""
    async with intake(stack) as opened:
        yield opened


@asynccontextmanager
async def mortal(lab: Intake, dies: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A listener that will die, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.journey_laboratory.mortal", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"dies": dies, "settings": lab.values()}).encode() + b"\n")
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_measured_tube_is_in_the_record(lab: Intake) -> None:
    """Digit for digit, flagged by the database, and nobody typed anything."""
    order = await lab.bench.ordered("HB", "WBC", "CRP")
    async with lab.listening() as listener, analyser(listener.port) as machine:
        assert (await machine.send(tube(order), BLOOD)).accepted
        assert (await machine.send(order["accession_number"], [("CRP", "<0.5", "mg/L")])).accepted
    assert {"HB": "9.50 g/dL", "WBC": "11.20 10*3/uL", "CRP": "<0.5 mg/L"} == await lab.values_of(order)
    kept = (await lab.bench.results(order))["HB"]
    assert ("L", "analyser", "preliminary") == (kept["flag"], kept["source"], kept["status"])
    assert "preliminary" == await lab.bench.state(order)
    assert [] == await lab.bench.worklist()


async def test_a_message_sent_twice_makes_one_result(lab: Intake) -> None:
    """Both are acknowledged; the second with the first's words."""
    order = await lab.bench.ordered("HB", "WBC")
    async with lab.listening() as listener, analyser(listener.port) as machine:
        first, again = await mischief.send_twice(machine, [Sample(tube(order), readings(BLOOD))])
    assert ("AA", "AA", first.control_id) == (first.code, again.code, again.control_id)
    assert [(2, 0, 1)] == await lab.messages()
    assert 2 == await lab.versions(order)


@pytest.mark.parametrize(("dies", "repeats"), [("after_commit", 1), ("before_commit", 0)])
async def test_a_killed_listener_costs_nothing(lab: Intake, dies: str, repeats: int) -> None:
    """SIGKILL between commit and acknowledgement, or before both: the analyser sends again, one result comes of it."""
    order = await lab.bench.ordered("HB", "WBC")
    async with mortal(lab, dies) as (process, port), analyser(port) as machine:
        sending = asyncio.create_task(machine.send(tube(order), BLOOD))
        assert -9 == await process.wait()
        assert (2 if dies == "after_commit" else 0) == await lab.versions(order)
        assert not sending.done()
        async with lab.listening(port):
            assert (await sending).accepted
    assert [(2, 0, repeats)] == await lab.messages()
    assert 2 == await lab.versions(order)


async def test_what_cannot_be_filed_is_on_the_worklist(lab: Intake) -> None:
    """Unknown code, unknown tube, no tube, another unit, no number: each with its reason, none acknowledged in vain."""
    order = await lab.bench.ordered("HB", "WBC")
    async with lab.listening() as listener, analyser(listener.port) as machine:
        for accession, given in (
            (tube(order), [("XYZ-9", "1", "g/dL")]),
            ("L9912319999A", [("HB", "9.5", "g/dL")]),
            ("", [("HB", "9.5", "g/dL")]),
            (tube(order), [("HB", "95", "g/L")]),
            (tube(order), [Reading("WBC", "1,2", "10*3/uL")]),
            (tube(order), [("GLU", "90", "mg/dL")]),
        ):
            assert (await machine.send(accession, given)).accepted
    reasons = [row["reason"] for row in await lab.bench.worklist()]
    assert ["unknown_code", "unknown_accession", "no_accession", "unit_differs", "unreadable", "not_ordered"] == reasons
    assert {} == await lab.values_of(order)


async def test_a_code_that_is_mapped_later_files_what_waited(lab: Intake) -> None:
    """Nobody types the value."""
    order = await lab.bench.ordered("HB")
    async with lab.listening() as listener, analyser(listener.port) as machine:
        assert (await machine.send(tube(order), [("718-7", "13.10", "g/dl")])).accepted
    assert {} == await lab.values_of(order)
    await lab.bench.connection.execute(MAP, lab.bench.clinic, "718-7", "HB", "g/dl")
    assert {"HB": "13.10 g/dL"} == await lab.values_of(order)
    assert [] == await lab.bench.worklist()


async def test_coded_results_and_text_that_is_a_number(lab: Intake) -> None:
    """A urine strip: by the catalogue's choices."""
    order = await lab.bench.ordered("U-NIT", "CRP")
    async with lab.listening() as listener, analyser(listener.port) as machine:
        strip = [Reading("U-NIT", "POS", kind="CWE", display="Positive"), Reading("CRP", "7.5", "mg/L", kind="ST")]
        assert (await machine.send(tube(order), strip)).accepted
    assert {"U-NIT": "POS", "CRP": "7.5 mg/L"} == await lab.values_of(order)


async def test_a_stranger_is_rejected(lab: Intake) -> None:
    """AR, and nothing is kept."""
    order = await lab.bench.ordered("HB")
    async with lab.listening() as listener, analyser(listener.port, "STRANGER") as machine:
        answer = await machine.send(tube(order), BLOOD)
    assert ("AR", "204") == (answer.code, answer.error)
    assert [] == await lab.messages()


DIALECTS = (
    Dialect(), Dialect("$*@!%", number_in="OBR-3"), Dialect(line_end="\n", number_in="OBR-2", zone=""),
    Dialect(charset="UNICODE UTF-8", codec="iso8859-1", number_in="ORC-2", version="2.3.1"),
)  # fmt: skip


async def tell(machine: Analyser, order: Row, number: int) -> None:
    """One tube, with the trouble its number brings."""
    sample = [Sample(tube(order), readings([("HB", f"{10 + number}.50", "g/dL"), ("WBC", "7.00", "10*3/uL")]))]
    if number % 3 == 0:
        await mischief.send_half(machine, sample, 0.7)
    if number % 4 == 1:
        await mischief.send_broken(machine, sample)
    if number % 2 == 0:
        await mischief.send_twice(machine, sample)
    else:
        assert (await machine.report(sample)).accepted


async def test_a_storm_of_analysers(lab: Intake) -> None:
    """Many at once, halves, broken segments, repeats, and the listener restarted in the middle: each tube once."""
    orders = [await lab.bench.ordered("HB", "WBC") for _ in range(12)]
    async with lab.listening() as first:
        machines = [
            Analyser(HOST, first.port, APPLICATION, "LAB", dialect=DIALECTS[n % 4], patience=PATIENT)
            for n in range(len(orders))
        ]
        given = zip(machines, orders, range(len(orders)), strict=True)
        telling = [asyncio.create_task(tell(*one)) for one in given]
        await asyncio.wait(telling, return_when=asyncio.FIRST_COMPLETED)
    async with lab.listening(first.port):
        await asyncio.gather(*telling)
        for machine in machines:
            await machine.close()
    for number, order in enumerate(orders):
        assert {"HB": f"{10 + number}.50 g/dL", "WBC": "7.00 10*3/uL"} == await lab.values_of(order)
        assert 2 == await lab.versions(order)
    assert [(2, 0)] * len(orders) == [(taken, unmatched) for taken, unmatched, _ in await lab.messages()]
