"""What an association may take: who may speak, how long a message may be, and nothing left behind on disk.

Called by pynetdicom in the association's own thread.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.pdu import P_DATA_TF

from workers.laboratory.sources import Network, admits

log = structlog.get_logger()

MOST_PDU_BYTES: Final = 1024 * 1024
"""Eight times what we offer; the length in front of a PDU is its sender's word, and could say 4 GB."""
COMMAND_BYTES: Final = 64 * 1024
"""What a command, and the headers of fragments, may add to a dataset at its limit."""


class Bounds:
    """Handlers of pynetdicom's notifications."""

    def __init__(self, most_bytes: int, sources: tuple[Network, ...]) -> None:
        self._most_bytes = most_bytes + COMMAND_BYTES + most_bytes // 100
        self._sources = sources
        self._sizes = WeakKeyDictionary[Association, int]()
        """Bytes of the message that is coming, by association."""

    def opened(self, event: evt.Event) -> None:
        """Somebody connected: no PDU of theirs may be endless."""
        _bound(event.assoc.dul.socket)
        _close_for_certain(event.assoc.dul.socket)

    def received(self, event: evt.Event) -> None:
        """A part of a message came."""
        if not isinstance(event.pdu, P_DATA_TF):
            return
        size = self._sizes[event.assoc] = self._sizes.get(event.assoc, 0) + len(event.pdu)
        if size > self._most_bytes:
            log.error("image.too_large", limit=self._most_bytes)
            event.assoc.abort()

    def completed(self, event: evt.Event) -> None:
        """A whole message came: counting begins anew."""
        self._sizes.pop(event.assoc, None)

    def closed(self, event: evt.Event) -> None:
        """The connection ended: half a dataset, and whole ones nobody will answer for, leave the disk."""
        message = event.assoc.dimse.message
        if message is not None and message._data_set_file is not None:
            message._data_set_file.close()
            _forget(message._data_set_path)
        with contextlib.suppress(Empty):
            while True:
                _, waiting = event.assoc.dimse.msg_queue.get_nowait()
                _forget(getattr(waiting, "_dataset_path", None))

    def may_speak(self, address: str) -> bool:
        """Whether that address was named among the sources, or none was."""
        welcome = admits(address, self._sources)
        if not welcome:
            log.warning("modalities.stranger")
        return welcome


def _bound(connection: Any) -> None:
    """Let a connection read no PDU that is larger than any we expect."""
    read: Callable[[int], bytearray] = connection.recv

    def recv(nr_bytes: int) -> bytearray:
        if nr_bytes > MOST_PDU_BYTES:
            raise OSError("a PDU longer than any we expect")
        return read(nr_bytes)

    connection.recv = recv


def _close_for_certain(connection: Any) -> None:
    """A peer that hung up first makes pynetdicom 3.0 leave its socket to the collector, which seldom comes here."""
    shut_down: Callable[[], None] = connection._shutdown_socket

    def shut_down_and_close() -> None:
        left = connection.socket
        shut_down()
        if left is not None:
            left.close()

    connection._shutdown_socket = shut_down_and_close


def _forget(path: object) -> None:
    if isinstance(path, Path):
        path.unlink(missing_ok=True)
