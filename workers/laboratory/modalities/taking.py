"""One received image on its way into quarantine; the modality hears success only when the database knows of it."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO, Any, Final, Protocol
from uuid import UUID

import structlog

from workers.errors import DatabaseError
from workers.laboratory.files.kinds import CONTENT_TYPES, Kind
from workers.laboratory.files.store import KeyRefused, StoreAway, StoreRefused

log = structlog.get_logger()

LARGER_THAN_THE_BUCKET_TAKES: Final = "413"


class Status(IntEnum):
    """C-STORE statuses that we answer (PS3.4 Table B.2-1)."""

    SUCCESS = 0x0000
    OUT_OF_RESOURCES = 0xA700
    """Send it again later."""
    CANNOT_UNDERSTAND = 0xC000
    """Sending it again changes nothing."""


class Call(Protocol):
    """``Deliveries.call``."""

    def __call__(self, name: str, arguments: Mapping[str, Any], /) -> Awaitable[Any]:
        """Call a function of ``integration``; raises DatabaseError."""


class Put(Protocol):
    """``Store.put``."""

    def __call__(self, bucket: str, path: str, content: IO[bytes], content_type: str, /) -> Awaitable[None]:
        """Store a file; raises StoreAway, KeyRefused or StoreRefused."""


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of a received image; the file is the receiver's and gone afterwards."""

    path: Path
    sha256: str
    instance_uid: str
    accession_number: str | None


class Taking:
    """Lays images of one clinic into quarantine, a few at a time."""

    def __init__(self, clinic_id: UUID, call: Call, put: Put, at_once: int) -> None:
        self._clinic_id = clinic_id
        self._call = call
        self._put = put
        self._turns = asyncio.Semaphore(at_once)

    async def take(self, image: Image) -> Status:
        """Announce, upload, report; the same image again is the same file, and costs no second upload."""
        async with self._turns:
            try:
                known = await self._taken(image)
            except (DatabaseError, StoreAway, KeyRefused, OSError) as error:
                log.warning("image.not_taken", cause=type(error).__name__, code=getattr(error, "code", None))
                return Status.OUT_OF_RESOURCES
            except StoreRefused as refused:
                log.error("image.not_taken", cause="StoreRefused", code=refused.status)  # noqa: TRY400  # no trace: it is no bug
                too_large = refused.status == LARGER_THAN_THE_BUCKET_TAKES
                return Status.CANNOT_UNDERSTAND if too_large else Status.OUT_OF_RESOURCES
        log.info("image.taken", known=known)
        return Status.SUCCESS

    async def _taken(self, image: Image) -> bool:
        with image.path.open("rb") as content:
            announced = await self._call("register_file", {
                "p_clinic": str(self._clinic_id), "p_source": "dicom", "p_accession": image.accession_number,
                "p_file_name": f"{image.instance_uid}.dcm", "p_declared_type": CONTENT_TYPES[Kind.DICOM],
                "p_byte_size": content.seek(0, 2), "p_content_hash": image.sha256,
            })  # fmt: skip
            if not announced["known"]:
                await self._put(announced["bucket"], announced["path"], content, CONTENT_TYPES[Kind.DICOM])
                await self._call("file_arrived", {"p_file": announced["id"]})
        return bool(announced["known"])
