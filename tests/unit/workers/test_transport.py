"""What may have been sent, and what certainly was not: told apart on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from sandbox.supabase.ports import free_port
from workers.transport import Client, Transport

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(behave: Behaviour) -> AsyncIterator[str]:
    """A server that reads a whole request and then behaves as it is told."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        await behave(reader, writer)
        writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/"


async def post(url: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=Transport(), timeout=0.5, trust_env=False) as http:
        return await http.post(url, content=b"{}")


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def break_off(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()
    writer.transport.abort()


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("behave", [hang_up, reset, break_off, say_nothing])
async def test_a_request_that_went_out_is_never_called_unsent(behave: Behaviour) -> None:
    """A connection that breaks off after the request may hide a success."""
    async with server(behave) as url:
        with pytest.raises((httpx.ReadError, httpx.ReadTimeout)):
            await post(url)


async def test_a_refused_connection_is_certain() -> None:
    """Nobody listened: nothing was sent."""
    with pytest.raises(httpx.ConnectError):
        await post(f"http://127.0.0.1:{free_port()}/")


async def test_a_cookie_is_not_kept() -> None:
    """A load balancer's cookie must not tie all requests to one machine."""

    async def bake(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: node=7\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(bake) as url, Client(0.5, 4) as http:
        first = await http.post(url, content=b"{}")
        assert "node=7" == first.headers["set-cookie"]
        second = await http.post(url, content=b"{}")
        assert "cookie" not in second.request.headers
