"""The analyser itself: it sends until it is told AA, and keeps what it was answered."""

import asyncio
import itertools
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sandbox.analyser.dialect import Dialect
from sandbox.analyser.message import Given, Sample, Sender, oru, readings
from sandbox.analyser.wire import NO_ANSWER, Answer, Wire

JAKARTA = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Patience:
    """How an analyser waits, in seconds."""

    answer_s: float = 10.0
    first_pause_s: float = 0.1
    longest_pause_s: float = 5.0
    attempts: int = 30
    """Then it gives up and shows a lamp."""


_USUAL, _PATIENT = Dialect(), Patience()


class Analyser:
    """One instrument and its one connection, kept open between results as instruments do."""

    def __init__(  # what a technician sets in its menu
        self, host: str, port: int, application: str, facility: str,
        *, dialect: Dialect = _USUAL, patience: Patience = _PATIENT,
    ) -> None:  # fmt: skip
        self._address = (host, port)
        self._sender = Sender(application, facility)
        self._dialect = dialect
        self._patience = patience
        self._wire: Wire | None = None
        self._run = secrets.token_hex(4).upper()
        self._numbers = itertools.count(1)
        self._busy = asyncio.Lock()
        self.answers: list[Answer] = []
        """Everything it was answered, in order; NO_ANSWER for what was not."""

    async def send(self, accession: str, given: Iterable[Given], *, patient_number: str = "") -> Answer:
        """Report one tube, (code, value, unit) for each analyte; the last answer, AA unless it gave up."""
        return await self.report([Sample(accession, readings(given), patient_number)])

    async def report(self, samples: Sequence[Sample], *, control_id: str = "") -> Answer:
        """Report tubes in one message, again and again until AA or AR."""
        control_id = control_id or self.next_control_id()
        answer, pause_s = NO_ANSWER, self._patience.first_pause_s
        for _ in range(self._patience.attempts):
            answer = await self.offer(self.message(samples, control_id))
            if answer.code in {"AA", "AR"}:
                break
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, self._patience.longest_pause_s)
        return answer

    async def offer(self, block: bytes) -> Answer:
        """Send one message once, over the open connection or a new one; NO_ANSWER when none came."""
        async with self._busy:
            answer = await self._exchange(block)
            if answer is NO_ANSWER:
                await self._hang_up()
        self.answers.append(answer)
        return answer

    def message(self, samples: Sequence[Sample], control_id: str = "") -> bytes:
        """The bytes it would send now."""
        return oru(self._sender, control_id or self.next_control_id(), samples, datetime.now(JAKARTA), self._dialect)

    def next_control_id(self) -> str:
        """A number it has not used yet."""
        return f"{self._run}{next(self._numbers):06d}"

    async def wire(self) -> Wire:
        """The open connection, for whoever wants to misuse it; raises OSError."""
        if self._wire is None:
            self._wire = await Wire.connect(*self._address)
        return self._wire

    async def close(self) -> None:
        """Switch it off."""
        async with self._busy:
            await self._hang_up()

    async def __aenter__(self) -> "Analyser":
        return self

    async def __aexit__(self, *_failure: object) -> None:
        await self.close()

    async def _exchange(self, block: bytes) -> Answer:
        try:
            wire = await self.wire()
            await wire.send(block)
        except OSError:
            return NO_ANSWER
        return await wire.answer(self._patience.answer_s)

    async def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()
