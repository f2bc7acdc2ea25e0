"""Buckets."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from sandbox.supabase.gateway.caller import impersonated
from sandbox.supabase.gateway.storage import faults
from sandbox.supabase.gateway.storage.faults import RefusedError
from sandbox.supabase.gateway.storage.objects import SQL, Row, refusal
from sandbox.supabase.keys import Claims

_UNITS = {"KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}


class Buckets:
    """Creates, finds, changes and deletes buckets on a caller's behalf."""

    def __init__(self, pool: "asyncpg.Pool") -> None:
        """The pool's role may become the callers' roles."""
        self._pool = pool

    async def create(self, wish: Mapping[str, Any], claims: Claims) -> str:
        """A new bucket's name. Raises RefusedError."""
        name = str(wish.get("id") or wish.get("name"))
        await self._execute("create_bucket", claims, name, name, *_options(wish))
        return name

    async def all(self, claims: Claims) -> list[dict[str, Any]]:
        """The buckets the caller may see."""
        async with impersonated(self._pool, claims) as connection:
            return [_document(row) for row in await connection.fetch(SQL["buckets"])]

    async def one(self, name: str, claims: Claims) -> dict[str, Any]:
        """A bucket. Raises RefusedError."""
        async with impersonated(self._pool, claims) as connection:
            row = await connection.fetchrow(SQL["bucket"], name)
        if row is None:
            raise RefusedError(faults.BUCKET_MISSING)
        return _document(row)

    async def update(self, name: str, wish: Mapping[str, Any], claims: Claims) -> None:
        """Change a bucket's options. Raises RefusedError."""
        await self._change("update_bucket", claims, name, *_options(wish))

    async def empty(self, name: str, claims: Claims) -> None:
        """Remove all objects of a bucket."""
        await self._execute("empty_bucket", claims, name)

    async def delete(self, name: str, claims: Claims) -> None:
        """Delete an empty bucket. Raises RefusedError."""
        await self._change("delete_bucket", claims, name)

    async def _change(self, statement: str, claims: Claims, *values: object) -> None:
        """As `_execute`, and exactly one row must have been meant."""
        if not (await self._execute(statement, claims, *values)).endswith(" 1"):
            raise RefusedError(faults.BUCKET_MISSING)

    async def _execute(self, statement: str, claims: Claims, *values: object) -> str:
        try:
            async with impersonated(self._pool, claims) as connection:
                return str(await connection.execute(SQL[statement], *values))
        except asyncpg.PostgresError as error:
            raise refusal(error) from None


def _options(wish: Mapping[str, Any]) -> tuple[bool, int | None, list[str] | None]:
    return bool(wish.get("public")), _bytes(wish.get("file_size_limit")), wish.get("allowed_mime_types")


def _bytes(limit: object) -> int | None:
    """A size in bytes, or in words such as `5MB`."""
    if limit is None or isinstance(limit, int):
        return limit
    text = str(limit).upper().replace(" ", "")
    for unit, factor in _UNITS.items():
        if text.removesuffix(unit).isdecimal():
            return int(text.removesuffix(unit)) * (factor if text.endswith(unit) else 1)
    raise RefusedError(faults.BAD_REQUEST)


def _document(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "owner": row["owner_id"] or "",
        "public": row["public"],
        "type": row["type"],
        "file_size_limit": row["file_size_limit"],
        "allowed_mime_types": row["allowed_mime_types"],
        "created_at": row["created_at"].isoformat(),
        "updated_at": row["updated_at"].isoformat(),
    }
