"""Cluster templates: made once per content of their sources, then copied in a tenth of a second."""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from sandbox.environment import child_environment
from sandbox.errors import SandboxError
from sandbox.supabase.account import Account
from sandbox.supabase.cache import Cache, digest, hand_over
from sandbox.supabase.postgres import SUPERUSER, Postgres

BOOTSTRAP = sorted((Path(__file__).parent / "bootstrap").glob("*.sql"))

# The socket lies in a folder of ours, open to its owner alone; a port is open to everybody.
_WHO_MAY_ENTER = """\
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""

Prepare = Callable[[Postgres], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Templates:
    """Makes and keeps templates for one build of PostgreSQL."""

    binaries: Path
    cache: Cache

    async def bare(self) -> Path:
        """A cluster that looks like a new Supabase project."""
        key = digest([self.binaries.name.encode(), _WHO_MAY_ENTER.encode(), *_contents(BOOTSTRAP)])
        return await self._made("bare", key, self._initialise, _bootstrap)

    async def prepared(self, sources: list[Path], prepare: Prepare) -> Path:
        """The bare cluster after `prepare`, which depends on nothing but the files in `sources`."""
        bare = await self.bare()
        names = [source.name.encode() for source in sources]
        key = digest([bare.name.encode(), *names, *_contents(sources)])
        return await self._made("prepared", key, lambda folder: copy(bare, folder, self.cache.account), prepare)

    async def _made(self, kind: str, key: str, fill: Callable[[Path], None], prepare: Prepare) -> Path:
        def make(draft: Path) -> None:
            asyncio.run(self._fill(draft, fill, prepare))

        return await asyncio.to_thread(self.cache.entry, kind, key, make)

    async def _fill(self, draft: Path, fill: Callable[[Path], None], prepare: Prepare) -> None:
        hand_over(draft, self.cache.account)
        fill(draft)
        async with Postgres.running(self.binaries, draft, self.cache.account) as cluster:
            await prepare(cluster)
        (draft / "postgres.log").unlink()

    def _initialise(self, folder: Path) -> None:
        command = [str(self.binaries / "bin" / "initdb"), "-D", str(folder / "data"), "-U", SUPERUSER]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        run([*command, *options], folder, self.cache.account)
        (folder / "data" / "pg_hba.conf").write_text(_WHO_MAY_ENTER)


def copy(template: Path, folder: Path, account: Account) -> None:
    """Copy a template's cluster to `folder`, which the account owns."""
    run(["cp", "-a", "--reflink=auto", str(template / "data"), str(folder)], folder, account)


def run(command: list[str], folder: Path, account: Account) -> None:
    """Run a program to its end under the account. Raises SandboxError when it fails."""
    if shutil.which(command[0]) is None:
        raise SandboxError(f"{command[0]} is not to be found on this machine.")
    done = subprocess.run(
        command,
        env=child_environment(HOME=str(folder)),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **account.popen(),
    )
    if done.returncode:
        raise SandboxError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


async def _bootstrap(cluster: Postgres) -> None:
    connection = await asyncpg.connect(cluster.socket_dsn(SUPERUSER))
    try:
        for file in BOOTSTRAP:
            await connection.execute(file.read_text())
    finally:
        await connection.close()


def _contents(files: list[Path]) -> list[bytes]:
    return [file.read_bytes() for file in files]
