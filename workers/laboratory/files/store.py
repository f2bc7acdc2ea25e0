"""Supabase Storage as examination needs it: sizes before bytes, bytes up to a cap, the same names again and again."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final
from urllib.parse import quote

import aiohttp
import httpx
from storage3.exceptions import StorageApiError

from supabase import AsyncClient

AWAY_STATUSES: Final = frozenset({"408", "429"})
"""Besides every 5xx: trying again is right."""
MISSING_STATUSES: Final = frozenset({"404"})
KEY_STATUSES: Final = frozenset({"401", "403"})
UNANSWERED: Final = (httpx.HTTPError, aiohttp.ClientError, TimeoutError, ConnectionError)

Heard = Callable[[str, int | None], None]
"""Is told each step (``GET intake``) and its status, None when no answer came."""


class StoreAway(Exception):
    """Storage cannot be reached, or asks to come back later."""


class KeyRefused(Exception):
    """Storage does not take our key."""


class StoreRefused(Exception):
    """Storage refused what was asked; carries the status, never a name."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class TooLarge(Exception):
    """An object is larger than whoever asked wanted to read."""


def _nobody(_step: str, _status: int | None) -> None:
    """Steps outside a delivery are kept nowhere."""


class Store:
    """The project's Storage through the official client, with the service key."""

    def __init__(self, client: AsyncClient, heard: Heard = _nobody) -> None:
        self._client = client
        self._heard = heard

    async def info(self, bucket: str, path: str) -> dict[str, Any] | None:
        """Size and metadata of an object; None when there is none. Raises StoreAway, KeyRefused, StoreRefused."""
        try:
            with self._answering(f"INFO {bucket}"):
                return await self._client.storage.from_(bucket).info(path)
        except StoreRefused as refused:
            if refused.status in MISSING_STATUSES:
                return None
            raise

    async def fetch(self, bucket: str, path: str, into: IO[bytes], most_bytes: int) -> str:
        """Write an object into a file and answer its SHA-256. Raises TooLarge after ``most_bytes``, and as ``info``."""
        digest, size = hashlib.sha256(), 0
        with self._answering(f"GET {bucket}"):
            async with self._client.storage.session.stream(
                "GET", self._url(bucket, path), headers=self._headers
            ) as answer:
                _raise_for(answer.status_code)
                async for chunk in answer.aiter_bytes():
                    size += len(chunk)
                    if size > most_bytes:
                        raise TooLarge
                    digest.update(chunk)
                    into.write(chunk)
        into.flush()
        return digest.hexdigest()

    async def put(  # all that an object is
        self, bucket: str, path: str, content: IO[bytes], content_type: str, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Store a file under a name, instead of what may lie there. Raises StoreAway, KeyRefused, StoreRefused."""
        options: dict[str, Any] = {"content-type": content_type, "cache-control": "0", "upsert": "true"}
        if metadata is not None:
            options["metadata"] = dict(metadata)
        content.seek(0)
        with self._answering(f"PUT {bucket}"), os.fdopen(os.dup(content.fileno()), "rb") as reader:
            await self._client.storage.from_(bucket).upload(path, reader, options)  # type: ignore[arg-type]  # a TypedDict

    async def remove(self, bucket: str, paths: Sequence[str]) -> None:
        """Forget objects; those that are not there are no matter. Raises StoreAway, KeyRefused, StoreRefused."""
        with self._answering(f"DELETE {bucket}"):
            await self._client.storage.from_(bucket).remove(list(paths))

    @contextmanager
    def _answering(self, step: str) -> Iterator[None]:
        try:
            yield
        except StorageApiError as error:
            self._heard(step, _number(error.status))
            raise _translated(str(error.status)) from None
        except UNANSWERED:
            self._heard(step, None)
            raise StoreAway from None
        except (StoreAway, KeyRefused, StoreRefused, TooLarge):
            self._heard(step, None)
            raise
        self._heard(step, 200)

    def _url(self, bucket: str, path: str) -> str:
        return f"{str(self._client.storage_url).rstrip('/')}/object/{quote(bucket)}/{quote(path)}"

    @property
    def _headers(self) -> dict[str, str]:
        return dict(self._client.options.headers)


def _raise_for(status: int) -> None:
    # Most of Storage's refusals travel as 400, also of an object that is not there.
    if status != 200:
        raise _translated("404" if status == 400 else str(status))


def _translated(status: str) -> StoreAway | KeyRefused | StoreRefused:
    if status in AWAY_STATUSES or (len(status) == 3 and status.startswith("5")):
        return StoreAway()
    return KeyRefused() if status in KEY_STATUSES else StoreRefused(status)


def _number(status: object) -> int | None:
    return int(str(status)) if str(status).isdecimal() else None
