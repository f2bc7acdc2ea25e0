"""The watched folder: files that an instrument's computer drops, named ``<accession>[_anything].pdf``.

A file is taken when two looks in a row find it unchanged, announced, uploaded, reported as arrived, and only then
moved to ``done/``. A crash between any two of these does them again, harmlessly: the same content under the same
number is the same file. File names may hold a patient's name: no log repeats one.
"""

import asyncio
import contextlib
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Final, Protocol
from uuid import UUID

import structlog

from workers.errors import DatabaseError, SettingsError
from workers.laboratory.analysers.accession import OURS
from workers.laboratory.files.store import KeyRefused, StoreAway, StoreRefused
from workers.settings import Settings

log = structlog.get_logger()

DONE, REFUSED = "done", "refused"
TYPES: Final[Mapping[str, str]] = {
    ".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
    ".dcm": "application/dicom",
}  # fmt: skip
PARTIAL = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", "~")
NUMBERED = re.compile(rf"({OURS.pattern})(?![0-9A-Z]).*", re.IGNORECASE | re.DOTALL)
PIECE_BYTES = 1024 * 1024
EMPTY_PATIENCE_S = 600.0
"""A scanner may make the name first and write the pages minutes later."""


class Call(Protocol):
    """``Deliveries.call``: raises DatabaseError."""

    def __call__(self, name: str, arguments: Mapping[str, Any], /) -> Awaitable[Any]:
        """Call a function of ``integration``."""


Put = Callable[[str, str, IO[bytes], str], Awaitable[None]]
"""``Store.put``: bucket, path, content, type; raises StoreAway, KeyRefused or StoreRefused."""


class Changed(Exception):
    """The file is not yet what it will be; another look finds it."""


class Unacceptable(Exception):
    """The file can never be taken; ``reason`` is one word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Look:
    """What tells whether a file has changed between two looks."""

    size: int
    modified_ns: int
    inode: int


class Folder:
    """One clinic's folder."""

    def __init__(self, folder: Path, clinic: UUID, limits: Mapping[str, int], call: Call, put: Put) -> None:
        """``limits``: the largest size in bytes by file name suffix, under ``""`` for any other suffix."""
        self._folder = folder
        self._clinic = clinic
        self._limits = limits
        self._call = call
        self._put = put
        self._seen: dict[str, Look] = {}
        self._filed: dict[str, Look] = {}
        """What arrived and is still to be moved."""
        self._told: set[tuple[str, Look, str]] = set()

    async def look(self, stop: asyncio.Event | None = None) -> int:
        """Look once, and take what has not changed since the last look; answers how many were moved to ``done/``.

        Of many files those are left that are not in hand yet when ``stop`` is set.
        """
        try:
            found = await asyncio.to_thread(_files, self._folder)
        except OSError as error:
            log.error("folder.unreadable", reason=type(error).__name__)  # noqa: TRY400  # its text is a path
            return 0
        stable = [name for name, look in found.items() if self._seen.get(name) == look]
        self._seen = found
        self._told = {told for told in self._told if found.get(told[0]) == told[1]}
        self._filed = {name: look for name, look in self._filed.items() if found.get(name) == look}
        return sum([await self._taken(n, found[n]) for n in stable if stop is None or not stop.is_set()])

    async def _taken(self, name: str, look: Look) -> bool:
        """Carry one file as far as it goes; what failed is tried again at the next look."""
        try:
            if self._filed.get(name) != look:
                await self._carry(name, look)
        except Unacceptable as refused:
            log.warning("folder.file_refused", reason=refused.reason, bytes=look.size)
            await self._move(name, look, REFUSED)
            return False
        except (Changed, FileNotFoundError):
            return False
        except (DatabaseError, StoreAway, KeyRefused, StoreRefused, OSError) as error:
            self._complain(name, look, getattr(error, "code", type(error).__name__))
            return False
        self._filed[name] = look
        return await self._move(name, look, DONE)

    async def _carry(self, name: str, look: Look) -> None:
        suffix = Path(name).suffix.lower()
        if look.size > self._limits.get(suffix, self._limits[""]):
            raise Unacceptable("too_large")
        if look.size == 0:
            raise Unacceptable("empty")
        with tempfile.TemporaryFile() as copy:  # a share may be slow, and the bytes sent are those of the fingerprint
            digest = await asyncio.to_thread(_copied, self._folder / name, look, copy)
            registered = await self._call("register_file", {
                "p_clinic": str(self._clinic), "p_source": "folder", "p_accession": accession_of(name),
                "p_file_name": os.fsencode(name).decode("utf-8", "replace"), "p_declared_type": TYPES.get(suffix),
                "p_byte_size": look.size, "p_content_hash": digest,
            })  # fmt: skip
            if registered["known"]:  # it arrived before; only the move was left
                return
            kind = TYPES.get(suffix, "application/octet-stream")
            await self._upload(registered["bucket"], registered["path"], copy, kind)
        await asyncio.to_thread(_check_unchanged, self._folder / name, look)
        await self._call("file_arrived", {"p_file": registered["id"]})
        log.info("folder.file_arrived", file=registered["id"], bytes=look.size)

    async def _upload(self, bucket: str, path: str, content: IO[bytes], kind: str) -> None:
        try:
            await self._put(bucket, path, content, kind)
        except StoreRefused as refused:
            if refused.status == "413":  # the bucket's own limit
                raise Unacceptable("too_large") from None
            raise

    async def _move(self, name: str, look: Look, to: str) -> bool:
        try:
            await asyncio.to_thread(_moved, self._folder / name, look, self._folder / to)
        except (Changed, FileNotFoundError):  # written anew meanwhile, or another worker watches the same folder
            return False
        except OSError as error:
            self._complain(name, look, f"unmovable_{type(error).__name__}")
            return False
        return True

    def _complain(self, name: str, look: Look, reason: str) -> None:
        """Once for each file and reason, not at every look."""
        if (name, look, reason) not in self._told:
            self._told.add((name, look, reason))
            log.warning("folder.file_waits", reason=reason, bytes=look.size)


