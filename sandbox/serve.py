"""The process of a simulator: an ASGI application on a socket it was handed.

Its settings are one line of JSON on standard input: `listener`, the number of a file descriptor, and
`application`, which simulator to serve. It leaves when its input ends.
"""

import asyncio
import gc
import json
import signal
import socket
import sys
from typing import Any

import uvicorn


def application(name: str, settings: dict[str, Any]) -> Any:
    """The simulator of that name."""
    match name:
        case "satusehat":
            from sandbox.satusehat.app import create_app  # noqa: PLC0415 - only its own process loads it
            from sandbox.satusehat.config import config_of  # noqa: PLC0415 - see above

            return create_app(config_of(settings))
        case "bpjs":
            from sandbox.bpjs import app, config  # noqa: PLC0415 - see above

            return app.create_app(config.config_of(settings))
        case _:
            message = f"there is no simulator called {name}"
            raise LookupError(message)


async def serve(app: Any, listener: int) -> None:
    """Serve until standard input ends or SIGTERM comes."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_level="warning",
            access_log=False,
            date_header=False,  # a simulator tells its own clock
            timeout_keep_alive=620,
            timeout_graceful_shutdown=1,
        )
    )
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), _leave, server)
    loop.add_signal_handler(signal.SIGTERM, _leave, server)
    await server._serve([socket.socket(fileno=listener)])  # serve() would take our signals away


def _leave(server: uvicorn.Server) -> None:
    server.should_exit = True
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())


def main() -> None:
    """Read the settings, serve."""
    wish = json.loads(input())
    # What a simulator holds never forms cycles; looking for them again and again buys nothing.
    gc.set_threshold(100_000, 50, 100)
    asyncio.run(serve(application(wish["application"], wish.get("settings", {})), wish["listener"]))


if __name__ == "__main__":
    main()
