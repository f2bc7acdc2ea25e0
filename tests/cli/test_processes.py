"""What only a process of its own can show: signals, terminals, pipes, and the bridge's command."""

import asyncio
import os
import pty
import re
import signal
import socket
import sys
from pathlib import Path

from sandbox.environment import child_environment
from sandbox.supabase.stack import ROOT
from tests.cli.desk import Desk, write_settings
from tests.journey.cast import program
from tests.journey.stage import until

COLUMNS = "80"


async def ended(*words: str, **environment: str) -> tuple[int, str, str]:
    """Run ``python -m <words>`` to its end; exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *words, cwd=ROOT, env=child_environment(**environment),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_every_command_explains_itself() -> None:
    """Help names each command; a mistyped one is one sentence."""
    _, said, _ = await ended("workers", "--help", COLUMNS=COLUMNS)
    for name in (
        "run",
        "once",
        "doctor",
        "status",
        "show",
        "simulate",
        "replay",
        "exempt",
        "backfill",
        "kpi",
        "satusehat",
    ):
        assert re.search(rf"\b{name}\b", said)
    code, out, err = await ended("workers", "statsu")
    assert (2, "") == (code, out)
    assert "No such command 'statsu'" in err
    assert 1 == len(err.splitlines())


async def test_once_carries_and_exits(desk: Desk) -> None:
    """What is due is carried; 1 when somebody must act; in JSON for a script."""
    await desk.scene.visits(3)
    code, out, err = await ended("workers", "once", "--env-file", str(desk.file))
    assert (0, "satusehat: 3 carried; 0 left.\n", "") == (code, out, re.sub(r"\{.*\}\n", "", err))
    await desk.scene.sql("update public.patients set nik = null where medical_record_number = 'J2'")
    await desk.scene.visit(patient="J2")
    code, out, _ = await ended("workers", "once", "--json", "--env-file", str(desk.file))
    assert 1 == code
    assert '"satusehat": 1' in out


async def test_run_stops_when_asked(desk: Desk, tmp_path: Path) -> None:
    """SIGTERM and Ctrl-C: exit code 0, nothing left leased, no traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        log = tmp_path / f"{number.name}.log"
        async with program(desk.scene.values(), log, "run") as process:
            visit = await desk.scene.visit()
            await desk.scene.reaches(visit, "delivered")
            process.send_signal(number)
            assert 0 == await asyncio.wait_for(process.wait(), 20)
        assert "Traceback" not in log.read_text()
        assert {"delivered"} == set(await desk.scene.states())


async def test_run_with_the_wrong_key_says_so_and_ends(desk: Desk) -> None:
    """A daemon that can never work does not pretend to."""
    file = desk.variant(supabase_service_key=desk.scene.running.stack.anon_key)
    for module in (("workers", "run"), ("edge_bridge",)):
        code, out, err = await ended(*module, "--env-file", str(file))
        assert (2, "") == (code, out)
        assert "Use the service key" in err
        assert 1 == len(err.splitlines())


async def test_status_fits_a_terminal_of_80_columns(desk: Desk) -> None:
    """No line is longer, no word is cut with an ellipsis, every figure keeps its row."""
    await desk.scene.visit()
    said = await asyncio.to_thread(_on_terminal, "status", "--env-file", str(desk.file))
    assert all(len(line) <= int(COLUMNS) for line in said.splitlines())
    assert "…" not in said
    assert re.search(r"\d{4}-\d\d-\d\d +1 +0 +1 +0 +0 +0 +0 +0 +0", said)


async def test_a_pipe_may_close_early(desk: Desk) -> None:
    """`workers kpi --json | head -1` is no accident."""
    reader, writer = os.pipe()
    os.close(reader)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers", "kpi", "--json", "--env-file", str(desk.file), cwd=ROOT,
        env=child_environment(), stdout=writer, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    _, err = await process.communicate()
    assert b"" == err


async def test_the_bridge_starts_serves_and_stops(desk: Desk, tmp_path: Path) -> None:
    """A port in use is one sentence and exit code 2; SIGTERM ends daemon and door with 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = write_settings(tmp_path / "env", desk.scene.values(bridge_port=port))
        code, out, err = await ended("edge_bridge", "--env-file", str(file))
    assert (2, "") == (code, out)
    assert f"port {port}" in err
    assert "WORKERS_BRIDGE_PORT" in err
    assert 1 == len(err.splitlines())
    log = tmp_path / "log"
    async with program(desk.scene.values(bridge_port=port), log, module="edge_bridge") as process:

        async def started() -> bool:
            return "worker.started" in log.read_text()

        await until(started, "the bridge starts")
        process.terminate()
        assert 0 == await asyncio.wait_for(process.wait(), 20)
    assert "worker.stopped" in log.read_text()
    assert "Traceback" not in log.read_text()


def _on_terminal(*words: str) -> str:
    """What a person sees in a terminal of 80 columns."""
    parent, child = pty.openpty()
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-m", "workers", *words], child_environment(COLUMNS=COLUMNS, TERM="dumb"),
        file_actions=[(os.POSIX_SPAWN_DUP2, child, 1)],
    )  # fmt: skip
    os.close(child)
    said = b""
    while chunk := _read(parent):
        said += chunk
    os.close(parent)
    os.waitpid(pid, 0)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).replace("\r", "")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side has hung up
        return b""