def accession_of(name: str) -> str | None:
    """The accession number a file name begins with; None when it does not."""
    found = NUMBERED.fullmatch(name)
    return found.group(1).upper() if found else None


def _files(folder: Path) -> dict[str, Look]:
    """Plain files that look complete; links and folders are nobody's results."""
    with os.scandir(folder) as entries:
        plain = dict(_plain(entries))
    growing = {name.lower().removesuffix(end) for name in plain for end in PARTIAL if name.lower().endswith(end)}
    return {name: _look(state) for name, state in plain.items() if _complete(name, state, growing)}


def _plain(entries: Iterable[os.DirEntry[str]]) -> Iterator[tuple[str, os.stat_result]]:
    for entry in entries:
        with contextlib.suppress(FileNotFoundError):  # renamed since the folder was read; the others are still there
            if entry.is_file(follow_symlinks=False):
                yield entry.name, entry.stat(follow_symlinks=False)


def _complete(name: str, state: os.stat_result, growing: set[str]) -> bool:
    low = name.lower()
    if low.startswith((".", "~$")) or low.endswith(PARTIAL) or low in growing:
        return False
    # A clock that is wrong makes an empty file wait longer, and no other.
    return state.st_size > 0 or time.time() - state.st_mtime > EMPTY_PATIENCE_S


def _look(state: os.stat_result) -> Look:
    return Look(state.st_size, state.st_mtime_ns, state.st_ino)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """The file itself; what has become a link or a pipe since the look is not followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as content:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unacceptable("no_plain_file")
        yield content


def _copied(path: Path, look: Look, into: IO[bytes]) -> str:
    """Copy and answer the sha256 in hexadecimal; raises Changed when this is not the file that was looked at."""
    digest, left = hashlib.sha256(), look.size
    with _opened(path) as content:
        while piece := content.read(min(left, PIECE_BYTES)):
            digest.update(piece)
            into.write(piece)
            left -= len(piece)
        into.flush()
        if left or _look(os.fstat(content.fileno())) != look:
            raise Changed
    return digest.hexdigest()


def _check_unchanged(file: Path, look: Look) -> None:
    if _look(file.lstat()) != look:
        raise Changed


def _moved(file: Path, look: Look, folder: Path) -> None:
    """Move a file, never over another one; raises Changed when another one has taken its name."""
    folder.mkdir(exist_ok=True)
    number, target = 1, folder / file.name
    while target.exists():
        number += 1
        target = folder / f"{file.stem}-{number}{file.suffix}"
    _check_unchanged(file, look)
    file.rename(target)


def limits(settings: Settings) -> dict[str, int]:
    """Largest sizes in bytes by suffix, from the settings; any other file may be as large as a PDF."""
    image = settings.files_image_limit_bytes
    return {".jpg": image, ".jpeg": image, ".png": image, ".dcm": settings.files_dicom_limit_bytes,
            "": settings.files_pdf_limit_bytes}  # fmt: skip


async def run(settings: Settings, call: Call, put: Put, stop: asyncio.Event) -> None:
    """Watch the folder of the settings until ``stop`` is set; a file in hand is finished first.

    ``call`` is ``Deliveries.call``, ``put`` a ``Store.put``. Both the folder and the clinic must be set.
    """
    if settings.laboratory_folder is None or settings.laboratory_clinic_id is None:
        raise SettingsError("Settings: WORKERS_LABORATORY_FOLDER needs WORKERS_LABORATORY_CLINIC_ID beside it.")
    folder = Folder(settings.laboratory_folder, settings.laboratory_clinic_id, limits(settings), call, put)
    log.info("folder.watched")
    while not stop.is_set():
        await folder.look(stop)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.poll_seconds):
                await stop.wait()
