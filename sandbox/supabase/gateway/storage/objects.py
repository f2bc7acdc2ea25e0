"""Objects: rows that policies guard, and the bytes behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from sandbox.supabase.gateway.caller import impersonated
from sandbox.supabase.gateway.storage import faults
from sandbox.supabase.gateway.storage.faults import RefusedError
from sandbox.supabase.gateway.storage.files import Files
from sandbox.supabase.keys import Claims
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("statements.sql"))

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """What arrives."""

    bucket: str
    name: str
    content: bytes
    kind: str
    cache_control: str
    metadata: dict[str, Any]


class Objects:
    """Puts, finds, lists and removes objects on a caller's behalf."""

    def __init__(self, pool: "asyncpg.Pool", files: Files) -> None:
        """The pool's role owns the storage schema and may become the callers' roles."""
        self._pool, self._files = pool, files

    async def put(self, upload: Upload, claims: Claims, replace: bool) -> dict[str, Any]:
        """Store an upload. Raises RefusedError."""
        _check(upload, await self._bucket(upload.bucket))
        version = await self._files.write(upload.content)
        try:
            object_id = await self._insert(upload, claims, version, replace)
        except asyncpg.PostgresError as error:
            self._files.remove(version)
            raise refusal(error) from None
        return {"Key": f"{upload.bucket}/{upload.name}", "Id": object_id}

    async def visible(self, bucket: str, name: str, claims: Claims) -> Row:
        """The object as the caller may see it. Raises RefusedError."""
        async with impersonated(self._pool, claims) as connection:
            row = await connection.fetchrow(SQL["object"], bucket, name)
        return _found(row)

    async def any(self, bucket: str, name: str) -> Row:
        """The object, whoever asks: for signed addresses and public buckets."""
        return _found(await self._pool.fetchrow(SQL["object"], bucket, name))

    async def public(self, bucket: str, name: str) -> Row:
        """An object of a public bucket. Raises RefusedError."""
        if not (await self._bucket(bucket))["public"]:
            raise RefusedError(faults.BUCKET_MISSING)
        return await self.any(bucket, name)

    async def remove(self, bucket: str, names: list[str], claims: Claims) -> list[Row]:
        """Remove what the caller may remove, and say what that was."""
        async with impersonated(self._pool, claims) as connection:
            rows = await connection.fetch(SQL["remove_objects"], bucket, names)
        for row in rows:
            self._files.remove(row["version"])
        return [dict(row) for row in rows]

    async def listed(self, bucket: str, wish: Mapping[str, Any], claims: Claims) -> list[Row]:
        """One page of what lies below a prefix."""
        prefix = str(wish.get("prefix") or "").strip("/")
        limits = int(wish.get("limit") or 100), int(wish.get("offset") or 0)
        values = (bucket, f"{prefix}/" if prefix else "", *limits, str(wish.get("search") or ""))
        async with impersonated(self._pool, claims) as connection:
            return [dict(row) for row in await connection.fetch(SQL["list_objects"], *values)]

    def path(self, row: Row) -> Path:
        """Where the object's bytes lie."""
        return self._files.path(row["version"])

    async def _bucket(self, bucket: str) -> Row:
        row = await self._pool.fetchrow(SQL["bucket"], bucket)
        if row is None:
            raise RefusedError(faults.BUCKET_MISSING)
        return dict(row)

    async def _insert(self, upload: Upload, claims: Claims, version: str, replace: bool) -> str:
        statement, object_id = SQL["replace_object" if replace else "create_object"], str(uuid4())
        owner = claims.get("sub")
        values = (object_id, upload.bucket, upload.name, owner, _metadata(upload), upload.metadata, version)
        async with impersonated(self._pool, claims) as connection:
            await connection.execute(statement, *values)
        return object_id


def refusal(error: asyncpg.PostgresError) -> RefusedError:
    """What the database's refusal means to Storage's clients."""
    match error:
        case asyncpg.UniqueViolationError():
            return RefusedError(faults.EXISTS)
        case asyncpg.InsufficientPrivilegeError():
            return RefusedError(faults.FORBIDDEN)
        case asyncpg.ForeignKeyViolationError():
            return RefusedError(faults.BUCKET_NOT_EMPTY)
        case _:
            return RefusedError(faults.BAD_REQUEST)


def _check(upload: Upload, bucket: Row) -> None:
    limit, kinds = bucket["file_size_limit"], bucket["allowed_mime_types"]
    if limit and len(upload.content) > limit:
        raise RefusedError(faults.TOO_LARGE)
    if kinds and not any(_covers(kind, upload.kind) for kind in kinds):
        raise RefusedError(faults.WRONG_KIND)


def _covers(pattern: str, kind: str) -> bool:
    return pattern in ("*/*", kind) or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))


def _metadata(upload: Upload) -> dict[str, Any]:
    size = len(upload.content)
    return {
        "eTag": f'"{md5(upload.content, usedforsecurity=False).hexdigest()}"',
        "size": size,
        "contentLength": size,
        "mimetype": upload.kind,
        "cacheControl": upload.cache_control,
        "lastModified": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "httpStatusCode": 200,
    }


def _found(row: Row | None) -> Row:
    if row is None:
        raise RefusedError(faults.OBJECT_MISSING)
    return dict(row)
