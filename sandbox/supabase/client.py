"""The official client, with an end: by itself it never closes its connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from supabase import AsyncClient, AsyncClientOptions, acreate_client


@asynccontextmanager
async def client(url: str, key: str, timeout_s: float = 30) -> AsyncIterator[AsyncClient]:
    """A client of the project at `url` while the block lasts."""
    async with httpx.AsyncClient(timeout=timeout_s, follow_redirects=True) as connections:
        options = AsyncClientOptions(httpx_client=connections, auto_refresh_token=False)
        opened = await acreate_client(url, key, options)
        try:
            yield opened
        finally:
            await opened.realtime.close()
