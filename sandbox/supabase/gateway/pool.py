"""Pools of connections that survive a restart of the database."""

import json

import asyncpg

# What a query raises while the database is away or coming back.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)


async def pool(dsn: str, size: int = 10) -> "asyncpg.Pool":
    """A pool that opens connections when they are needed; JSON columns are read as Python values."""
    return await asyncpg.create_pool(dsn, min_size=0, max_size=size, init=_prepare, command_timeout=30)


async def _prepare(connection: "asyncpg.Connection") -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
