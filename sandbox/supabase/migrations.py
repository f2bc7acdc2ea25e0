"""Migrations, applied by the real Supabase CLI."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.environment import child_environment
from sandbox.errors import SandboxError
from sandbox.supabase.postgres import Postgres

PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Migrations:
    """The `supabase` folder of a project and the CLI that understands it."""

    folder: Path
    cli: Path

    @property
    def sources(self) -> list[Path]:
        """Everything the migrated database depends on, in the order of application."""
        return sorted((self.folder / "migrations").glob("*.sql"))

    async def push(self, cluster: Postgres) -> None:
        """Apply all migrations. Raises SandboxError with the CLI's words when one fails."""
        if not self.sources:
            return
        await cluster.set_passwords()
        await self.command("db", "push", f"--remote={cluster.dsn}", "--include-all", "--skip-vault")

    async def command(self, *arguments: str) -> str:
        """Run the CLI and return what it printed.

        It works on a copy and with a home folder of its own, so that it leaves nothing behind in
        the project or in the user's home, and reports to nobody.
        """
        with tempfile.TemporaryDirectory(prefix="clinic-cli-") as folder:
            home = Path(folder)
            self._copy_project(home / "supabase")
            return await self._run([*arguments, f"--workdir={home}", "--yes", "--agent=no"], home)

    def _copy_project(self, target: Path) -> None:
        (target / "migrations").mkdir(parents=True)
        for source in self.sources:
            shutil.copy(source, target / "migrations")
        if (self.folder / "config.toml").exists():
            shutil.copy(self.folder / "config.toml", target)

    async def _run(self, arguments: Sequence[str], home: Path) -> str:
        process = await asyncio.create_subprocess_exec(
            self.cli,
            *arguments,
            cwd=home,
            env=child_environment(HOME=str(home), DO_NOT_TRACK="1", SUPABASE_TELEMETRY_DISABLED="1"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                output, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise SandboxError(f"`supabase {' '.join(arguments[:2])}` failed:\n{output.decode(errors='replace')}")
        return output.decode(errors="replace")
