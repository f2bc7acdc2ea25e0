"""The embedded Supabase as one thing: started, used, restarted, stopped."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.supabase import postgrest, service
from sandbox.supabase.account import unprivileged
from sandbox.supabase.cache import Cache, open_cache
from sandbox.supabase.gateway.settings import Settings
from sandbox.supabase.keys import Keys
from sandbox.supabase.migrations import Migrations
from sandbox.supabase.postgres import SUPERUSER, Postgres, Shutdown
from sandbox.supabase.postgrest import EXPOSED_SCHEMAS, Postgrest
from sandbox.supabase.programs import Programs, install
from sandbox.supabase.runs import run_folder
from sandbox.supabase.service import Service
from sandbox.supabase.template import Templates, copy

ROOT = Path(__file__).parents[2]
GATEWAY = "sandbox.supabase.gateway"


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Supabase project and how to reach it."""

    url: str
    keys: Keys
    postgres: Postgres
    cli: Migrations
    gateway_pid: int

    @classmethod
    @asynccontextmanager
    async def start(
        cls, root: Path = ROOT, migrations: bool = True, schemas: Sequence[str] = EXPOSED_SCHEMAS
    ) -> AsyncIterator["Stack"]:
        """Run a new project while the block lasts; `root` is the checkout whose migrations it gets.

        Raises SandboxError when something does not start.
        """
        project = await asyncio.to_thread(Project.open, root)
        with run_folder(project.cache) as folder:
            async with (
                service.running(GATEWAY, folder / "gateway.log") as gateway,
                project.database(folder, migrations) as cluster,
            ):
                keys = Keys.generate()
                serving = postgrest.running(project.programs.postgrest, cluster, keys.jwt_secret, schemas)
                async with serving as api:
                    await gateway.tell(_settings(gateway, cluster, api, keys).dump())
                    yield cls(gateway.url, keys, cluster, project.cli, gateway.child.process.pid)

    @property
    def anon_key(self) -> str:
        """The key of somebody who has not signed in."""
        return self.keys.anon

    @property
    def service_key(self) -> str:
        """The key that passes row level security by."""
        return self.keys.service

    @property
    def dsn(self) -> str:
        """The database's address for the role `postgres`, with its password."""
        return self.postgres.dsn

    @property
    def superuser_dsn(self) -> str:
        """The database's address for the superuser, through its unix socket."""
        return self.postgres.socket_dsn(SUPERUSER)

    async def restart_postgres(self, mode: Shutdown = "immediate") -> None:
        """Stop and start the database on the same port and data; `immediate` is a crash."""
        await self.postgres.restart(mode)


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout, its programs and the cache they live in."""

    cache: Cache
    programs: Programs
    cli: Migrations

    @classmethod
    def open(cls, root: Path = ROOT) -> "Project":
        """Find the programs of the checkout at `root`. Raises SandboxError when they are missing."""
        cache = open_cache(unprivileged())
        programs = install(root, cache)
        return cls(cache, programs, Migrations(root / "supabase", programs.cli))

    @asynccontextmanager
    async def database(self, folder: Path, migrations: bool = True) -> AsyncIterator[Postgres]:
        """A running database with the project's migrations, or as a new project has it."""
        templates = Templates(self.programs.postgres, self.cache)
        if migrations and self.cli.sources:
            template = await templates.prepared(self.cli.sources, self.cli.push)
        else:
            template = await templates.bare()
        await asyncio.to_thread(copy, template, folder, self.cache.account)
        async with Postgres.running(self.programs.postgres, folder, self.cache.account) as cluster:
            await cluster.set_passwords()
            yield cluster


@asynccontextmanager
async def database_alone(root: Path = ROOT, migrations: bool = False) -> AsyncIterator[Postgres]:
    """A database alone, without the API: for tests that compare catalogues."""
    project = await asyncio.to_thread(Project.open, root)
    with run_folder(project.cache) as folder:
        async with project.database(folder, migrations) as cluster:
            yield cluster


def _settings(gateway: Service, cluster: Postgres, api: Postgrest, keys: Keys) -> Settings:
    return Settings(
        listener=gateway.listener,
        url=gateway.url,
        postgrest_socket=str(api.socket),
        database_folder=str(cluster.sockets),
        database_port=cluster.port,
        files=str(cluster.folder / "files"),
        keys=keys,
    )
