"""The gateway's process: serves until its standard input ends or it is told to leave."""

import asyncio
import signal
import socket
import sys

from aiohttp import web

from sandbox.supabase.gateway.app import application
from sandbox.supabase.gateway.settings import Settings


async def serve(settings: Settings) -> None:
    """Serve on the listening socket we were handed."""
    runner = web.AppRunner(await application(settings), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, socket.socket(fileno=settings.listener)).start()
    try:
        await _end_of_input()
    finally:
        await runner.cleanup()


async def _end_of_input() -> None:
    """Our starter holds the other end; when it is gone, however it went, so are we."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), gone.set)
    loop.add_signal_handler(signal.SIGTERM, gone.set)
    await gone.wait()
    loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    asyncio.run(serve(Settings.read(input())))
