"""Serve an application on a free port of loopback, in a thread of its own."""

import socket as socketlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class Announcing(uvicorn.Server):
    """A server that tells when it can be spoken to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socketlib.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Give the address while the application is served."""
    server = Announcing(uvicorn.Config(app, port=0, log_level="error", lifespan="off", date_header=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    server.ready.wait()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
