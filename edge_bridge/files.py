"""Opening a result file: the database says whether the caller may, and an address for one minute is signed.

The right is asked, and the reading written down, by ``public.open_file`` under the caller's own token. Only what it
answers is signed with our key: without a token of somebody's nothing is ever asked, because the same call with our
key alone would be made as the service (security reference §0.11).
"""

import asyncio
import re
from pathlib import PurePosixPath
from typing import Any, Final, Literal
from uuid import UUID

import aiohttp
import httpx
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from storage3.exceptions import StorageApiError

from supabase import AsyncClient

EXPIRES_S: Final = 60
PATIENCE_S: Final = 15.0
NOT_FOUND: Final = "P0002"
NOT_YOU: Final = frozenset({"PGRST301", "PGRST302", "PGRST303", "42501"})
"""The token is wrong or out of date, or bears no user's role."""
TOKEN: Final = re.compile(r"[Bb]earer ([\w-]+\.[\w-]+\.[\w-]+)", re.ASCII)
LONGEST_TOKEN: Final = 8_192
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Authorization"}
SIGN_IN: Final = HTTPException(401, "Masuk kembali, lalu coba lagi.", {**HEADERS, "WWW-Authenticate": "Bearer"})
MISSING: Final = HTTPException(404, "Berkas tidak ditemukan.", HEADERS)
AWAY: Final = HTTPException(503, "Berkas belum dapat dibuka. Coba lagi sebentar lagi.", {**HEADERS, "Retry-After": "5"})
UNANSWERED: Final = (httpx.HTTPError, aiohttp.ClientError, TimeoutError, ConnectionError)

Version = Literal["original", "preview", "thumbnail"]


class Opened(BaseModel):
    """What ``public.open_file`` answers."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    bucket: str
    path: str
    content_type: str
    file_name: str


def files(client: AsyncClient) -> APIRouter:
    """The router of ``/files``; ``client`` is the official one with the service key."""
    router = APIRouter(prefix="/files")

    @router.post("/{file_id}/open")
    async def open_file(file_id: str, request: Request, response: Response, version: Version = "original") -> Any:
        """An address for this file that holds for a minute; 401, 404 or 503 with one sentence."""
        response.headers.update(HEADERS)
        token, file = _token(request, client.supabase_key), _id(file_id)
        try:
            async with asyncio.timeout(PATIENCE_S):
                opened = await _opened(client, token, file, version)
                url = await _signed(client, opened, version)
        except UNANSWERED:
            raise AWAY from None
        return {
            "url": url, "expires_in": EXPIRES_S, "content_type": opened.content_type,
            "file_name": _name(opened.file_name, version),
        }  # fmt: skip

    return router


def _token(request: Request, service_key: str) -> str:
    """The one user's token that was sent; raises 401."""
    given = request.headers.getlist("Authorization")
    found = TOKEN.fullmatch(given[0]) if len(given) == 1 and len(given[0]) <= LONGEST_TOKEN else None
    if found is None or found[1] == service_key:
        raise SIGN_IN
    return found[1]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MISSING from None


async def _opened(client: AsyncClient, token: str, file: UUID, version: Version) -> Opened:
    """Ask as the user; raises the answer for those who may not."""
    answer = await client.storage.session.post(
        f"{str(client.rest_url).rstrip('/')}/rpc/open_file",
        headers={"apikey": client.supabase_key, "Authorization": f"Bearer {token}", "Content-Profile": "public"},
        json={"file_id": str(file), "version": version},
    )
    if answer.status_code != 200:
        raise _refusal(answer)
    try:
        return Opened.model_validate_json(answer.content)
    except ValidationError:
        raise AWAY from None


def _refusal(answer: httpx.Response) -> HTTPException:
    try:
        code = str(answer.json().get("code"))
    except (ValueError, AttributeError):
        code = ""
    if code == NOT_FOUND:
        return MISSING
    return SIGN_IN if code in NOT_YOU or answer.status_code == 401 else AWAY


async def _signed(client: AsyncClient, opened: Opened, version: Version) -> str:
    """An address for a minute; the original is offered for saving, under its number.

    The name its sender gave it may be a patient's, and an address stands in histories and logs of others.
    """
    bucket = client.storage.from_(opened.bucket)
    try:
        if version == "original":
            signed = await bucket.create_signed_url(
                opened.path, EXPIRES_S, {"download": PurePosixPath(opened.path).name}
            )
        else:
            signed = await bucket.create_signed_url(opened.path, EXPIRES_S)
    except StorageApiError as error:
        raise (MISSING if str(error.status) == "404" else AWAY) from None
    except (ValidationError, ValueError):
        raise AWAY from None
    if signed["signedUrl"] is None:
        raise AWAY
    return signed["signedUrl"]


def _name(file_name: str, version: Version) -> str:
    return file_name if version == "original" else f"{PurePosixPath(file_name).stem}-{version}.jpg"
