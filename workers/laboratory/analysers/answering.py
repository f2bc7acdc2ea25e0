"""From the bytes of one message to the bytes of its answer; the answer is made only after the commit."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol
from uuid import UUID

import structlog

from workers.errors import DatabaseAway, DatabaseError
from workers.laboratory.analysers.acknowledgement import Code, Verdict, acknowledgement
from workers.laboratory.analysers.reader import (
    APPLICATION_INTERNAL_ERROR,
    JAKARTA,
    UNKNOWN_KEY_IDENTIFIER,
    Header,
    Message,
    Refusal,
    read,
)

log = structlog.get_logger()

RECEIVE = "receive_results"
LARGE_BYTES = 32_768
"""Reading takes some 2 ms per kilobyte: beyond this it is done aside, one message at a time."""
AWAY = Verdict("AE", "The clinic's database does not answer; send the message again.", APPLICATION_INTERNAL_ERROR)
FAILED = Verdict("AE", "The clinic's database refused the call; ask whoever runs it.", APPLICATION_INTERNAL_ERROR)


class Receive(Protocol):
    """``Deliveries.call``: raises DatabaseAway or DatabaseError."""

    def __call__(self, name: str, arguments: Mapping[str, Any], /) -> Awaitable[Any]:
        """Call a function of ``integration`` and wait for its commit."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers messages for one clinic, or for all when ``clinic`` is None: the analyser's registration tells."""

    receive: Receive
    clinic: UUID | None = None
    zone: tzinfo = JAKARTA
    clock: Callable[[], datetime] = lambda: datetime.now(JAKARTA)
    _aside: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, raw: bytes) -> bytes:
        """Read, file, answer. Nothing is acknowledged that was not committed."""
        match await self._read(raw):
            case Refusal(header, code, error, text):
                log.warning("analyser.message_refused", acknowledgement=code, error=error)
                return self._acknowledge(header, Verdict(code, text, error))
            case Message() as message:
                return self._acknowledge(message.header, await self._filed(message))

    async def _read(self, raw: bytes) -> Message | Refusal:
        if len(raw) < LARGE_BYTES:
            return read(raw, self.zone)
        async with self._aside:
            return await asyncio.to_thread(read, raw, self.zone)

    def too_long(self, head: bytes, limit_bytes: int) -> bytes:
        """Answer a message of which only the beginning was kept."""
        found = read(head.split(b"\r", 1)[0] + b"\r", self.zone)
        log.warning("analyser.message_refused", acknowledgement="AE", error=APPLICATION_INTERNAL_ERROR)
        verdict = Verdict("AE", f"The message is longer than {limit_bytes} bytes.", APPLICATION_INTERNAL_ERROR)
        return self._acknowledge(found.header, verdict)

    async def _filed(self, message: Message) -> Verdict:
        arguments = {"p_clinic": str(self.clinic) if self.clinic else None, "p_message": message.as_json()}
        try:
            answer = await self.receive(RECEIVE, arguments)
        except DatabaseAway as error:
            log.warning("analyser.database_away", code=error.code)
            return AWAY
        except DatabaseError as error:
            log.error("analyser.database_refused", code=error.code)  # noqa: TRY400  # its text may quote a row
            return FAILED
        code = _code(answer["acknowledgement"])
        log.info("analyser.message_filed", acknowledgement=code, duplicate=bool(answer["duplicate"]),
                 taken=answer["taken"], unmatched=answer["unmatched"], other_characters=message.remark is not None,
                 )  # fmt: skip
        return _verdict(code, str(answer.get("text") or ""), message.remark)

    def _acknowledge(self, header: Header | None, verdict: Verdict) -> bytes:
        return acknowledgement(header, verdict, self.clock(), secrets.token_hex(10).upper())


def _code(word: str) -> Code:
    return "AA" if word == "AA" else "AR" if word == "AR" else "AE"


def _verdict(code: Code, text: str, remark: str | None) -> Verdict:
    said = " ".join(part for part in (text, remark) if part)
    # The database rejects an analyser it does not know, and nothing else.
    return Verdict(code, said, {"AA": None, "AR": UNKNOWN_KEY_IDENTIFIER, "AE": APPLICATION_INTERNAL_ERROR}[code])
