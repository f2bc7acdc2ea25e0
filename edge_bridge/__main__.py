"""``python -m edge_bridge``: the workers' daemon with its HTTP door, in one process."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator

import uvicorn

from edge_bridge.door import door
from workers import app as workers_app
from workers import log
from workers.errors import WorkersError
from workers.settings import Settings, load


class _Server(uvicorn.Server):
    """A server that leaves signals to the daemon, so that both stop together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the daemon hears them."""
        yield


async def serve(settings: Settings) -> None:
    """Run the daemon and the door until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    async with workers_app.built(settings) as app:
        config = uvicorn.Config(
            door(app), host=settings.bridge_host, port=settings.bridge_port, log_level="critical",
            access_log=False, server_header=False, limit_concurrency=200, timeout_keep_alive=5,
        )  # fmt: skip
        server = _Server(config)
        workers_app.stop_on_signals(stop)
        async with asyncio.TaskGroup() as group:
            group.create_task(workers_app.run(app, stop))
            serving = group.create_task(server.serve())
            await stop.wait()
            server.should_exit = True
            await serving


def main() -> int:
    """Exit code 0 after a graceful stop, 2 for wrong settings."""
    try:
        settings = load()
        log.configure(settings.log_level, as_json=settings.log_format == "json")
        asyncio.run(serve(settings))
    except WorkersError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
