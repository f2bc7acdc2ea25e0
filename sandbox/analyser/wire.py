"""MLLP as an analyser speaks it: a block out, a block back."""

import asyncio
import contextlib
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c\x0d"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an acknowledgement says."""

    code: str
    """AA, AE or AR; empty when none came."""
    control_id: str = ""
    text: str = ""
    error: str = ""
    """HL7 table 0357, from the ERR segment."""

    @property
    def accepted(self) -> bool:
        """Whether the analyser may forget the message."""
        return self.code == "AA"


NO_ANSWER = Answer("")


class Wire:
    """One connection to the listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, host: str, port: int) -> "Wire":
        """Raises OSError when nobody listens."""
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, block: bytes) -> None:
        """Put a message on the wire, framed."""
        await self.send_bytes(START + block + END)

    async def send_bytes(self, raw: bytes) -> None:
        """Put bytes on the wire as they are."""
        self._writer.write(raw)
        await self._writer.drain()

    async def answer(self, within_s: float) -> Answer:
        """The next acknowledgement; NO_ANSWER when the connection ends or the time is over."""
        try:
            async with asyncio.timeout(within_s):
                block = await self._reader.readuntil(END)
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            return NO_ANSWER
        return read(block.lstrip(START).removesuffix(END))

    async def ended(self, within_s: float) -> bool:
        """Whether the listener closes the connection, within the time."""
        try:
            async with asyncio.timeout(within_s):
                while await self._reader.read(4096):
                    pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True

    async def finish(self) -> None:
        """Say that nothing more comes; answers can still be heard."""
        if self._writer.can_write_eof():
            self._writer.write_eof()

    def cut(self) -> None:
        """Pull the plug."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def read(block: bytes) -> Answer:
    """An acknowledgement in whatever separators it comes."""
    text = block.decode("utf-8", "replace")
    field, component = text[3:4] or "|", text[4:5] or "^"
    lines = {line[:3]: line.split(field) for line in text.split("\r") if line}
    msa, err = lines.get("MSA", []) + [""] * 4, lines.get("ERR", []) + [""] * 4
    subcomponent = text[7:8] or "&"
    error = err[3].split(component)[0] or (err[1].split(component) + [""] * 4)[3].split(subcomponent)[0]
    return Answer(msa[1], msa[2], msa[3], error)
