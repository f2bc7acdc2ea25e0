"""The gateway's composition: settings in, application out."""

from collections.abc import Awaitable, Callable

import asyncpg
from aiohttp import web

from sandbox.supabase.gateway.auth.routes import Auth
from sandbox.supabase.gateway.auth.sessions import Sessions
from sandbox.supabase.gateway.auth.users import Users
from sandbox.supabase.gateway.pool import pool
from sandbox.supabase.gateway.realtime.changes import Changes
from sandbox.supabase.gateway.realtime.hub import Hub
from sandbox.supabase.gateway.realtime.routes import Realtime
from sandbox.supabase.gateway.realtime.visibility import Visibility
from sandbox.supabase.gateway.rest import Rest
from sandbox.supabase.gateway.settings import Settings
from sandbox.supabase.gateway.storage.files import Files
from sandbox.supabase.gateway.storage.routes import Storage

LARGEST_BODY_BYTES = 64 << 20

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def application(settings: Settings) -> web.Application:
    """Everything under one address."""
    app = web.Application(client_max_size=LARGEST_BODY_BYTES, middlewares=[cross_origin])
    app.router.add_get("/", _health)
    app.router.add_route("*", "/functions/v1/{path:.*}", _no_functions)
    rest = Rest(settings.postgrest_socket, settings.keys)
    app.router.add_route("*", "/rest/v1{path:.*}", rest.forward)
    app.on_cleanup.append(lambda _: rest.close())
    await _add_services(app, settings)
    return app


async def _add_services(app: web.Application, settings: Settings) -> None:
    auth_pool = await pool(settings.dsn("supabase_auth_admin"))
    storage_pool = await pool(settings.dsn("supabase_storage_admin"))
    realtime_pool = await pool(settings.dsn("supabase_admin"))
    users = Users(auth_pool)
    sessions = Sessions(auth_pool, users, settings.keys, f"{settings.url}/auth/v1")
    app.add_routes(Auth(users, sessions, settings.keys).routes())
    app.add_routes(Storage(storage_pool, Files(settings.files), settings.keys).routes())
    visibility = Visibility(realtime_pool)
    hub = Hub(visibility)
    realtime = Realtime(hub, Changes(settings.database_socket, realtime_pool, hub), visibility, settings.keys)
    app.add_routes(realtime.routes())
    app.on_shutdown.append(lambda _: realtime.close())
    app.on_cleanup.append(lambda _: _close(auth_pool, storage_pool, realtime_pool))


async def _close(*pools: asyncpg.Pool) -> None:
    for opened in pools:
        await opened.close()


@web.middleware
async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a browser's page from another port of this machine call us."""
    if request.method == "OPTIONS":
        reply: web.StreamResponse = web.Response(status=204)
    else:
        reply = await handler(request)
    if "Origin" in request.headers and not reply.prepared:
        reply.headers["Access-Control-Allow-Origin"] = "*"
        reply.headers["Access-Control-Allow-Methods"] = "*"
        reply.headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "*")
        reply.headers["Access-Control-Expose-Headers"] = "*"
    return reply


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _no_functions(request: web.Request) -> web.Response:
    message = f"Function {request.match_info['path']} is not served by the sandbox"
    return web.json_response({"code": "NOT_FOUND", "message": message}, status=404)
