"""Answers that are not Supabase's."""

import httpx
import pytest

from supabase import AsyncClientOptions, acreate_client
from workers.deliveries import Deliveries
from workers.errors import DatabaseAway


async def test_a_page_in_place_of_an_answer_is_an_outage() -> None:
    """A proxy that says 200 and means nothing must not end the daemon."""
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>maintenance</html>"))
    async with httpx.AsyncClient(transport=page) as http:
        options = AsyncClientOptions(schema="integration", httpx_client=http, auto_refresh_token=False)
        client = await acreate_client("https://clinic.test", "key", options)
        with pytest.raises(DatabaseAway):
            await Deliveries(client, "w").lease("satusehat", 10, 60, {})
