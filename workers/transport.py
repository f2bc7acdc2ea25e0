"""How requests to a government travel: at a pace, aiohttp under httpx, and bodies read up to a cap.

httpx's own pool collapses at 32–50 requests in flight (performance reference B.3).
"""

import asyncio

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from workers.traffic import Pace

BODY_CAP_BYTES = 8 * 1024 * 1024
NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
NEVER_SENT = (*NEVER_CONNECTED, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Transport(AiohttpTransport):
    """aiohttp's transport, telling apart what httpx-aiohttp gives one name.

    It calls a refused connection and one that broke off after the request was written both
    ``ConnectTimeout``. The first was never sent; the second may have been carried out.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send; raises ConnectError only when there was no connection."""
        try:
            return await super().handle_async_request(request)
        except NEVER_CONNECTED as error:
            if isinstance(error.__cause__, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
                raise httpx.ConnectError("no connection", request=request) from None
            raise httpx.ReadError("the connection broke off", request=request) from None


class NoCookies(httpx.Cookies):
    """Keeps none: nobody we speak to sets one that counts, and looking for them is a tenth of a request's cost."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave them where they are."""


class Client(httpx.AsyncClient):
    """An httpx client over ``Transport`` that neither keeps cookies nor follows redirects nor asks the environment."""

    def __init__(self, timeout_s: float, most_connections: int) -> None:
        super().__init__(
            transport=Transport(limits=httpx.Limits(max_connections=most_connections)), timeout=timeout_s,
            follow_redirects=False, trust_env=False,
        )  # fmt: skip
        self._cookies = NoCookies()


async def read_capped(response: httpx.Response) -> bytes:
    """The body of a streamed answer; raises httpx.ReadError when it breaks off or is larger than any we expect."""
    if response.is_stream_consumed:
        return response.content[:BODY_CAP_BYTES]
    chunks, size = [], 0
    try:
        async for chunk in response.aiter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > BODY_CAP_BYTES:
                raise httpx.ReadError("the answer is larger than any we expect", request=response.request)
    except NEVER_CONNECTED:  # whatever the transport calls it: an answer had begun
        raise httpx.ReadError("the answer broke off", request=response.request) from None
    return b"".join(chunks)


async def turn_of(pace: Pace) -> None:
    """Wait until the pace lets one more request through; a throttle heard meanwhile is waited for too."""
    while (wait_s := pace.wait_s()) > 0:
        await asyncio.sleep(wait_s)
        if pace.quiet_for_s == 0:
            return
