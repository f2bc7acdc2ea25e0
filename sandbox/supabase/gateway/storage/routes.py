"""The doors of Storage."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from aiohttp import BodyPartReader, web

from sandbox.supabase.gateway import caller
from sandbox.supabase.gateway.pool import AWAY
from sandbox.supabase.gateway.storage import documents, faults
from sandbox.supabase.gateway.storage.buckets import Buckets
from sandbox.supabase.gateway.storage.faults import RefusedError
from sandbox.supabase.gateway.storage.files import Files, content_type
from sandbox.supabase.gateway.storage.objects import Objects, Row, Upload
from sandbox.supabase.keys import Claims, InvalidTokenError, Keys

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_EMPTIED = "Empty bucket has been queued. Completion may take up to an hour."


class Storage:
    """Reads requests, asks Buckets and Objects, writes answers."""

    def __init__(self, pool: "asyncpg.Pool", files: Files, keys: Keys) -> None:
        """`files` holds the bytes, the pool's database the rows."""
        self._buckets, self._objects, self._keys = Buckets(pool), Objects(pool, files), keys

    def routes(self) -> list[web.RouteDef]:
        """Every door; the paths that name an action come before those that are all object name."""
        named = "{bucket}/{name:.+}"
        doors: list[tuple[str, str, Handler]] = [
            ("GET", "bucket", self._list_buckets),
            ("POST", "bucket", self._create_bucket),
            ("GET", "bucket/{bucket}", self._get_bucket),
            ("PUT", "bucket/{bucket}", self._update_bucket),
            ("DELETE", "bucket/{bucket}", self._delete_bucket),
            ("POST", "bucket/{bucket}/empty", self._empty_bucket),
            ("POST", "object/list/{bucket}", self._list),
            ("POST", f"object/sign/{named}", self._sign),
            ("GET", f"object/sign/{named}", self._download_signed),
            ("GET", f"object/public/{named}", self._download_public),
            ("GET", f"object/info/{named}", self._info),
            ("GET", f"object/authenticated/{named}", self._download),
            ("DELETE", "object/{bucket}", self._remove),
            ("POST", f"object/{named}", self._upload),
            ("PUT", f"object/{named}", self._upload),
            ("GET", f"object/{named}", self._download),
        ]
        return [web.route(verb, f"/storage/v1/{path}", _spoken(handler)) for verb, path, handler in doors]

    async def _list_buckets(self, request: web.Request) -> web.Response:
        return web.json_response(await self._buckets.all(self._claims(request)))

    async def _create_bucket(self, request: web.Request) -> web.Response:
        name = await self._buckets.create(await _body(request), self._claims(request))
        return web.json_response({"name": name})

    async def _get_bucket(self, request: web.Request) -> web.Response:
        return web.json_response(await self._buckets.one(_bucket(request), self._claims(request)))

    async def _update_bucket(self, request: web.Request) -> web.Response:
        await self._buckets.update(_bucket(request), await _body(request), self._claims(request))
        return web.json_response({"message": "Successfully updated"})

    async def _delete_bucket(self, request: web.Request) -> web.Response:
        await self._buckets.delete(_bucket(request), self._claims(request))
        return web.json_response({"message": "Successfully deleted"})

    async def _empty_bucket(self, request: web.Request) -> web.Response:
        await self._buckets.empty(_bucket(request), self._claims(request))
        return web.json_response({"message": _EMPTIED})

    async def _upload(self, request: web.Request) -> web.Response:
        replace = request.method == "PUT" or request.headers.get("x-upsert") == "true"
        claims = self._claims(request)
        return web.json_response(await self._objects.put(await _read_upload(request), claims, replace))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        row = await self._objects.visible(*_place(request), self._claims(request))
        return self._sent(row)

    async def _download_public(self, request: web.Request) -> web.StreamResponse:
        return self._sent(await self._objects.public(*_place(request)))

    async def _info(self, request: web.Request) -> web.Response:
        row = await self._objects.visible(*_place(request), self._claims(request))
        return web.json_response(documents.info(row))

    async def _list(self, request: web.Request) -> web.Response:
        wish, claims = await _body(request), self._claims(request)
        rows = await self._objects.listed(_bucket(request), wish, claims)
        return web.json_response([documents.entry(row) for row in rows])

    async def _remove(self, request: web.Request) -> web.Response:
        names = [str(name) for name in (await _body(request)).get("prefixes", [])]
        rows = await self._objects.remove(_bucket(request), names, self._claims(request))
        return web.json_response([documents.row(row) for row in rows])

    async def _sign(self, request: web.Request) -> web.Response:
        bucket, name = _place(request)
        await self._objects.visible(bucket, name, self._claims(request))
        seconds, now = int((await _body(request)).get("expiresIn", 60)), int(time.time())
        token = self._keys.sign({"url": f"{bucket}/{name}", "scope": "download", "iat": now, "exp": now + seconds})
        return web.json_response({"signedURL": f"/object/sign/{bucket}/{name}?token={token}"})

    async def _download_signed(self, request: web.Request) -> web.StreamResponse:
        bucket, name = _place(request)
        try:
            claims = self._keys.verify(request.query.get("token", ""))
        except InvalidTokenError:
            raise RefusedError(faults.BAD_SIGNATURE) from None
        if claims.get("url") != f"{bucket}/{name}":
            raise RefusedError(faults.BAD_SIGNATURE)
        return self._sent(await self._objects.any(bucket, name), request.query.get("download"))

    def _sent(self, row: Row, download: str | None = None) -> web.FileResponse:
        return web.FileResponse(self._objects.path(row), headers=documents.headers(row, download))

    def _claims(self, request: web.Request) -> Claims:
        return caller.claims(request, self._keys)


def _spoken(handler: Handler) -> Handler:
    """Refusals become answers in the clients' own form."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except RefusedError as refused:
            fault = refused.fault
        except AWAY:
            fault = faults.DATABASE_AWAY
        except (ValueError, asyncpg.DataError):
            fault = faults.BAD_REQUEST
        content = {"statusCode": fault.status, "error": fault.error, "message": fault.message}
        return web.json_response({**content, "code": fault.code}, status=503 if fault is faults.DATABASE_AWAY else 400)

    return answer


async def _read_upload(request: web.Request) -> Upload:
    """An upload as a form with a file in it, or as a bare body."""
    bucket, name = _place(request)
    if not request.content_type.startswith("multipart/"):
        kind = content_type(request.headers.get("Content-Type"), name)
        cache = request.headers.get("cache-control", "no-cache")
        return Upload(bucket, name, await request.read(), kind, cache, {})
    fields: dict[str, Any] = {}
    content, kind = b"", ""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise RefusedError(faults.BAD_REQUEST)
        if part.filename is None and part.name in ("cacheControl", "metadata"):
            fields[part.name] = await part.text()
        else:
            kind, content = content_type(part.headers.get("Content-Type"), name), bytes(await part.read())
    cache = f"max-age={fields['cacheControl']}" if "cacheControl" in fields else "no-cache"
    return Upload(bucket, name, content, kind, cache, json.loads(fields.get("metadata") or "{}"))


async def _body(request: web.Request) -> dict[str, Any]:
    content = await request.json() if request.can_read_body else {}
    if not isinstance(content, dict):
        raise RefusedError(faults.BAD_REQUEST)
    return content


def _bucket(request: web.Request) -> str:
    return request.match_info["bucket"]


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["bucket"], request.match_info["name"]
