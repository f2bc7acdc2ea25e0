"""Sends a checked claim as LPK, changes it while BPJS may still look at it, takes it back (reference bpjs 5.3)."""

from typing import Final

from workers.bpjs.content import UNSETTLED, content_hash
from workers.bpjs.exchange import Way
from workers.bpjs.vclaim import bodies, complaints, holdings
from workers.bpjs.vclaim.snapshot import ClaimVisit, Found
from workers.bpjs.vclaim.writing import delete, write
from workers.bpjs.wording import quoted
from workers.ending import Ended
from workers.outcome import Accepted, Blocked, Delivered, Outcome, Problem, Rejected, Role

LPK: Final = "lpk"
DECIDED: Final = frozenset({"approved", "rejected", "paid"})


class ClaimRoute:
    """One claim's way to VClaim; its fate comes back through monitoring."""

    def __init__(self, visit: ClaimVisit, way: Way, *, doubt: bool) -> None:
        """``doubt``: an earlier attempt may have been accepted, so VClaim is asked before anything is sent."""
        self._visit = visit
        self._claim = visit.claim
        self._way = way
        self._doubt = doubt
        self._key = f"{LPK}/{visit.subject_id}"

    async def carry(self) -> Outcome:
        """Bring VClaim in line with the claim; raises Ended when that cannot go on."""
        if self._claim.state == "withdrawn" or not self._visit.wanted:
            return await self._withdraw()
        if self._claim.state in DECIDED:
            return Delivered()
        if problems := self._problems():
            return Blocked(problems)
        known = await self._held()
        hash_ = content_hash(bodies.lpk(self._visit))
        if known is None or known.content_hash != hash_ or self._claim.state == "checked":
            await self._send(known is None, hash_)
        elif self._claim.state == "pending":
            self._way.journal.asked = True
            return Rejected((_pending(self._claim.pending_reason),))
        self._way.journal.asked = True
        return Delivered()

    def _problems(self) -> tuple[Problem, ...]:
        found = tuple(_problem(one) for one in self._visit.problems)
        if found and self._claim.state == "pending":
            return (*found, _pending(self._claim.pending_reason))
        if not found and self._claim.state == "draft":
            return (_ready(),)
        return found

    async def _held(self) -> Accepted | None:
        known = self._way.journal.known.get(self._key)
        if known is not None and not self._doubt:
            return known
        if not await self._there():
            self._way.journal.forget(self._key, LPK)
            return None
        return Accepted(self._key, LPK, self._number, None, UNSETTLED)

    async def _there(self) -> bool:
        entered = self._visit.entered
        day, kind = entered.sep_on or self._visit.day, entered.service_type or self._visit.service_type
        return await holdings.lpk(self._way, self._number, day.isoformat(), kind)

    async def _send(self, is_new: bool, hash_: str) -> None:
        method, path = ("POST", "LPK/insert") if is_new else ("PUT", "LPK/update")
        await write(self._way, method, path, bodies.lpk(self._visit), "LPK")
        self._way.journal.accept(Accepted(self._key, LPK, self._number, None, hash_))
        self._way.journal.learn(lpk_held=True, sent=True)

    @property
    def _number(self) -> str:
        return self._visit.entered.sep_number or ""

    async def _withdraw(self) -> Outcome:
        """The visit was cancelled, or somebody else pays."""
        known = self._way.journal.known.get(self._key)
        number = known.remote_id if known is not None else self._number
        if known is not None or (self._doubt and number and await self._there()):
            await self._take_out(number)
            self._way.journal.forget(self._key, LPK)
        self._way.journal.learn(lpk_held=False, sent=False)  # also when there was none: the SEP may be waiting for it
        self._way.journal.asked = True
        return Delivered()

    async def _take_out(self, number: str) -> None:
        refusal = await delete(self._way, "LPK/delete", bodies.lpk_delete(number))
        if refusal is not None and await self._there():
            raise Ended(Rejected(complaints.refused(refusal, "penghapusan LPK")))


def _problem(found: Found) -> Problem:
    return Problem(found.reason, Role(found.role), found.field, f"claim:{found.rule}", found.waits_for)


def _ready() -> Problem:
    return Problem(
        "Klaim siap dikirim. Periksa isinya, lalu tekan Periksa Klaim.", Role.CASHIER, "claims.state", "claim:check"
    )


def _pending(reason: str | None) -> Problem:
    words = quoted(reason or "", "tanpa alasan")
    return Problem(
        f"BPJS menunda klaim: {words}. Perbaiki datanya, lalu periksa ulang klaim.", Role.CASHIER,
        "claims.pending_reason", "claim:pending",
    )  # fmt: skip
