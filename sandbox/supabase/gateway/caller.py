"""Who is calling: the project's key names a role, a person's token is worth more than the key."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg
from aiohttp import web

from sandbox.supabase.keys import Claims, InvalidTokenError, Keys

_ENTER = "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)"
_ROLES = frozenset({"anon", "authenticated", "service_role"})


def token(headers: Mapping[str, str], query: Mapping[str, str], keys: Keys) -> str:
    """The JWT that says who calls. Raises HTTPUnauthorized when there is no key of this project."""
    key = headers.get("apikey") or query.get("apikey") or ""
    bearer = headers.get("authorization", "").removeprefix("Bearer ").removeprefix("bearer ")
    if keys.as_token(key) not in (keys.anon, keys.service):
        raise refused("No API key found in request" if not key else "Invalid API key")
    return keys.as_token(bearer or key)


def claims(request: web.Request, keys: Keys) -> Claims:
    """The verified claims of the caller. Raises HTTPUnauthorized."""
    try:
        found = keys.verify(token(request.headers, request.query, keys))
    except InvalidTokenError as error:
        raise refused(str(error)) from None
    return found


def refused(message: str) -> web.HTTPUnauthorized:
    """The answer to somebody we do not know."""
    text = json.dumps({"message": message, "hint": "Send this project's key in the header `apikey`."})
    return web.HTTPUnauthorized(text=text, content_type="application/json")


@asynccontextmanager
async def impersonated(pool: "asyncpg.Pool", caller: Claims) -> AsyncIterator["asyncpg.Connection"]:
    """A transaction in which row level security sees the caller."""
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, caller)
        yield connection


async def enter(connection: "asyncpg.Connection", caller: Claims) -> None:
    """Become the caller until the transaction ends."""
    role = caller.get("role")
    await connection.execute(_ENTER, role if role in _ROLES else "anon", json.dumps(caller))
