"""``python -m workers.laboratory.files.cell FD``: examines files one by one, each in a process of its own.

The parsers are loaded once; each file is then examined in a fork that is bound by limits on memory, processor
time, wall clock and file size, has no secret in its environment, leaves no core dump, and dies with its file. What it
may read and write are the open files it was handed.

A message is the request as JSON with five open files (source, safe, preview, thumbnail, report); the answer
says how the fork ended and what it took. The verdict itself is what the fork wrote into the report.
"""

import logging
import os
import resource
import signal
import socket
import sys
from typing import Final

import pydicom

from workers.laboratory.files.examine import Sheets, examine
from workers.laboratory.files.request import Ending, Request
from workers.laboratory.files.verdict import Verdict

REQUEST_BYTES: Final = 16_384
FILES: Final = 5
MOST_OPEN: Final = 64


def serve(channel: socket.socket) -> None:
    """Examine until the other side closes."""
    while True:
        message, files, _, _ = socket.recv_fds(channel, REQUEST_BYTES, FILES)
        if not message:
            return
        ending = _examined_apart(channel, Request.model_validate_json(message), files)
        channel.send(ending.model_dump_json().encode())


def _examined_apart(channel: socket.socket, request: Request, files: list[int]) -> Ending:
    fork = os.fork()
    if fork == 0:
        channel.close()  # whatever takes the fork over has nobody to talk to
        _work(request, files)
    for descriptor in files:
        os.close(descriptor)
    _, status, used = os.wait4(fork, 0)
    return Ending(status=status, peak_bytes=used.ru_maxrss * 1024, cpu_seconds=used.ru_utime + used.ru_stime)


def _work(request: Request, files: list[int]) -> None:
    """The fork's whole life."""
    code = 1
    try:
        _bind(request)
        verdict = examine(_opened(files), request.claims)
        _report(files[4], verdict)
        code = 0
    finally:
        os._exit(code)


def _opened(files: list[int]) -> Sheets:
    source, *written = (os.fdopen(files[n], "rb" if n == 0 else "w+b", closefd=False) for n in range(4))
    return Sheets(source, *written)


def _report(descriptor: int, verdict: Verdict) -> None:
    with os.fdopen(descriptor, "wb") as report:
        report.write(verdict.model_dump_json().encode())


def _bind(request: Request) -> None:
    """From here on the kernel ends what takes too much."""
    memory = _taken_bytes() + request.memory_limit_bytes
    seconds = max(1, round(request.seconds))
    limits = {
        resource.RLIMIT_AS: (memory, memory),
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (request.most_written_bytes, request.most_written_bytes),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (MOST_OPEN, MOST_OPEN),
    }
    for limit, bounds in limits.items():
        resource.setrlimit(limit, bounds)
    signal.setitimer(signal.ITIMER_REAL, request.seconds)  # SIGALRM ends a process that does not wait for it


def _taken_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # before any limit
        return int(file.read().split()[0]) * resource.getpagesize()


def main() -> None:
    """Serve the socket whose number is the only argument."""
    for name in ("pydicom", "PIL", "pikepdf", "pypdfium2"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # they quote what they read
    # An honest modality's date or name may break the letter of its type; it is copied as it is.
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
