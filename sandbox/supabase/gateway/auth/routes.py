"""The doors of Auth."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.supabase.gateway.auth import faults
from sandbox.supabase.gateway.auth.faults import API_VERSION, Fault, RefusedError
from sandbox.supabase.gateway.auth.sessions import Sessions
from sandbox.supabase.gateway.auth.users import Users
from sandbox.supabase.gateway.caller import token
from sandbox.supabase.gateway.pool import AWAY
from sandbox.supabase.keys import Claims, InvalidTokenError, Keys

Handler = Callable[[web.Request], Awaitable[web.Response]]

_PAGE_SIZE = 50
_SETTINGS = {
    "external": {"email": True, "phone": False, "anonymous_users": False},
    "disable_signup": False,
    "mailer_autoconfirm": True,
    "phone_autoconfirm": False,
    "sms_provider": "",
    "saml_enabled": False,
}


class Auth:
    """Reads requests, asks Users and Sessions, writes answers."""

    def __init__(self, users: Users, sessions: Sessions, keys: Keys) -> None:
        """Handed what it speaks for."""
        self._users, self._sessions, self._keys = users, sessions, keys

    def routes(self) -> list[web.RouteDef]:
        """Every door, with the path its clients know."""
        doors: list[tuple[str, str, Handler]] = [
            ("GET", "health", self._health),
            ("GET", "settings", self._settings),
            ("GET", ".well-known/jwks.json", self._jwks),
            ("POST", "signup", self._sign_up),
            ("POST", "token", self._token),
            ("GET", "user", self._user),
            ("PUT", "user", self._update_self),
            ("POST", "logout", self._logout),
            ("GET", "admin/users", self._admin(self._list)),
            ("POST", "admin/users", self._admin(self._create)),
            ("GET", "admin/users/{id}", self._admin(self._get)),
            ("PUT", "admin/users/{id}", self._admin(self._update)),
            ("DELETE", "admin/users/{id}", self._admin(self._delete)),
        ]
        return [web.route(verb, f"/auth/v1/{path}", _spoken(handler)) for verb, path, handler in doors]

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"name": "Auth", "description": "embedded, compatible"})

    async def _settings(self, _: web.Request) -> web.Response:
        return web.json_response(_SETTINGS)

    async def _jwks(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": []})  # tokens are signed with a shared secret

    async def _sign_up(self, request: web.Request) -> web.Response:
        wish = await _body(request)
        if not wish.get("password"):
            raise RefusedError(faults.invalid("Signup requires a valid password"))
        # A stranger chooses neither id, role nor app_metadata.
        wish = {name: wish.get(name) for name in ("email", "password", "data")}
        try:
            user = await self._users.create(wish, confirmed=True)
        except RefusedError as refused:
            taken = refused.fault is faults.EMAIL_EXISTS
            raise RefusedError(faults.USER_EXISTS if taken else refused.fault) from None
        return web.json_response(await self._sessions.open(user))

    async def _token(self, request: web.Request) -> web.Response:
        wish, grant = await _body(request), request.query.get("grant_type")
        if grant == "refresh_token":
            return web.json_response(await self._sessions.renew(str(wish.get("refresh_token"))))
        if grant != "password":
            raise RefusedError(faults.invalid("Only the grants password and refresh_token are known here"))
        credentials = str(wish.get("email")), str(wish.get("password"))
        user = await self._users.by_password(*credentials)
        return web.json_response(await self._sessions.open(user))

    async def _user(self, request: web.Request) -> web.Response:
        claims = await self._person(request)
        return await self._shown(await self._users.by_id(claims["sub"]))

    async def _update_self(self, request: web.Request) -> web.Response:
        claims, wish = await self._person(request), await _body(request)
        return await self._shown(await self._users.update(claims["sub"], wish, trusted=False))

    async def _logout(self, request: web.Request) -> web.Response:
        claims = await self._person(request)
        await self._sessions.close(claims, request.query.get("scope", "global"))
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        number = _number(request.query.get("page"), 1)
        size = _number(request.query.get("per_page"), _PAGE_SIZE)
        users, total = await self._users.page(number, size)
        documents = [await self._users.document(user) for user in users]
        reply = {"users": documents, "aud": "authenticated"}
        return web.json_response(reply, headers={"x-total-count": str(total)})

    async def _create(self, request: web.Request) -> web.Response:
        wish = await _body(request)
        return await self._shown(await self._users.create(wish, confirmed=bool(wish.get("email_confirm"))))

    async def _get(self, request: web.Request) -> web.Response:
        return await self._shown(await self._users.by_id(request.match_info["id"]))

    async def _update(self, request: web.Request) -> web.Response:
        wish = await _body(request)
        return await self._shown(await self._users.update(request.match_info["id"], wish, trusted=True))

    async def _delete(self, request: web.Request) -> web.Response:
        await self._users.delete(request.match_info["id"])
        return web.json_response({})

    async def _shown(self, user: Any) -> web.Response:
        return web.json_response(await self._users.document(user))

    def _admin(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            if self._claims(request).get("role") != "service_role":
                raise RefusedError(faults.NOT_ADMIN)
            return await handler(request)

        return guarded

    async def _person(self, request: web.Request) -> Claims:
        """The claims of a signed-in person. Raises RefusedError for anybody else."""
        claims = self._claims(request)
        if "sub" not in claims:
            raise RefusedError(faults.NO_PERSON)
        await self._sessions.check(claims)
        return claims

    def _claims(self, request: web.Request) -> Claims:
        try:
            return self._keys.verify(token(request.headers, request.query, self._keys))
        except InvalidTokenError:
            raise RefusedError(faults.BAD_TOKEN) from None


def _spoken(handler: Handler) -> Handler:
    """Refusals become answers in the clients' own form."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except RefusedError as refused:
            return _refusal(refused.fault)
        except AWAY:
            return _refusal(faults.DATABASE_AWAY)

    return answer


def _refusal(fault: Fault) -> web.Response:
    headers = {"X-Supabase-Api-Version": API_VERSION, "x-sb-error-code": fault.code}
    content: dict[str, Any] = {"code": fault.code, "message": fault.message}
    if fault is faults.WEAK_PASSWORD:
        content["weak_password"] = {"reasons": ["length"]}
    return web.json_response(content, status=fault.status, headers=headers)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        content = await request.json() if request.can_read_body else {}
    except json.JSONDecodeError:
        raise RefusedError(faults.invalid("Could not parse request body as JSON")) from None
    if not isinstance(content, dict):
        raise RefusedError(faults.invalid("The request body must be a JSON object"))
    return content


def _number(text: str | None, default: int) -> int:
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise RefusedError(faults.invalid("page and per_page must be whole numbers above zero"))
    return int(text)
