"""The demo: a morning of visits, an outage, a killed worker, and books that balance at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox.demo import front_end, hospital, laboratory, mishaps, referred
from sandbox.demo.board import Board
from sandbox.demo.books import Books, close_books, work_items
from sandbox.demo.cases import DRUGS, UNMAPPED_AT_BPJS, Case, Flaw, morning
from sandbox.demo.front_end import open_clinic
from sandbox.demo.outside import Insurer, Ministry, command, worker
from sandbox.demo.scene import Scene, settled, until_delivered
from sandbox.files import dotenv, kept
from sandbox.people import open_hospital
from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS
from sandbox.supabase.client import client
from sandbox.supabase.stack import ROOT
from sandbox.surroundings import Surroundings, surroundings
from sandbox.up import FOLDER, INSTRUMENTS, Sandbox, leaving, sandbox, written

HASTE = {
    "WORKERS_SATUSEHAT_TIMEOUT_SECONDS": "3",
    "WORKERS_SATUSEHAT_UNCERTAIN_REST_SECONDS": "5",
    "WORKERS_BPJS_TIMEOUT_SECONDS": "3",
    "WORKERS_BPJS_UNCERTAIN_REST_SECONDS": "5",
    "WORKERS_MESSAGING_TIMEOUT_SECONDS": "3",
    "WORKERS_SATUSEHAT_IMAGING_WAIT_SECONDS": "30",
    "WORKERS_LEASE_SECONDS": "8",
    "WORKERS_SWEEP_SECONDS": "1",
    "WORKERS_POLL_SECONDS": "2",
}
"""A morning squeezed into seconds: the same waits, ten times shorter."""

VISIT_EVERY_S = 0.45
BPJS_OUTAGE_AT, OUTAGE_AT = 5, 14
PAYS_CASE, STRANGER_CASE = 2, 12
KILL_AT = 28


async def demo(stay: bool = False, root: Path = ROOT) -> bool:
    """Play it; answers whether the books balance. ``stay`` keeps everything running until Ctrl-C."""
    console = Console()
    console.print("Starting Supabase (PostgreSQL, PostgREST), and SatuSehat and BPJS as simulators …")
    with leaving() as leave:
        async with sandbox(root) as running, surroundings(root / FOLDER / INSTRUMENTS) as around:
            with written(running, root / FOLDER, around):
                playing = asyncio.create_task(_play(running, around, console, root, leave if stay else None))
                asked = asyncio.create_task(leave.wait())
                await asyncio.wait({playing, asked}, return_when=asyncio.FIRST_COMPLETED)
                asked.cancel()
                if not playing.done() and not stay:
                    playing.cancel()
                    await asyncio.wait({playing})
                    console.print("Stopped before the end.")
                    return False
                return await playing


async def _play(
    running: Sandbox, around: Surroundings, console: Console, root: Path, leave: asyncio.Event | None
) -> bool:
    async with _stage(running, around, console, root) as scene:
        cases = morning(len(scene.clinic.patients))
        watching = asyncio.create_task(scene.board.watch())
        try:
            await _morning(scene, cases)
            await settled(scene)
            await referred.claims(scene, root)
            await _end(watching)
            await _print_work(scene, console, "What keeps the rest, and who can mend it")
            await _mend(scene, cases)
            await settled(scene)
        finally:
            await _end(watching)
        await laboratory.report(scene, console)
        books = await _books(scene)
        await _print_work(scene, console, "Still open")
        for one in books:
            console.print(one.line(), highlight=False, soft_wrap=True)
        if leave is not None:
            _say_where(running, console)
            await leave.wait()
        return all(one.balanced and one.balance.in_flight == 0 for one in books)


@asynccontextmanager
async def _stage(running: Sandbox, around: Surroundings, console: Console, root: Path) -> AsyncIterator[Scene]:
    stack = running.stack
    ministry, insurer = Ministry(running.satusehat_url), Insurer(running.bpjs_url)
    await ministry.behave(mishaps.LATENCY)
    await insurer.behave(mishaps.BPJS_LATENCY)
    env_file = root / FOLDER / "demo.env"
    with kept(env_file, dotenv({**running.environment(), **around.environment(), **HASTE})):
        log = root / FOLDER / "worker.log"
        log.unlink(missing_ok=True)
        kenanga = await open_hospital(stack.url, stack.service_key)
        async with (
            hospital.opened(stack.url, stack.anon_key, kenanga) as wards,
            open_clinic(stack.url, stack.anon_key, running.personas, UNAMBIGUOUS_PATIENTS) as clinic,
            client(stack.url, stack.service_key) as service,
        ):
            console.print((await command(root, env_file, "satusehat", "setup", "--yes")).rstrip(), highlight=False)
            await command(root, env_file, "bpjs", "sync")
            async with worker(root, env_file, log) as process:
                board = Board(console, service, ministry, insurer, around)
                yield Scene(running, around, clinic, ministry, insurer, process, board, wards, {})
    await ministry.close()
    await insurer.close()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel and wait, so that the live table has let go of the screen."""
    task.cancel()
    await asyncio.wait({task})


