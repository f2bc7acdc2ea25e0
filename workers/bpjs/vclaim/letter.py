"""Carries control letters (rencana kontrol) and admission letters (SPRI) to VClaim (reference bpjs 5.5)."""

from typing import Final

from workers.bpjs.asking import value_at
from workers.bpjs.content import UNSETTLED, content_hash
from workers.bpjs.exchange import Way
from workers.bpjs.vclaim import bodies, checks, complaints, holdings
from workers.bpjs.vclaim.holdings import text_at
from workers.bpjs.vclaim.snapshot import LetterVisit
from workers.bpjs.vclaim.writing import delete, write
from workers.ending import Ended
from workers.outcome import Accepted, Blocked, Delivered, Failure, Outcome, Rejected, Uncertain

LETTER: Final = "letter"
_ROOT: Final = "RencanaKontrol"


class LetterRoute:
    """One letter's way to VClaim."""

    def __init__(self, visit: LetterVisit, way: Way, *, doubt: bool) -> None:
        """``doubt``: an earlier attempt may have been accepted, so VClaim is asked before anything is sent."""
        self._visit = visit
        self._way = way
        self._doubt = doubt
        self._key = f"{LETTER}/{visit.subject_id}"
        self._control = visit.letter.letter_kind == "control"

    async def carry(self) -> Outcome:
        """Bring VClaim in line with the letter; raises Ended when that cannot go on."""
        if not self._visit.wanted or self._visit.letter.voided:
            return await self._withdraw()
        if problems := checks.of_letter(self._visit):
            return Blocked(problems)
        known = self._way.journal.known.get(self._key)
        if known is None or self._doubt:
            known = await self._find(known)
        hash_ = content_hash(self._body(None))
        if known is None:
            number = await self._insert()
        else:
            number = known.remote_id
            if known.content_hash != hash_:
                path = f"{_ROOT}/Update" if self._control else f"{_ROOT}/UpdateSPRI"
                await write(self._way, "PUT", path, self._body(number), "surat kontrol")
        self._way.journal.accept(Accepted(self._key, LETTER, number, None, hash_))
        self._way.journal.learn(letter_number=number)
        self._way.journal.asked = True
        return Delivered()

    async def _find(self, known: Accepted | None) -> Accepted | None:
        """A letter whose number we know cannot be doubled; its content may still be uncertain."""
        number = known.remote_id if known is not None else await self._there()
        return None if number is None else Accepted(self._key, LETTER, number, None, UNSETTLED)

    async def _there(self) -> str | None:
        visit = self._visit
        sep = visit.entered.sep_number if self._control else None
        day = visit.letter.planned_on.isoformat()
        return await holdings.letter(self._way, visit.card, day, "2" if self._control else "1", sep)

    async def _insert(self) -> str:
        path = f"{_ROOT}/insert" if self._control else f"{_ROOT}/InsertSPRI"
        value = await write(self._way, "POST", path, self._body(None), "surat kontrol")
        number = text_at(value, "noSuratKontrol") or text_at(value, "noSPRI")
        if number is None:
            raise Ended(Uncertain(Failure.UNREADABLE, self._way.rest))
        return number

    def _body(self, number: str | None) -> bodies.Body:
        make = bodies.control_letter if self._control else bodies.admission_letter
        return make(self._visit, number)

    async def _withdraw(self) -> Outcome:
        known = self._way.journal.known.get(self._key)
        number = known.remote_id if known is not None else (await self._there() if self._doubt else None)
        if number is not None:
            refusal = await delete(self._way, f"{_ROOT}/Delete", bodies.letter_delete(number))
            path = f"{_ROOT}/noSuratKontrol/{number}"
            if refusal is not None and await value_at(self._way, "GET RencanaKontrol", path) is not None:
                raise Ended(Rejected(complaints.refused(refusal, "penghapusan surat kontrol")))
            self._way.journal.forget(self._key, LETTER)
            self._way.journal.learn(letter_number=None)
        self._way.journal.asked = True
        return Delivered()
