"""`python -m sandbox up` as its user meets it: it starts, tells where it is, and leaves nothing."""

import asyncio
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from dotenv import dotenv_values

from sandbox.supabase.client import client
from sandbox.supabase.stack import ROOT

PATIENCE_S = 60
# The package may be installed from the original checkout: the copy has to come first.
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[1:] = ['up']; from sandbox.__main__ import main; main()"
)


class Command:
    """A running `up` in a checkout of its own."""

    def __init__(self, root: Path, process: asyncio.subprocess.Process) -> None:
        """`root` is the checkout."""
        self.root, self.process = root, process
        self.children: list[psutil.Process] = []

    async def ready(self) -> "Command":
        """Wait until it says that it is up."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE_S):
            while b"Ctrl-C" not in (line := await self.process.stdout.readline()):
                assert line, "it ended before it was up"
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        return self

    async def ended(self) -> int:
        """Wait for its end and that of everything it started; the value is its exit code."""
        async with asyncio.timeout(PATIENCE_S):
            code = await self.process.wait()
            _, alive = await asyncio.to_thread(psutil.wait_procs, self.children, 10)
        assert [] == alive
        return code


@pytest.fixture
async def command(tmp_path: Path) -> AsyncIterator[Command]:
    """Everything, started in a copy of this checkout."""
    for name in ("sandbox", "supabase"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".temp"))
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", START, str(tmp_path), cwd=tmp_path, stdin=pipe, stdout=pipe
    )
    yield await Command(tmp_path, process).ready()
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_the_files_tell_all_one_needs(command: Command) -> None:
    """A login from personas.json works with the settings from env, which nobody else can read."""
    settings = dotenv_values(command.root / ".sandbox" / "env")
    personas = json.loads((command.root / ".sandbox" / "personas.json").read_text())
    doctor = next(persona for persona in personas if persona["role"] == "doctor")

    async with client(settings["SUPABASE_URL"] or "", settings["SUPABASE_ANON_KEY"] or "") as database:
        await database.auth.sign_in_with_password({"email": doctor["email"], "password": doctor["password"]})
        clinics = (await database.table("clinics").select("name").execute()).data

    assert [{"name": "Klinik Melati"}] == clinics
    assert 0o600 == (command.root / ".sandbox" / "env").stat().st_mode & 0o777
    assert json.loads(settings["WORKERS_SATUSEHAT_CREDENTIALS"] or "")


async def test_the_end_of_its_input_ends_it(command: Command) -> None:
    """Whoever starts it through a pipe cannot leave it behind."""
    assert command.process.stdin
    command.process.stdin.close()

    assert 0 == await command.ended()
    assert [] == list((command.root / ".sandbox").iterdir())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
async def test_nothing_outlives_it(command: Command, number: signal.Signals, code: int) -> None:
    """Ctrl-C, a polite end and a violent one all end the children."""
    command.process.send_signal(number)

    assert code == await command.ended()