async def _morning(scene: Scene, cases: tuple[Case, ...]) -> None:
    """Patients come one after another, and each takes a while; meanwhile the world misbehaves."""
    scene.board.say(f"The clinic opens; {len(cases)} patients are expected. So does its sister of referral level.")
    async with asyncio.TaskGroup() as group:
        group.create_task(referred.morning(scene))
        group.create_task(laboratory.morning(scene))
        for case in cases:
            group.create_task(_visit(scene, case))
            if case.number == BPJS_OUTAGE_AT:
                group.create_task(mishaps.bpjs_outage(scene))
            if case.number == OUTAGE_AT:
                group.create_task(mishaps.outage(scene))
            if case.number == KILL_AT:
                group.create_task(mishaps.kill(scene))
            await asyncio.sleep(VISIT_EVERY_S)
    scene.board.say("The last patient has gone home.")


async def _visit(scene: Scene, case: Case) -> None:
    clinic = scene.clinic
    visit = scene.visits[case.number] = await front_end.arrive(clinic, case)
    if case.flaw is Flaw.CANCELLED:
        await front_end.cancel(clinic, visit)
        return
    await front_end.examine(clinic, case, visit)
    await front_end.finish(clinic, visit)
    if case.corrected_to:
        await until_delivered(scene, visit)
        await front_end.correct_diagnosis(clinic, visit, *case.corrected_to)
        scene.board.say(f"Visit {case.number + 1}: the doctor corrects a diagnosis that was already sent.")


async def _mend(scene: Scene, cases: tuple[Case, ...]) -> None:
    """The staff mend what they were told to mend; nobody presses "send"."""
    clinic = scene.clinic
    for case in cases:
        visit = scene.visits[case.number]
        match case.flaw:
            case Flaw.NO_DIAGNOSIS:
                row = {"visit_id": visit, "icd10_code": case.ailment.icd10, "name": case.ailment.name,
                       "practitioner_id": clinic.practitioners["doctor"]}  # fmt: skip
                await clinic.insert("doctor", "diagnoses", row)
                scene.board.say("The doctor adds the missing diagnosis.")
            case Flaw.UNMAPPED_DRUG:
                _, kfa, display = DRUGS["LRT10"]
                await front_end.map_drug(clinic, "LRT10", kfa, display)
                scene.board.say("The pharmacist maps the drug to KFA.")
            case _:
                continue
    await _mend_bpjs(scene)
    await asyncio.sleep(0.5)


async def _mend_bpjs(scene: Scene) -> None:
    clinic, person = scene.clinic, UNAMBIGUOUS_PATIENTS[PAYS_CASE]
    await front_end.map_bpjs_drug(clinic, UNMAPPED_AT_BPJS)
    await front_end.map_bpjs_poli(clinic, "POLI-GIGI", "002")
    scene.board.say("The pharmacist finds the drug in BPJS's list, the admin the dentist's poli.")
    sex, card = "L" if person.gender == "male" else "P", await scene.insurer.card_of(person.nik)
    await scene.insurer.pays(person.nik, person.name, person.birth_date, sex, card)
    await front_end.check_again(clinic, clinic.patients[PAYS_CASE])
    scene.board.say(f"Visit {PAYS_CASE + 1}: the patient settles the arrears; the cashier asks BPJS again.")
    await front_end.pay_oneself(clinic, scene.visits[STRANGER_CASE])
    scene.board.say(f"Visit {STRANGER_CASE + 1}: BPJS does not know the patient, who pays in cash.")


async def _books(scene: Scene) -> list[Books]:
    return await close_books(scene.board.service, scene.ministry, scene.insurer, scene.around)


async def _print_work(scene: Scene, console: Console, title: str) -> None:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("target", "visit", "state", "role", "field", "rule", "reason"):
        table.add_column(column, overflow="fold")
    numbers = {visit: number + 1 for number, visit in scene.visits.items()}
    for row in await work_items(scene.clinic.roles["admin"]):
        table.add_row(row["target"], str(numbers.get(row["subject_id"], "")), row["state"], row["role"], row["field"],
                      row["rule"] or "", row["reason"])  # fmt: skip
    console.print()
    console.print(table)
    console.print()


def _say_where(running: Sandbox, console: Console) -> None:
    where = f"Supabase {running.stack.url}, SatuSehat {running.satusehat_url}, BPJS {running.bpjs_url}"
    console.print(f"Everything stays up: {where}.")
    console.print("Try `.venv/bin/workers status --env-file .sandbox/demo.env` meanwhile; Ctrl-C ends it.")
