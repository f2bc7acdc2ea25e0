"""A real PostgreSQL cluster of our own, started, restarted and stopped."""

import asyncio
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg

from sandbox.environment import child_environment
from sandbox.errors import SandboxError
from sandbox.supabase.account import Account
from sandbox.supabase.cache import hand_over
from sandbox.supabase.child import Child, Program, last_words
from sandbox.supabase.ports import HOST, free_port

Shutdown = Literal["fast", "immediate"]

SUPERUSER = "supabase_admin"
DATABASE = "postgres"
START_PATIENCE_S = 30.0
LONGEST_SOCKET_FOLDER = 80  # a socket's whole path ends at 107 characters

_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}

# synchronous_commit stays on: logical decoding hands out flushed changes only, so that without it
# Realtime would miss a change that was just committed. With fsync off it costs nothing.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "logical",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "512MB",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log shall not hold what people write into the tables.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(slots=True)
class Postgres:
    """A running cluster; its data and log lie below `folder`."""

    binaries: Path
    folder: Path
    sockets: Path
    account: Account
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    port: int = 0
    _child: Child | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls, binaries: Path, folder: Path, account: Account) -> AsyncIterator["Postgres"]:
        """Run the cluster in `folder/data` while the block lasts."""
        with _socket_folder(folder, account) as sockets:
            cluster = cls(binaries, folder, sockets, account)
            try:
                await cluster._start_somewhere()
                yield cluster
            finally:
                await cluster.stop("fast")

    @property
    def dsn(self) -> str:
        """The address for the role `postgres`, who owns the database as in a hosted project."""
        return f"postgresql://postgres:{self.password}@{HOST}:{self.port}/{DATABASE}"

    def socket_dsn(self, role: str) -> str:
        """The address for any role through the unix socket, which trusts whoever may open it."""
        return f"postgresql://{role}@/{DATABASE}?host={self.sockets}&port={self.port}"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "postgres.log"

    async def restart(self, mode: Shutdown = "immediate") -> None:
        """Stop and start on the same port and data; `immediate` is a crash, with recovery."""
        await self.stop(mode)
        await self._start()

    async def stop(self, mode: Shutdown = "fast") -> None:
        """Stop the server, if it runs; nothing happens when it does not."""
        child, self._child = self._child, None
        if child:
            await child.stop(_SIGNALS[mode])

    async def start(self) -> None:
        """Start the server again on the port it had."""
        await self._start()

    async def _start_somewhere(self) -> None:
        """Start on a free port; try others while somebody else is quicker to take it."""
        for _ in range(5):
            self.port = free_port()
            try:
                await self._start()
            except SandboxError:
                if "Address already in use" not in last_words(self.log):
                    raise
            else:
                return
        raise SandboxError("PostgreSQL found no free port in five attempts: try again.")

    async def _start(self) -> None:
        program = Program(
            name="PostgreSQL",
            command=self._command(),
            environment=child_environment(HOME=str(self.folder)),
            folder=self.folder,
            popen=self.account.popen(),
            farewell=signal.SIGINT,
        )
        self._child = program.start(self.log)
        await wait_until(self._answers, self._child, START_PATIENCE_S)

    def _command(self) -> list[str]:
        places = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
        }
        options = [f"--{name}={value}" for name, value in {**places, **_SETTINGS}.items()]
        return [str(self.binaries / "bin" / "postgres"), "-D", str(self.folder / "data"), *options]

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.socket_dsn(SUPERUSER))
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    async def set_passwords(self) -> None:
        """Give the roles that log in over the port this run's password."""
        connection = await asyncpg.connect(self.socket_dsn(SUPERUSER))
        try:
            for role in ("postgres", "authenticator"):
                await connection.execute(f"alter role {role} password '{self.password}'")
        finally:
            await connection.close()


@contextmanager
def _socket_folder(folder: Path, account: Account) -> Iterator[Path]:
    """The cluster's own folder, or a short one where the path would break the kernel's limit."""
    if len(str(folder)) <= LONGEST_SOCKET_FOLDER:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="clinic-", dir="/tmp") as short:
        hand_over(Path(short), account)
        yield Path(short)


async def wait_until(answers: Callable[[], Awaitable[bool]], child: Child, patience_s: float) -> None:
    """Wait until a child is ready for work.

    Raises SandboxError with its last words when it ended or was not ready after `patience_s` seconds.
    """
    deadline = asyncio.get_running_loop().time() + patience_s
    while not await answers():
        if not child.alive or asyncio.get_running_loop().time() > deadline:
            await child.stop()
            raise child.failure()
        await asyncio.sleep(0.02)
