"""`/rest/v1`: everything goes to the real PostgREST; only keys are exchanged for tokens."""

import json

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sandbox.supabase.gateway.caller import token
from sandbox.supabase.keys import Keys

_PREFIX = "/rest/v1"
_NOT_FORWARDED = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "apikey", "authorization"}
)
_NOT_RETURNED = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})
_NOTHING_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)


class Rest:
    """A proxy that keeps its connections to PostgREST open."""

    def __init__(self, socket: str, keys: Keys) -> None:
        """`socket` is the path PostgREST listens on."""
        self._keys = keys
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(socket, limit=0, keepalive_timeout=20),
            timeout=_TIMEOUT,
            auto_decompress=False,
            skip_auto_headers=_NOTHING_ADDED,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def forward(self, request: web.Request) -> web.Response:
        """The answer of PostgREST, or 502 while there is none."""
        target = URL("http://postgrest" + (request.raw_path[len(_PREFIX) :] or "/"), encoded=True)
        headers = self._headers(request)
        body = await request.read() if request.body_exists else None
        try:
            async with self._session.request(request.method, target, headers=headers, data=body) as reply:
                return _answer(request, reply, await reply.read())
        except aiohttp.ClientError:
            return web.json_response({"code": "502", "message": "PostgREST does not answer"}, status=502)

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _NOT_FORWARDED
        )
        headers["Authorization"] = "Bearer " + token(request.headers, request.query, self._keys)
        return headers


def _answer(request: web.Request, reply: aiohttp.ClientResponse, body: bytes) -> web.Response:
    headers = CIMultiDict((name, value) for name, value in reply.headers.items() if name.lower() not in _NOT_RETURNED)
    if reply.status == 404 and b'"42P01"' in body and not request.path.startswith(f"{_PREFIX}/rpc/"):
        body = _unknown_table(request, body)
    return web.Response(status=reply.status, headers=headers, body=body)


def _unknown_table(request: web.Request, body: bytes) -> bytes:
    """Newer PostgREST, as hosted projects run it, has a code of its own for a missing table."""
    table = request.path.removeprefix(_PREFIX).strip("/")
    schema = request.headers.get("accept-profile") or request.headers.get("content-profile") or "public"
    if f'relation \\"{schema}.{table}\\"'.encode() not in body:
        return body
    message = f"Could not find the table '{schema}.{table}' in the schema cache"
    return json.dumps({"code": "PGRST205", "details": None, "hint": None, "message": message}).encode()
