"""Accounts, kept in auth.users and auth.identities."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from sandbox.supabase.gateway.auth import faults
from sandbox.supabase.gateway.auth.faults import RefusedError
from sandbox.supabase.statements import load

SQL = load(Path(__file__).with_name("statements.sql"))
SHORTEST_PASSWORD = 6

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_BAN = re.compile(r"(\d+(\.\d+)?(h|m|s))+")
_DATES = ("email_confirmed_at", "confirmed_at", "last_sign_in_at", "invited_at", "banned_until")

Row = Mapping[str, Any]


class Users:
    """Creates, finds, changes and deletes accounts."""

    def __init__(self, pool: "asyncpg.Pool") -> None:
        """The pool's role must own the auth schema."""
        self._pool = pool

    async def create(self, wish: Mapping[str, Any], confirmed: bool) -> Row:
        """A new account. Raises RefusedError when the wish is wrong or the address is taken."""
        email, password = wish.get("email"), wish.get("password")
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            raise RefusedError(faults.invalid("Unable to validate email address: invalid format"))
        if password is not None:
            check_password(password)
        values = (wish.get("id"), wish.get("role"), email, password, confirmed)
        app, own = wish.get("app_metadata") or {}, wish.get("user_metadata") or wish.get("data") or {}
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                user = await connection.fetchrow(SQL["create_user"], *values, app, own)
                await connection.execute(SQL["create_identity"], user["id"])
        except asyncpg.UniqueViolationError:
            raise RefusedError(faults.EMAIL_EXISTS) from None
        except asyncpg.PostgresError:
            raise RefusedError(faults.DATABASE_REFUSED) from None
        return dict(user)

    async def by_id(self, user_id: str) -> Row:
        """The account, or RefusedError."""
        return found(await self._row(SQL["user_by_id"], user_id))

    async def by_password(self, email: str, password: str) -> Row:
        """The account these credentials open, or RefusedError."""
        user = await self._pool.fetchrow(SQL["user_by_password"], email, password)
        if user is None:
            raise RefusedError(faults.BAD_CREDENTIALS)
        if user["banned_until"] and user["banned_until"] > datetime.now(user["banned_until"].tzinfo):
            raise RefusedError(faults.BANNED)
        if not user["email_confirmed_at"]:
            raise RefusedError(faults.EMAIL_NOT_CONFIRMED)
        return dict(user)

    async def page(self, number: int, size: int) -> tuple[list[Row], int]:
        """One page of all accounts, newest first, and how many there are in all."""
        rows = await self._pool.fetch(SQL["users_page"], size, (number - 1) * size)
        return [dict(row) for row in rows], rows[0]["total"] if rows else 0

    async def update(self, user_id: str, wish: Mapping[str, Any], trusted: bool) -> Row:
        """Change an account; only a trusted caller may change what gives rights."""
        if wish.get("password") is not None:
            check_password(wish["password"])
        own = wish.get("user_metadata") or wish.get("data")
        rights = (wish.get("app_metadata"), own, wish.get("role"), _ban(wish.get("ban_duration")))
        app, own, role, ban = rights if trusted else (None, own, None, None)
        values = (wish.get("email"), wish.get("password"), bool(wish.get("email_confirm")) and trusted)
        try:
            return found(await self._row(SQL["update_user"], user_id, *values, app, own, role, ban))
        except asyncpg.UniqueViolationError:
            raise RefusedError(faults.EMAIL_EXISTS) from None

    async def delete(self, user_id: str) -> None:
        """Delete an account, or RefusedError."""
        found(await self._row(SQL["delete_user"], user_id))

    async def document(self, user: Row) -> dict[str, Any]:
        """The account as the clients read it."""
        identities = await self._pool.fetch(SQL["identities"], user["id"])
        return {**document(user), "identities": [_identity(row) for row in identities]}

    async def _row(self, statement: str, user_id: str, *values: object) -> Row | None:
        try:
            row = await self._pool.fetchrow(statement, user_id, *values)
        except asyncpg.DataError:
            raise RefusedError(faults.invalid("An id or a value has the wrong form")) from None
        return dict(row) if row else None


def document(user: Row) -> dict[str, Any]:
    """The account's own columns as the clients read them."""
    dates = {name: moment(user[name]) for name in _DATES if user[name]}
    return {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "phone": user["phone"] or "",
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "identities": [],
        "created_at": moment(user["created_at"]),
        "updated_at": moment(user["updated_at"]),
        "is_anonymous": user["is_anonymous"],
        **dates,
    }


def check_password(password: object) -> None:
    """Raises RefusedError when a password is too short."""
    if not isinstance(password, str) or len(password) < SHORTEST_PASSWORD:
        raise RefusedError(faults.WEAK_PASSWORD)


def found(user: Row | None) -> Row:
    """The row that was looked for. Raises RefusedError when there is none."""
    if user is None:
        raise RefusedError(faults.USER_NOT_FOUND)
    return user


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC; the clients accept nothing else."""
    return value.isoformat().replace("+00:00", "Z") if value else None


def _identity(row: Row) -> dict[str, Any]:
    return {
        "identity_id": str(row["id"]),
        "id": row["provider_id"],
        "user_id": str(row["user_id"]),
        "identity_data": row["identity_data"],
        "provider": row["provider"],
        "email": row["email"],
        "last_sign_in_at": moment(row["last_sign_in_at"]),
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
    }


def _ban(duration: object) -> str | None:
    """A duration such as `24h`, or `none`."""
    if duration is None or duration == "none":
        return duration
    if not isinstance(duration, str) or not _BAN.fullmatch(duration):
        raise RefusedError(faults.invalid("invalid format for ban duration"))
    return duration
