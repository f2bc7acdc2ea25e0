"""Cells in which files are examined, as the daemon uses them: started when first needed, renewed when one dies."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import structlog
from pydantic import TypeAdapter, ValidationError

import workers
from workers.laboratory.files.kinds import HEAD_BYTES, Kind, detect
from workers.laboratory.files.request import Claims, Ending, Request
from workers.laboratory.files.verdict import Reason, Refused, Safe, Verdict
from workers.settings import Settings

log = structlog.get_logger()

GRACE_S: Final = 10.0
"""How much longer than the file's own time a cell is waited for."""
REPORT_BYTES: Final = 65_536
EXPANSION: Final = 4
"""How many times its largest permitted size a file may grow by being written anew (a picture encoded plainly)."""
_VERDICTS: Final[TypeAdapter[Verdict]] = TypeAdapter(Verdict)
_ROOT: Final = str(Path(workers.__file__ or "").parents[1])
_ENVIRONMENT: Final = {"PYTHONPATH": _ROOT, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}


class CellLost(Exception):
    """The cell ended without an answer, through no proven fault of the file: trying again is right."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The verdict, and what it took."""

    verdict: Verdict
    peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Tray:
    """The open files of one examination, without a name on disk: they are gone with the process."""

    source: IO[bytes]
    safe: IO[bytes]
    preview: IO[bytes]
    thumbnail: IO[bytes]
    report: IO[bytes]

    @property
    def descriptors(self) -> list[int]:
        """In the order in which a cell takes them."""
        return [file.fileno() for file in (self.source, self.safe, self.preview, self.thumbnail, self.report)]


@contextmanager
def tray() -> Iterator[Tray]:
    """Five empty nameless files while the block lasts."""
    with contextlib.ExitStack() as stack:
        yield Tray(*(stack.enter_context(tempfile.TemporaryFile()) for _ in range(5)))


class Examiner:
    """Hands files to cells; at most as many at once as are asked of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[_Cell] = []

    async def examine(self, files: Tray, file_name: str, declared_type: str | None) -> Examined:
        """Examine ``files.source``; the safe copy and previews are in the tray when it may go out. Raises CellLost."""
        request = self._request(file_name, declared_type)
        async with self._cell() as cell:
            ending = await cell.examined(request, files)
        verdict = await asyncio.to_thread(_read, files, ending)
        return Examined(verdict, ending.peak_bytes, ending.cpu_seconds)

    async def aclose(self) -> None:
        """End all cells."""
        while self._idle:
            await self._idle.pop().close()

    def _request(self, file_name: str, declared_type: str | None) -> Request:
        chosen = self._settings
        claims = Claims(
            file_name=file_name, declared_type=declared_type, pdf_limit_bytes=chosen.files_pdf_limit_bytes,
            image_limit_bytes=chosen.files_image_limit_bytes, dicom_limit_bytes=chosen.files_dicom_limit_bytes,
        )  # fmt: skip
        return Request(
            claims=claims, memory_limit_bytes=chosen.files_memory_limit_bytes, seconds=chosen.files_scan_seconds,
            most_written_bytes=EXPANSION * claims.caps.any + REPORT_BYTES,
        )  # fmt: skip

    @asynccontextmanager
    async def _cell(self) -> AsyncIterator["_Cell"]:
        """An idle cell or a new one; one that was left in the middle is ended."""
        cell = self._idle.pop() if self._idle else await _Cell.start()
        try:
            yield cell
        except BaseException:
            await asyncio.shield(cell.close())
            raise
        self._idle.append(cell)


class _Cell:
    """The process of ``cell``, and the socket to it."""

    def __init__(self, process: asyncio.subprocess.Process, channel: socket.socket) -> None:
        self._process = process
        self._channel = channel

    @classmethod
    async def start(cls) -> "_Cell":
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)  # the socket's own signature
        with its:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "workers.laboratory.files.cell", str(its.fileno()), pass_fds=[its.fileno()],
                env=_ENVIRONMENT, cwd="/", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return cls(process, ours)

    async def examined(self, request: Request, files: Tray) -> Ending:
        """Let one file be examined. Raises CellLost."""
        try:
            socket.send_fds(self._channel, [request.model_dump_json().encode()], files.descriptors)
            async with asyncio.timeout(request.seconds + GRACE_S):
                answer = await asyncio.get_running_loop().sock_recv(self._channel, REPORT_BYTES)
            return Ending.model_validate_json(answer)
        except (OSError, TimeoutError, ValidationError) as error:
            raise CellLost(type(error).__name__) from None

    async def close(self) -> None:
        """End the cell and whatever it still examines."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


def _read(files: Tray, ending: Ending) -> Verdict:
    """The verdict that a fork wrote, if it lived to write one; believed no further than it can be checked."""
    if os.WIFSIGNALED(ending.status):
        return _killed(os.WTERMSIG(ending.status))
    files.report.seek(0)
    try:
        verdict = _VERDICTS.validate_json(files.report.read(REPORT_BYTES))
    except ValidationError:
        log.warning("file.examination_crashed", status=ending.status)
        return Refused(refused=Reason.UNREADABLE)
    return verdict if isinstance(verdict, Refused) or _is_what_it_says(files, verdict) else _unclean()


def _killed(number: int) -> Verdict:
    log.warning("file.examination_killed", signal=signal.Signals(number).name)
    match number:
        case signal.SIGALRM | signal.SIGXCPU:
            return Refused(refused=Reason.TOO_LONG)
        case signal.SIGKILL:  # the machine ran out of memory, or an operator
            raise CellLost("SIGKILL")
        case _:
            return Refused(refused=Reason.TOO_COMPLEX)


def _is_what_it_says(files: Tray, verdict: Safe) -> bool:
    """A parser that was taken over could have written anything."""
    shown = (detect(_head(files.preview)), detect(_head(files.thumbnail)))
    return detect(_head(files.safe)) is verdict.kind and shown in ((Kind.JPEG, Kind.JPEG), (None, None))


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _unclean() -> Verdict:
    log.error("file.examination_untrue")
    return Refused(refused=Reason.UNCLEANABLE)
