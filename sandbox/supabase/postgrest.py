"""The real PostgREST as a child process, reached through a unix socket."""

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.environment import child_environment
from sandbox.supabase.child import Program
from sandbox.supabase.postgres import Postgres, wait_until

EXPOSED_SCHEMAS = ("public", "graphql_public", "integration")
MOST_ROWS = 200
POOL_SIZE = 20
START_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Postgrest:
    """A running PostgREST and the socket it listens on."""

    socket: Path


@asynccontextmanager
async def running(
    binary: Path, cluster: Postgres, jwt_secret: str, schemas: Sequence[str] = EXPOSED_SCHEMAS
) -> AsyncIterator[Postgrest]:
    """Serve the cluster's API while the block lasts.

    Raises SandboxError when it does not start.
    """
    socket = cluster.sockets / "postgrest.sock"
    program = Program(
        name="PostgREST",
        command=[str(binary)],
        environment=child_environment(**_settings(cluster, socket, jwt_secret, schemas)),
        folder=cluster.folder,
        popen=cluster.account.popen(),
        farewell=signal.SIGTERM,
    )
    child = program.start(cluster.folder / "postgrest.log")
    try:
        await wait_until(lambda: _answers(socket), child, START_PATIENCE_S)
        yield Postgrest(socket)
    finally:
        await child.stop()


def _settings(cluster: Postgres, socket: Path, jwt_secret: str, schemas: Sequence[str]) -> dict[str, str]:
    return {
        "PGRST_DB_URI": cluster.socket_dsn("authenticator"),
        "PGRST_DB_SCHEMAS": ",".join(schemas),
        "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_DB_MAX_ROWS": str(MOST_ROWS),
        "PGRST_DB_POOL": str(POOL_SIZE),
        "PGRST_DB_PLAN_ENABLED": "true",
        "PGRST_JWT_SECRET": jwt_secret,
        "PGRST_SERVER_UNIX_SOCKET": str(socket),
        "PGRST_LOG_LEVEL": "crit",
    }


async def _answers(socket: Path) -> bool:
    """Whether the schema cache is loaded; before that, it answers 503."""
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session,
            session.head("http://postgrest/") as reply,
        ):
            return reply.status < 500
    except (OSError, aiohttp.ClientError):
        return False
