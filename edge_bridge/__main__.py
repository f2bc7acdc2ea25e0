"""``python -m edge_bridge``: the workers' daemon with its HTTP door, in one process."""

import argparse
import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn

from edge_bridge.door import door
from workers import app as workers_app
from workers import log
from workers.app import App
from workers.errors import SettingsError, WorkersError
from workers.reading import load
from workers.settings import Settings

GOODBYE_S = 5
"""How long requests in flight may take once the door closes."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon, so that both stop together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the daemon hears them."""
        yield


async def serve(settings: Settings) -> None:
    """Run the daemon and the door until SIGTERM or SIGINT; raises WorkersError when either cannot start."""
    with _listener(settings.bridge_host, settings.bridge_port) as listener:
        async with workers_app.built(settings) as app:
            await _both(app, listener)


async def _both(app: App, listener: socket.socket) -> None:
    """The daemon in front, the door beside it: where one ends, the other does."""
    stop = asyncio.Event()
    workers_app.stop_on_signals(stop)
    server = _server(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    serving.add_done_callback(lambda _: stop.set())
    try:
        await workers_app.run(app, stop)
    finally:
        server.should_exit = True
        await serving


def _server(app: App) -> _Server:
    config = uvicorn.Config(
        door(app), log_config=None, access_log=False, server_header=False, lifespan="off", limit_concurrency=200,
        timeout_keep_alive=5, timeout_graceful_shutdown=GOODBYE_S,
    )  # fmt: skip
    return _Server(config)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"The door cannot open at {host} port {port} ({str(error.strerror).split(' (')[0]}); "
            "set WORKERS_BRIDGE_HOST and WORKERS_BRIDGE_PORT to an address that is free."
        ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 after a graceful stop, 2 when used or set up wrongly."""
    parser = argparse.ArgumentParser(
        prog="python -m edge_bridge", description="The workers' daemon with its HTTP door."
    )
    parser.add_argument("--env-file", type=Path, help="settings file instead of .env")
    chosen = parser.parse_args(arguments)
    try:
        settings = load(chosen.env_file)
        log.configure(settings.log_level, as_json=settings.log_format == "json")
        asyncio.run(serve(settings))
    except WorkersError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
