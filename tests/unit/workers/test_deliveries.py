"""Answers that are not Supabase's."""

import asyncio

import httpx
import pytest

from supabase import AsyncClientOptions, acreate_client
from workers.deliveries import Deliveries, connect
from workers.errors import DatabaseAway, DatabaseError


async def test_a_page_in_place_of_an_answer_is_an_outage() -> None:
    """A proxy that says 200 and means nothing must not end the daemon."""
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>maintenance</html>"))
    async with httpx.AsyncClient(transport=page) as http:
        options = AsyncClientOptions(schema="integration", httpx_client=http, auto_refresh_token=False)
        client = await acreate_client("https://clinic.test", "key", options)
        with pytest.raises(DatabaseAway):
            await Deliveries(client, "w").lease("satusehat", 10, 60, {}, alone=True)


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
            await Deliveries(client, "w").lease("satusehat", 10, 60, {}, alone=True)
        await client.postgrest.aclose()


async def test_a_schema_that_is_not_exposed_says_what_to_do() -> None:
    """The commonest slip of a first set-up, in the words of the dashboard."""
    told = {"code": "PGRST106", "message": "Invalid schema: integration", "details": None, "hint": None}
    page = httpx.MockTransport(lambda _: httpx.Response(406, json=told))
    async with httpx.AsyncClient(transport=page) as http:
        options = AsyncClientOptions(schema="integration", httpx_client=http, auto_refresh_token=False)
        client = await acreate_client("https://clinic.test", "key", options)
        with pytest.raises(DatabaseError, match="exposed schemas") as refused:
            await Deliveries(client, "w").lease("satusehat", 10, 60, {}, alone=True)
    assert not isinstance(refused.value, DatabaseAway)
