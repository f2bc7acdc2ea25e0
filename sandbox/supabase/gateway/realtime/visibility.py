"""Who may see a changed row, and who may use a private topic."""

import asyncio
from pathlib import Path

import asyncpg

from sandbox.supabase.gateway.caller import enter, impersonated
from sandbox.supabase.gateway.realtime.tables import Record, RowChange, Table
from sandbox.supabase.keys import Claims
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("statements.sql"))

UNAUTHORIZED = "Error 401: Unauthorized"
NO_KEY = "Error 400: Bad Request, no primary key"

Told = tuple[list[str] | None, Record | None, Record | None]  # errors, record, old record


class Visibility:
    """Asks the database, with the listener's own role and claims."""

    def __init__(self, pool: "asyncpg.Pool") -> None:
        """The pool's role may become anon, authenticated and service_role."""
        self._pool = pool

    async def told(self, change: RowChange, claims: Claims) -> Told | None:
        """What a listener is told of a change, or None when it is not for these eyes."""
        role = str(claims.get("role"))
        if role == "service_role":
            return None, change.record, change.old_record
        if not change.table.key:
            return [NO_KEY], None, None
        columns = await self._pool.fetchval(SQL["readable_columns"], change.table.relation.oid, role)
        if not set(change.table.key) <= set(columns):
            return [UNAUTHORIZED], None, None
        if change.table.guarded and change.kind != "DELETE" and not await self._sees(change, claims):
            return None
        return None, _only(change.record, columns), _only(change.old_record, columns)

    async def may_use(self, topic: str, extension: str, claims: Claims) -> bool:
        """Whether policies on realtime.messages let this person listen to a private topic."""
        async with self._pool.acquire() as connection:
            attempt = connection.transaction()
            await attempt.start()
            try:
                await connection.execute(SQL["offer_message"], topic, extension)
                await enter(connection, claims)
                return bool(await connection.fetchval(SQL["sees_message"], topic, extension))
            finally:
                await attempt.rollback()  # the message was never meant to stay

    async def _sees(self, change: RowChange, claims: Claims) -> bool:
        statement = _row_by_key(change.table)
        # The stream is a moment ahead of the commit: what is told of has been written, and may not be visible yet.
        while await self._pool.fetchval(SQL["still_committing"], str(change.transaction)):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        key = [(change.record or {})[name] for name in change.table.key]  # the pool makes jsonb of values
        async with impersonated(self._pool, claims) as connection:
            return bool(await connection.fetchval(statement, *key))


def _row_by_key(table: Table) -> str:
    """Identifiers are quoted; the values travel apart from the statement."""
    conditions = " and ".join(
        f"{_quoted(name)} = (${number}::jsonb #>> '{{}}')::{table.types[name]['sql']}"
        for number, name in enumerate(table.key, start=1)
    )
    place = f"{_quoted(table.relation.schema)}.{_quoted(table.relation.table)}"
    return f"select exists (select from {place} where {conditions})"  # noqa: S608 - quoted above


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _only(record: Record | None, columns: list[str]) -> Record | None:
    return None if record is None else {name: record[name] for name in record if name in columns}
