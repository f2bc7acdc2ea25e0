"""MLLP blocks out of a stream of bytes: <VT> message <FS><CR> (HL7 v2 transport specification, MLLP release 1).

python-hl7 has an MLLP server too. It is not used: it counts no garbage before a block but throws the block away
with it, takes a half message and the whole one that follows it for a single one, knows no idle time and no end of
the house, and decodes by one fixed character set before MSH-18 can be read. This is all there is to MLLP.
"""

from collections.abc import Iterator

START, END = b"\x0b", b"\x1c\x0d"


class TooLong(Exception):
    """A block is longer than is taken; ``head`` is how it begins."""

    def __init__(self, head: bytes) -> None:
        super().__init__("an MLLP block is too long")
        self.head = head


class Blocks:
    """Collects the bytes of one connection; knows no socket."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self.dropped = 0
        """Bytes outside of any block, line ends not counted, since ``take_dropped``."""
        self.broken_off = 0
        """Blocks given up by their sender, who began another."""

    @property
    def half(self) -> bool:
        """Whether a block has begun and not ended."""
        return self._inside

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Give the messages that are whole now; raises TooLong."""
        self._buffer += received
        while (block := self._next()) is not None:
            yield block

    def _next(self) -> bytes | None:
        if not self._inside and not self._begin():
            return None
        self._begin_anew()
        end = self._buffer.find(END, self._searched)
        if end > self._limit or (end < 0 and len(self._buffer) > self._limit):
            raise TooLong(bytes(self._buffer[: min(self._limit, 65_536)]))
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            return None
        block = bytes(self._buffer[:end])
        del self._buffer[: end + len(END)]
        self._inside, self._searched = False, 0
        return block

    def _begin(self) -> bool:
        """Leave out everything before the next start of a block."""
        start = self._buffer.find(START)
        outside = self._buffer if start < 0 else self._buffer[:start]
        self.dropped += len(outside.translate(None, b"\r\n"))
        del self._buffer[: len(outside) + (start >= 0)]
        self._inside = start >= 0
        return self._inside

    def _begin_anew(self) -> None:
        """A start within a block: its sender gave the first one up, for VT is no character of a message."""
        end = self._buffer.find(END, self._searched)
        start = self._buffer.rfind(START, 0, end if end >= 0 else len(self._buffer))
        if start >= 0:
            self.broken_off += 1
            del self._buffer[: start + 1]
            self._searched = 0
