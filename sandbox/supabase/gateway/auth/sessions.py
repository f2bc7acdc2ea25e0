"""Sessions: a short access token, and a refresh token that works once."""

import secrets
import time
from typing import Any

import asyncpg

from sandbox.supabase.gateway.auth import faults
from sandbox.supabase.gateway.auth.faults import RefusedError
from sandbox.supabase.gateway.auth.users import SQL, Row, Users
from sandbox.supabase.keys import Claims, Keys

ACCESS_TOKEN_S = 3600

_CLOSE = {"local": "close_session", "others": "close_other_sessions", "global": "close_all_sessions"}


class Sessions:
    """Opens, renews and closes sessions."""

    def __init__(self, pool: "asyncpg.Pool", users: Users, keys: Keys, issuer: str) -> None:
        """`issuer` is Auth's address, which goes into every token."""
        self._pool, self._users, self._keys, self._issuer = pool, users, keys, issuer

    async def open(self, user: Row) -> dict[str, Any]:
        """A new session, as the clients read it."""
        session_id = await self._pool.fetchval(SQL["open_session"], user["id"])
        return await self._tokens(await self._users.by_id(str(user["id"])), str(session_id), None)

    async def renew(self, refresh_token: str) -> dict[str, Any]:
        """The same session with new tokens. Raises RefusedError when the token is unknown or used up."""
        used = await self._pool.fetchrow(SQL["use_refresh_token"], refresh_token)
        if used is None:
            known = await self._pool.fetchval(SQL["refresh_token_exists"], refresh_token)
            raise RefusedError(faults.TOKEN_USED if known else faults.TOKEN_UNKNOWN)
        user = await self._users.by_id(str(used["user_id"]))
        return await self._tokens(user, str(used["session_id"]), refresh_token)

    async def check(self, claims: Claims) -> None:
        """Raises RefusedError when the token's session was closed."""
        session_id = claims.get("session_id")
        if session_id and not await self._pool.fetchval(SQL["session_is_open"], session_id):
            raise RefusedError(faults.SESSION_NOT_FOUND)

    async def close(self, claims: Claims, scope: str) -> None:
        """Close this session, the person's others, or all of them."""
        if scope not in _CLOSE:
            raise RefusedError(faults.invalid("Unsupported logout scope"))
        values = (claims["session_id"], claims["sub"])
        await self._pool.execute(SQL[_CLOSE[scope]], *values[: 1 if scope == "local" else 2])

    async def _tokens(self, user: Row, session_id: str, parent: str | None) -> dict[str, Any]:
        refresh_token = secrets.token_urlsafe(16)
        values = (refresh_token, user["id"], parent, session_id)
        await self._pool.execute(SQL["add_refresh_token"], *values)
        now = int(time.time())
        return {
            "access_token": self._keys.sign(self._claims(user, session_id, now)),
            "token_type": "bearer",
            "expires_in": ACCESS_TOKEN_S,
            "expires_at": now + ACCESS_TOKEN_S,
            "refresh_token": refresh_token,
            "user": await self._users.document(user),
        }

    def _claims(self, user: Row, session_id: str, now: int) -> Claims:
        return {
            "iss": self._issuer,
            "sub": str(user["id"]),
            "aud": "authenticated",
            "exp": now + ACCESS_TOKEN_S,
            "iat": now,
            "email": user["email"],
            "phone": user["phone"] or "",
            "app_metadata": user["raw_app_meta_data"],
            "user_metadata": user["raw_user_meta_data"],
            "role": user["role"],
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": session_id,
            "is_anonymous": user["is_anonymous"],
        }
