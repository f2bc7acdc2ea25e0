"""New rows from the samples of the access matrix, written past row level security."""

import json
import string
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg

from tests.database.access import Row, tables

SCHEMAS = ("public", "integration")


def full_name(relation: str) -> str:
    """The table of that name, with its schema."""
    return next(name for schema in SCHEMAS if (name := f"{schema}.{relation}") in tables())


@dataclass(slots=True)
class Rows:
    """Makes rows for clinics, each with one row of its own in every table."""

    database: asyncpg.Connection
    keys: dict[str, list[str]]
    seeds: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    _numbers: count = field(default_factory=lambda: count(1))

    async def found(self, clinic: str) -> None:
        """A clinic with one row in every table that can have several."""
        for name in tables():
            self.seeds[clinic][name] = await self.insert(name, await self.fresh(name, clinic))

    async def fresh(self, name: str, clinic: str) -> Row:
        """A row that was never there before, for a clinic."""
        return await self.filled(tables()[name].sample, clinic)

    async def changed(self, name: str, clinic: str) -> Row:
        """An edit that was never made before."""
        return await self.filled(tables()[name].change, clinic)

    async def filled(self, template: Row, clinic: str) -> Row:
        """The template with what its marks stand for."""
        return {column: await self._value(value, clinic) for column, value in template.items()}

    async def insert(self, name: str, row: Row) -> Row:
        """Write the row as the owner of everything; answers it as it is then."""
        columns = ", ".join(row)
        statement = (
            f"insert into {name} ({columns}) select {columns} "  # noqa: S608 - names from our own file
            f"from jsonb_populate_record(null::{name}, $1) returning to_jsonb({name}.*)"
        )
        return json.loads(await self.database.fetchval(statement, json.dumps(row)))

    async def held(self, name: str, key: Row) -> Row | None:
        """The row with this key, or these values, as it is now."""
        marks = " and ".join(f"to_jsonb(t) ->> '{column}' = ${i}" for i, column in enumerate(key, 1))
        found = await self.database.fetchval(
            f"select to_jsonb(t) from {name} t where {marks}",  # noqa: S608 - names from the catalogue
            *(str(value) for value in key.values()),
        )
        return json.loads(found) if found else None

    async def checksum(self, name: str) -> str:
        """Changes whenever any row of the table does."""
        return await self.database.fetchval(
            f"select count(*) || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from {name} t"  # noqa: S608
        )

    def key(self, name: str, row: Row) -> Row:
        """The primary key of a row."""
        return {column: row[column] for column in self.keys[name]}

    async def _value(self, value: Any, clinic: str) -> Any:
        if not isinstance(value, str):
            return value
        match value[:1]:
            case "@":
                return self._seed(value[1:], clinic)
            case "+":
                return await self._parent(value[1:], clinic)
            case "?":
                return str(uuid4())
            case "~":
                return self._word()
            case _:
                return value.replace("#", f"{next(self._numbers):06d}") if "#" in value else value

    def _seed(self, relation: str, clinic: str) -> Any:
        name = full_name(relation)
        return self.seeds[clinic][name][self.keys[name][0]]

    async def _parent(self, relation: str, clinic: str) -> Any:
        if relation == "user":
            user = uuid4()
            await self.database.execute("insert into auth.users (id, email) values ($1, $2)", user, f"{user}@rows.test")
            return str(user)
        name = full_name(relation)
        return (await self.insert(name, await self.fresh(name, clinic)))[self.keys[name][0]]

    def _word(self) -> str:
        digits = f"{next(self._numbers):06d}"
        return "w_" + "".join(string.ascii_lowercase[int(digit)] for digit in digits)
