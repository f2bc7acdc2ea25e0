"""Drives one visit through P-Care: pendaftaran → kunjungan → tindakan → obat, each skipped when it is held.

P-Care has no idempotency key. So before a kunjungan is sent the member's history is read, after any doubt
the list of the day too; what a clerk typed in meanwhile is linked, not repeated.
"""

from typing import Any

from workers.bpjs.asking import rows_at
from workers.bpjs.content import UNSETTLED, content_hash, identifier
from workers.bpjs.exchange import Said, Way, exchange, opened
from workers.bpjs.pcare import bodies, checks, complaints, holdings, parts
from workers.bpjs.pcare.dates import dashed
from workers.bpjs.pcare.snapshot import PcareVisit
from workers.bpjs.reply import Duplicate, Good, Nothing, Refused
from workers.ending import Ended
from workers.outcome import Accepted, Blocked, Delivered, Failure, Outcome, Rejected, Uncertain

REGISTRATION, ENCOUNTER = "pendaftaran", "kunjungan"
Place = tuple[str, str, str]


class PcareRoute:
    """One visit's way through P-Care."""

    def __init__(self, visit: PcareVisit, way: Way, visit_path: str, *, doubt: bool) -> None:
        """``doubt``: an earlier attempt may have been accepted, so P-Care is asked before anything is sent."""
        self._visit = visit
        self._way = way
        self._path = visit_path
        self._registration = f"pcare-registration/{visit.subject_id}"
        self._encounter = f"pcare-encounter/{visit.subject_id}"
        # A place we sent to, and never heard of: the doubt is as old as that.
        unheard = self._sent_to() is not None and self._registration not in way.journal.known
        self._doubt = doubt or unheard

    async def carry(self) -> Outcome:
        """Bring P-Care in line with the visit; raises Ended when that cannot go on."""
        if not self._visit.wanted:
            return await self._withdraw()
        if problems := checks.problems(self._visit):
            return Blocked(problems)
        place = self._visit.place
        if (was := self._sent_to()) is not None and was != place:
            await self._take_back(was)  # card, day or poli was corrected: it is another registration
        try:
            await self._bring(place)
        except Ended as ended:
            if not isinstance(ended.outcome, Rejected) or self._doubt or not await self._vanished(place):
                raise
            self._doubt = True  # somebody deleted there what we know of: it is told anew
            await self._bring(place)
        self._way.journal.asked = True
        return Delivered()

    async def _bring(self, place: Place) -> None:
        await self._register(place)
        if self._visit.finished:
            number = await self._tell(place)
            for kind in (parts.PROCEDURES, parts.DRUGS):
                await parts.align(kind, self._visit, number, self._way, doubt=self._doubt)

    async def _vanished(self, place: Place) -> bool:
        """Whether P-Care no longer holds what it once took: then a refusal is about that, not about the content."""
        known = self._way.journal.known
        return (self._registration in known and await holdings.registration(self._way, place) is None) or (
            self._encounter in known and await holdings.encounter(self._way, place) is None
        )

    # Pendaftaran

    def _sent_to(self) -> Place | None:
        """Where P-Care holds a registration, or may hold one since an answer was lost."""
        held = self._visit.held
        if held is None or held.registered_on is None:
            return None
        return held.card_number or "", dashed(held.registered_on), held.poli_code or ""

    async def _register(self, place: Place) -> None:
        if self._registration in self._way.journal.known and not self._doubt:
            return
        body = bodies.registration(self._visit)
        number = await holdings.registration(self._way, place) if self._doubt else None
        if number is None:
            self._way.journal.forget(self._registration, REGISTRATION)
            number = await self._send_noted(body, place)
        self._way.journal.accept(Accepted(self._registration, REGISTRATION, number, None, content_hash(body)))
        self._note(place)
        self._way.journal.learn(queue_number=number)

    def _note(self, place: Place) -> None:
        card, _, poli = place
        self._way.journal.learn(card_number=card, registered_on=self._visit.day.isoformat(), poli_code=poli)

    def _note_nowhere(self) -> None:
        self._way.journal.learn(card_number=None, registered_on=None, poli_code=None, queue_number=None)

    async def _send_noted(self, body: bodies.Body, place: Place) -> str:
        """A lost answer leaves behind where to look, should card, day or poli be corrected meanwhile."""
        try:
            return await self._send_registration(body, place)
        except Ended as ended:
            if isinstance(ended.outcome, Uncertain):
                self._note(place)
            elif isinstance(ended.outcome, Rejected):
                self._note_nowhere()
            raise

    async def _send_registration(self, body: bodies.Body, place: Place) -> str:
        reply = await exchange(self._way, "POST pendaftaran", "POST", "pendaftaran", body)
        if isinstance(reply, Duplicate):  # somebody was faster, or our own answer was lost
            number = await holdings.registration(self._way, place)
        else:
            number = identifier(self._good(reply), "noUrut")
        if number is None:
            raise Ended(Uncertain(Failure.UNREADABLE, self._way.rest))
        return number

    # Kunjungan

    async def _tell(self, place: Place) -> str:
        known = self._way.journal.known.get(self._encounter)
        if known is None or self._doubt:
            known = await self._find(place)
        number = None if known is None else known.remote_id
        body = bodies.encounter(self._visit, number)
        if known is None:
            await self._check_specialist()
            number = await self._send_encounter(body)
        elif known.content_hash != self._hash(body):
            await self._check_specialist()
            self._good(await exchange(self._way, f"PUT {ENCOUNTER}", "PUT", self._path, body))
        if number is None:
            raise Ended(Uncertain(Failure.UNREADABLE, self._way.rest))
        self._way.journal.accept(Accepted(self._encounter, ENCOUNTER, number, None, self._hash(body)))
        referral = number if self._visit.referral is not None else None
        self._way.journal.learn(visit_number=number, referral_number=referral)
        return number

    async def _find(self, place: Place) -> Accepted | None:
        """The kunjungan there. After a doubt of ours its content is not certain, so it is edited once more;
        without one a clerk typed it in: it is linked as it stands, until something changes here."""
        there = await holdings.encounter(self._way, place)
        if there is None:
            self._way.journal.forget(self._encounter, ENCOUNTER)
            return None
        if self._doubt:
            ours = Accepted(self._encounter, ENCOUNTER, there.number, None, UNSETTLED)
            self._way.journal.accept(ours)  # also when the edit is refused: it is not somebody else's
            return ours
        self._way.journal.learn(linked=True)
        hash_ = self._hash(bodies.encounter(self._visit, there.number))
        return Accepted(self._encounter, ENCOUNTER, there.number, None, hash_)

    @staticmethod
    def _hash(body: bodies.Body) -> str:
        return content_hash(body | {"noKunjungan": None})

    async def _send_encounter(self, body: bodies.Body) -> str | None:
        reply = await exchange(self._way, f"POST {ENCOUNTER}", "POST", self._path, body)
        return identifier(self._good(reply), "noKunjungan")

    async def _check_specialist(self) -> None:
        """A referral of a diagnosis that needs no specialist must say why; BPJS's list tells which those are."""
        if self._visit.referral is None or (problem := checks.specialist_needless(self._visit)) is None:
            return
        code = self._visit.diagnoses[0].code
        rows = await rows_at(self._way, "GET diagnosa", f"diagnosa/{code}/0/20")
        if any(row.get("kdDiag") == code and row.get("nonSpesialis") is True for row in rows):
            raise Ended(Blocked((problem,)))

    # Taking back

    async def _withdraw(self) -> Outcome:
        """The visit was cancelled, or somebody else pays: P-Care is to hold nothing of it."""
        place = self._sent_to()
        if place is None and self._doubt and all(self._visit.place):
            place = self._visit.place  # it may have been accepted without our knowing
        if place is not None:
            await self._take_back(place)
        self._way.journal.asked = True
        return Delivered()

    async def _take_back(self, place: Place) -> None:
        journal = self._way.journal
        known = journal.known.get(self._encounter)
        if known is None and self._doubt and (there := await holdings.encounter(self._way, place)) is not None:
            known = Accepted(self._encounter, ENCOUNTER, there.number, None, "")
        if known is not None:
            await self._remove_encounter(place, known.remote_id)
            for key in [k for k in journal.known if k.startswith(("pcare-procedure/", "pcare-drug/"))]:
                journal.forget(key, "")
            journal.forget(self._encounter, ENCOUNTER)
        await self._unregister(place)
        journal.forget(self._registration, REGISTRATION)
        self._note_nowhere()
        journal.learn(visit_number=None, referral_number=None, linked=False)

    async def _unregister(self, place: Place) -> None:
        """Deleting a kunjungan may take its registration along, so P-Care is asked what is left."""
        number = await holdings.registration(self._way, place)
        if number is None:
            return
        card, day, poli = place
        path = f"pendaftaran/peserta/{card}/tglDaftar/{day}/noUrut/{number}/kdPoli/{poli}"
        reply = await exchange(self._way, "DELETE pendaftaran", "DELETE", path)
        if isinstance(reply, Refused) and await holdings.registration(self._way, place) is None:
            return
        self._gone(reply)

    async def _remove_encounter(self, place: Place, number: str) -> None:
        """A refusal may mean that it is gone already: an answer was lost, or a clerk was faster."""
        reply = await exchange(self._way, f"DELETE {ENCOUNTER}", "DELETE", f"kunjungan/{number}")
        if isinstance(reply, Refused):
            there = await holdings.encounter(self._way, place)
            if there is None or there.number != number:
                return
            for kind in (parts.PROCEDURES, parts.DRUGS):  # it may not go while anything hangs on it
                await parts.clear(kind, self._visit, number, self._way)
            reply = await exchange(self._way, f"DELETE {ENCOUNTER}", "DELETE", f"kunjungan/{number}")
        self._gone(reply)

    def _gone(self, reply: Said) -> None:
        if not isinstance(reply, Nothing):
            self._good(reply)

    def _good(self, reply: Said) -> Any:
        if isinstance(reply, Good):
            return opened(self._way, reply, writes=True)
        if isinstance(reply, Refused):
            raise Ended(Rejected(complaints.refused(reply, self._visit)))
        raise Ended(Uncertain(Failure.UNREADABLE, self._way.rest))
