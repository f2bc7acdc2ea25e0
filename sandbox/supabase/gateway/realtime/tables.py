"""What Realtime knows about the tables whose changes it tells, and how their rows look in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from sandbox.supabase.gateway.realtime.pgoutput import Change, Relation, Texts
from sandbox.supabase.gateway.realtime.values import reader
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("statements.sql"))

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A relation of the stream and what the catalogue adds to it."""

    relation: Relation
    key: tuple[str, ...]
    guarded: bool  # row level security is in force
    types: dict[str, dict[str, str]]  # column to {"name": typname, "sql": its name in a cast}

    @property
    def columns(self) -> list[dict[str, str]]:
        """Names and types as the clients read them."""
        names = self.relation.columns
        return [{"name": name, "type": self.types[name]["name"]} for name in names if name in self.types]


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change with its values in JSON, the same for every listener who may see all columns."""

    table: Table
    kind: str
    transaction: int
    committed_at: str
    record: Record | None
    old_record: Record | None


class Tables:
    """Describes relations once per stream and turns changes into JSON."""

    def __init__(self, pool: "asyncpg.Pool") -> None:
        """The pool's role reads the catalogue."""
        self._pool = pool
        self._known: dict[int, Table] = {}

    async def describe(self, relation: Relation) -> None:
        """Learn a relation; the stream sends it again whenever the table was altered."""
        facts = await self._pool.fetchrow(SQL["table_facts"], relation.oid)
        if facts:  # else the table is gone already
            self._known[relation.oid] = Table(relation, tuple(facts["key"]), facts["guarded"], facts["types"] or {})

    def get(self, relation: Relation) -> Table | None:
        """What is known of a relation, or None when its table is gone."""
        return self._known.get(relation.oid)

    async def read(self, table: Table, change: Change) -> RowChange:
        """The change in JSON."""
        record = await self._record(table, change.new) if change.new is not None else None
        old = await self._record(table, _old(table, change)) if change.kind != "INSERT" else None
        return RowChange(table, change.kind, change.transaction, change.committed_at, record, old)

    async def _record(self, table: Table, texts: Texts) -> Record:
        kinds = table.types
        return {name: await self._value(kinds[name], texts[name]) for name in texts if name in kinds}

    async def _value(self, kind: dict[str, str], text: str | None) -> Any:
        if text is None:
            return None
        read = reader(kind["name"])
        if read:
            return read(text)
        # The type's name comes from format_type, which quotes what needs quotes.
        cast = f"select to_jsonb($1::text::{kind['sql']})::text"
        return json.loads(await self._pool.fetchval(cast, text))


def _old(table: Table, change: Change) -> Texts:
    """The old row as far as it is told: with RLS or the default identity, the key alone."""
    old = change.old or {name: (change.new or {}).get(name) for name in table.key}
    if change.kind == "DELETE" and table.guarded:
        return {name: text for name, text in old.items() if name in table.key}
    return {name: text for name, text in old.items() if text is not None or name in table.key}
