"""Answers that are not Supabase's."""

import asyncio

import httpx
import pytest

from supabase import AsyncClientOptions, acreate_client
from workers.deliveries import Deliveries, connect
from workers.errors import DatabaseAway


async def test_a_page_in_place_of_an_answer_is_an_outage() -> None:
    """A proxy that says 200 and means nothing must not end the daemon."""
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>maintenance</html>"))
    async with httpx.AsyncClient(transport=page) as http:
        options = AsyncClientOptions(schema="integration", httpx_client=http, auto_refresh_token=False)
        client = await acreate_client("https://clinic.test", "key", options)
        with pytest.raises(DatabaseAway):
            await Deliveries(client, "w").lease("satusehat", 10, 60, {})


async def test_what_is_no_http_is_an_outage() -> None:
    """Whatever a broken proxy writes onto the wire, the daemon asks again."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x16\x03 this is no answer\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        client = await connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "key")
        with pytest.raises(DatabaseAway):
            await Deliveries(client, "w").lease("satusehat", 10, 60, {})
        await client.postgrest.aclose()
