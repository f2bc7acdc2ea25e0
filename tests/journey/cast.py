"""Processes on stage: subjects born from a server that has the program loaded, and ``workers`` itself."""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sandbox.environment import child_environment
from sandbox.files import dotenv
from sandbox.supabase.stack import ROOT
from tests.journey.subject import Subject, live, obey

STOP_PATIENCE_S = 30.0
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["tests.journey.subject"])


class Actor:
    """A subject's process."""

    def __init__(self, subject: Subject) -> None:
        self._process = _FORK.Process(target=live, args=(subject,), daemon=True)
        self._process.start()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process and no other."""
        os.kill(self._process.pid, number)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    async def ended(self, within_s: float = STOP_PATIENCE_S) -> int:
        """Wait for its end; its exit code, or minus the signal that killed it."""
        await asyncio.to_thread(self._process.join, within_s)
        assert self._process.exitcode is not None, "the process did not end"
        return self._process.exitcode

    async def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        if self.alive:
            self.signal(signal.SIGTERM)
        return await self.ended()


@asynccontextmanager
async def acting(subject: Subject) -> AsyncIterator[Actor]:
    """A subject while the block lasts; killed at its end if it still lives."""
    actor = Actor(subject)
    try:
        yield actor
    finally:
        with contextlib.suppress(ProcessLookupError):
            if actor.alive:
                actor.signal(signal.SIGKILL)
        await actor.ended()


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def command(values: Mapping[str, Any], *words: str) -> tuple[int, str]:
    """Run a command of ``workers`` to its end; exit code, and all it said."""
    with tempfile.TemporaryDirectory(prefix="command-") as name:
        said, settings = Path(name) / "said", Path(name) / "env"
        shown = {f"WORKERS_{key.upper()}": _shown(value) for key, value in values.items()}
        settings.write_text(dotenv(shown), encoding="utf-8")
        process = _FORK.Process(target=obey, args=((*words, "--env-file", str(settings)), said), daemon=True)
        process.start()
        await asyncio.to_thread(process.join, STOP_PATIENCE_S)
        assert process.exitcode is not None, f"{words} did not end"
        return process.exitcode, said.read_text(encoding="utf-8")


@asynccontextmanager
async def program(
    values: Mapping[str, Any], output: Path, *words: str, module: str = "workers"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command of ours that stays, while the block lasts; what it says goes to a file."""
    with output.open("ab") as file:
        process = await _start(values, module, *words, output=file)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_PATIENCE_S)


async def _start(values: Mapping[str, Any], module: str, *words: str, output: Any) -> asyncio.subprocess.Process:
    shown = {f"WORKERS_{name.upper()}": _shown(value) for name, value in values.items()}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, cwd=ROOT, env=child_environment(**shown),
        stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
    )  # fmt: skip
