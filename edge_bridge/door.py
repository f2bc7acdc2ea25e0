"""The HTTP door: hints in, files and health out. Knows the workers; they do not know it."""

import asyncio

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

from edge_bridge.files import files
from edge_bridge.hooks import hooks
from workers.app import App
from workers.errors import DatabaseError

PATIENCE_S = 5.0
"""Longer than this, and whoever asks for health has given up."""
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def door(app: App) -> FastAPI:
    """The ASGI application in front of a built App; publishes no documentation pages."""
    api = FastAPI(title="Clinic bridge", docs_url=None, redoc_url=None, openapi_url=None)
    secret = app.settings.bridge_hook_secret
    api.include_router(
        hooks(app.bell, secret.get_secret_value() if secret else None, app.settings.bridge_body_limit_bytes)
    )

    api.include_router(files(app.client))
    if app.settings.bridge_origins:
        api.add_middleware(
            CORSMiddleware, allow_origins=app.settings.bridge_origins, allow_methods=["POST"],
            allow_headers=["authorization", "content-type"], max_age=600,
        )  # fmt: skip

    @api.get("/health")
    async def health(response: Response) -> dict[str, object]:
        """200 when Supabase answers, 503 when not; says whether Realtime is live and which breakers are closed."""
        response.headers.update(HEADERS)
        database = await _database_answers(app)
        response.status_code = 200 if database else 503
        return {
            "database": "ok" if database else "away",
            "realtime": "live" if app.realtime.live.is_set() else "away",
            "breakers": {loop.target: loop.traffic.breaker.state for loop in app.loops},
        }

    return api


async def _database_answers(app: App) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await app.deliveries.call("self_check")
    except (DatabaseError, TimeoutError):
        return False
    return True
