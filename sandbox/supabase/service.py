"""A Python module that serves HTTP in a process of its own.

It is started with a listening socket and reads its settings from standard input, which stays open
for as long as we live: when it ends, the service leaves.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.environment import child_environment
from sandbox.supabase import ports
from sandbox.supabase.child import Child, Program
from sandbox.supabase.postgres import wait_until

ROOT = Path(__file__).parents[2]
START_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Service:
    """A started module; it serves once it was told its settings."""

    url: str
    listener: int  # the number of the socket's file descriptor on the other side
    child: Child

    async def tell(self, settings: bytes, health: str = "/") -> None:
        """Hand over the settings, one line, and wait until the path `health` is answered.

        Raises SandboxError when that does not happen.
        """
        pipe = self.child.process.stdin
        if pipe is None or not self.child.alive:
            raise self.child.failure()
        pipe.write(settings)
        pipe.flush()
        await wait_until(lambda: _answers(self.url + health), self.child, START_PATIENCE_S)


@asynccontextmanager
async def running(module: str, log: Path) -> AsyncIterator[Service]:
    """Run a module while the block lasts; `log` takes what it prints."""
    listener = ports.listen()
    try:
        service = Service(ports.url(listener), listener.fileno(), _start(module, listener, log))
    finally:
        listener.close()
    try:
        yield service
    finally:
        await service.child.stop()


def _start(module: str, listener: socket.socket, log: Path) -> Child:
    program = Program(
        name=module,
        command=[sys.executable, "-m", module],
        environment=child_environment(PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        folder=ROOT,
        popen={"pass_fds": (listener.fileno(),)},
        farewell=signal.SIGTERM,
    )
    return program.start(log, stdin=subprocess.PIPE)


async def _answers(url: str) -> bool:
    """A connection made too early waits in the socket's queue, so that one attempt is mostly enough."""
    try:
        async with asyncio.timeout(START_PATIENCE_S), aiohttp.ClientSession() as session, session.get(url):
            return True
    except (aiohttp.ClientError, TimeoutError):
        return False
