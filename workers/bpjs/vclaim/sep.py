"""Drives one visit's SEP: referral looked up, inserted once, updated, left, deleted (reference bpjs 5.2).

Before an insert the member's history is read: what was typed into VClaim's own pages, or accepted with its
answer lost, is adopted and not made twice.
"""

from typing import Any

from workers.bpjs.asking import value_at
from workers.bpjs.content import UNSETTLED, content_hash
from workers.bpjs.exchange import Way
from workers.bpjs.vclaim import bodies, checks, complaints, holdings
from workers.bpjs.vclaim.holdings import text_at
from workers.bpjs.vclaim.snapshot import INPATIENT, SepVisit
from workers.bpjs.vclaim.writing import delete, write
from workers.ending import Ended
from workers.outcome import Accepted, Blocked, Delivered, Failure, Outcome, Problem, Rejected, Role, Uncertain

SEP, LEAVING = "sep", "sep-leaving"


class SepRoute:
    """One visit's way to its SEP."""

    def __init__(self, visit: SepVisit, way: Way, *, doubt: bool) -> None:
        """``doubt``: an earlier attempt may have been accepted, so VClaim is asked before anything is sent."""
        self._visit = visit
        self._way = way
        self._doubt = doubt
        self._key = f"{SEP}/{visit.subject_id}"
        self._leaving = f"{LEAVING}/{visit.subject_id}"

    async def carry(self) -> Outcome:
        """Bring VClaim in line with the visit; raises Ended when that cannot go on."""
        if not self._visit.wanted:
            return await self._withdraw()
        if problems := checks.before_referral(self._visit):
            return Blocked(problems)
        if self._is_another() and (blocked := await self._take_back()) is not None:
            return blocked
        number = await self._align()
        await self._leave(number)
        self._way.journal.asked = True
        return Delivered()

    def _is_another(self) -> bool:
        """Card, day or kind of service was corrected, or the referral: VClaim cannot change those of a SEP."""
        was, visit = self._visit.entered, self._visit
        if self._key not in self._way.journal.known or was.sep_number is None:
            return False
        told = (was.card_number, was.sep_on, was.service_type)
        now = (visit.card, visit.day, visit.service_type)
        return told != now or bool(was.found_number and was.referral_number not in (None, "", was.found_number))

    async def _align(self) -> str:
        known = self._way.journal.known.get(self._key)
        if known is None or self._doubt:
            known = await self._find()
        if self._visit.needs_referral and not self._visit.referral_known:
            await self._look_up()
        if known is None:
            return await self._insert()
        await self._update(known)
        return known.remote_id

    async def _find(self) -> Accepted | None:
        """After a doubt its content is not certain, so it is updated; without one somebody made it by hand."""
        number = await holdings.sep(self._way, self._visit)
        if number is None:
            self._way.journal.forget(self._key, SEP)
            return None
        hash_ = UNSETTLED if self._doubt else self._hash(number)
        if not self._doubt:
            self._way.journal.learn(linked=True)
        self._hold(number, hash_)
        return Accepted(self._key, SEP, number, None, hash_)

    async def _look_up(self) -> None:
        entered = self._visit.entered
        row = await holdings.referral(
            self._way, entered.referral_number, self._visit.card, entered.referral_level
        )  # fmt: skip
        number, day = text_at(row, "noKunjungan"), text_at(row, "tglKunjungan")
        if number is None or day is None:
            return
        found = {
            "found_number": number, "found_on": day,
            "found_facility_code": text_at(row, "provPerujuk", "kode"),
            "found_poli_code": text_at(row, "poliRujukan", "kode"), "found_diagnosis": text_at(row, "diagnosa", "kode"),
        }  # fmt: skip
        self._way.journal.learn(**found)
        sep = type(entered).model_validate(entered.model_dump() | found)
        self._visit = self._visit.model_copy(update={"sep": sep})

    async def _insert(self) -> str:
        visit = self._visit
        if visit.needs_referral and not visit.referral_known and not visit.entered.letter_number:
            raise Ended(Blocked((checks.no_referral(),)))
        if problems := checks.of_referral(visit):
            raise Ended(Blocked(problems))
        value = await write(self._way, "POST", "SEP/2.0/insert", bodies.sep(visit), "SEP")
        number = text_at(value, "sep", "noSep") or text_at(value, "noSep")
        if number is None:
            raise Ended(Uncertain(Failure.UNREADABLE, self._way.rest))
        self._hold(number, self._hash(number))
        return number

    async def _update(self, known: Accepted) -> None:
        hash_ = self._hash(known.remote_id)
        if known.content_hash == hash_:
            return
        if problems := checks.of_referral(self._visit):
            raise Ended(Blocked(problems))
        body = bodies.sep_update(self._visit, known.remote_id)
        await write(self._way, "PUT", "SEP/2.0/update", body, "SEP")
        self._hold(known.remote_id, hash_)

    async def _leave(self, number: str) -> None:
        visit = self._visit
        if visit.service_type != INPATIENT or visit.visit.status != "finished":
            return
        body = bodies.leaving(visit, number)
        known = self._way.journal.known.get(self._leaving)
        if known is None or known.content_hash != content_hash(body):  # told twice it is the same day again
            await write(self._way, "PUT", "SEP/2.0/updtglplg", body, "tanggal pulang")
            self._way.journal.accept(Accepted(self._leaving, LEAVING, number, None, content_hash(body)))

    def _hold(self, number: str, hash_: str) -> None:
        self._way.journal.accept(Accepted(self._key, SEP, number, None, hash_))
        self._way.journal.learn(
            sep_number=number, sep_on=self._visit.day.isoformat(), card_number=self._visit.card,
            service_type=self._visit.service_type,
        )  # fmt: skip

    def _hash(self, number: str) -> str:
        return content_hash(bodies.sep_update(self._visit, number))

    # Taking back

    async def _withdraw(self) -> Outcome:
        """The visit was cancelled, or somebody else pays: VClaim is to hold nothing of it."""
        blocked = await self._take_back()
        self._way.journal.asked = True
        return blocked or Delivered()

    async def _take_back(self) -> Blocked | None:
        number = await self._there()
        if number is None:
            return None
        if (claim := self._visit.claim_held) is not None:
            return Blocked((_claimed() if self._visit.wanted else _claim_first(claim),))
        refusal = await delete(self._way, "SEP/2.0/delete", bodies.sep_delete(number))
        if refusal is not None and await value_at(self._way, "GET SEP", f"SEP/{number}") is not None:
            raise Ended(Rejected(complaints.refused(refusal, "penghapusan SEP")))
        gone: dict[str, Any] = dict.fromkeys(("sep_number", "sep_on", "card_number", "service_type"))
        self._way.journal.forget(self._key, SEP)
        self._way.journal.forget(self._leaving, LEAVING)
        self._way.journal.learn(**gone, linked=False)
        return None

    async def _there(self) -> str | None:
        """The SEP as we know it; in doubt, as VClaim knows it."""
        known = self._way.journal.known.get(self._key)
        if known is not None:
            return known.remote_id
        return await holdings.sep(self._way, self._visit) if self._doubt and self._visit.card else None


def _claim_first(claim: str) -> Problem:
    return Problem(
        "SEP ini sudah dipakai klaim (LPK). SEP dihapus sendiri begitu LPK-nya terhapus.", Role.CASHIER,
        "claims.state", waits_for=f"claim/{claim}",
    )  # fmt: skip


def _claimed() -> Problem:
    return Problem(
        "SEP ini sudah dipakai klaim (LPK), sehingga kartu, tanggal, jenis pelayanan, dan rujukannya tidak dapat "
        "diganti. Kembalikan isiannya, atau batalkan kunjungan ini dan daftarkan ulang.", Role.CASHIER, "claims.state",
    )  # fmt: skip
