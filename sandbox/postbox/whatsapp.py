"""A WhatsApp gateway: takes signed webhooks only, sends each id once, and misbehaves when it is told to."""

import asyncio
import base64
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass(slots=True)
class Gateway:
    """``told``: text by telephone number and webhook id; ``answers``: statuses to give before taking anything again."""

    secret: str
    url: str = ""
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    repeats: int = 0
    forged: int = 0
    answers: list[int] = field(default_factory=list)
    drop: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Verify, keep once, answer."""
        body = await request.text()
        try:
            said = Webhook(self.secret).verify(body, dict(request.headers.items()))
        except WebhookVerificationError:
            self.forged += 1
            return web.json_response({"error": "the signature is wrong"}, status=401)
        if self.answers:
            return web.json_response({}, status=self.answers.pop(0))
        message_id = request.headers["webhook-id"]
        self.repeats += message_id in self.told
        self.told[message_id] = (said["to"], said["text"])
        self.changed.set()
        if self.drop and request.transport is not None:
            request.transport.abort()
        return web.json_response({"status": "queued"}, status=202)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway on a free port of loopback while the block lasts, with a secret of its own."""
    made = Gateway("whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())
    application = web.Application()
    application.router.add_post("/messages", made.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}/messages"
    try:
        yield made
    finally:
        await runner.cleanup()
