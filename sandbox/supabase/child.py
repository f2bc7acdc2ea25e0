"""A child process that ends when we end, however we end."""

import asyncio
import ctypes
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sandbox.errors import SandboxError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Child:
    """A running program, the file its words go to, and the signal that asks it to leave."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    farewell: signal.Signals = signal.SIGTERM

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        return self.process.poll() is None

    async def stop(self, farewell: signal.Signals | None = None, patience_s: float = 10) -> None:
        """Ask it to leave and wait; after `patience_s` seconds, kill it."""
        if self.alive:
            self.process.send_signal(farewell or self.farewell)
        try:
            await asyncio.to_thread(self.process.wait, patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        if self.process.stdin:
            self.process.stdin.close()

    def failure(self) -> SandboxError:
        """An error that ends with the last words of the program."""
        return SandboxError(f"{self.name} did not start. It said:\n{last_words(self.log)}")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    popen: Mapping[str, Any]
    farewell: signal.Signals = signal.SIGTERM

    def start(self, log: Path, stdin: int = subprocess.DEVNULL) -> Child:
        """Start it in a session of its own, so that Ctrl-C reaches us alone and we say goodbye."""
        with log.open("ab") as output:
            return Child(self.name, self._open(output, stdin), log, self.farewell)

    def _open(self, output: IO[bytes], stdin: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env=self.environment,
            cwd=self.folder,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _die_with_parent(self.farewell),  # noqa: PLW1509 - only a prctl call
            **self.popen,
        )


def last_words(log: Path, lines: int = 12) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _die_with_parent(farewell: signal.Signals) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)
