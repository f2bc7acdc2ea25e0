"""A first-level clinic's queue: add → panggil → batal (reference bpjs 6.1).

Antrean FKTP answers no question about what it holds: the refusal of a second ``add`` is the answer. It names an
entry by card, poli and day, so of people without a card only their place is told; nobody could say whom a
``panggil`` or ``batal`` without a card means.
"""

from workers.bpjs.antrean import bodies, complaints, entering
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.content import content_hash
from workers.bpjs.exchange import Said, Way, exchange
from workers.ending import Ended
from workers.outcome import Accepted, Delivered, Outcome, Rejected

CALL = "antrean/panggil"
Place = tuple[str, str]


class ClinicRoute:
    """One place's way through Antrean FKTP."""

    def __init__(self, queue: Queue, way: Way, *, doubt: bool) -> None:
        self._queue = queue
        self._way = way
        self._doubt = doubt
        self._call_key = f"queue-call/{queue.subject_id}"
        self._just_entered = False

    async def carry(self) -> Outcome:
        """Bring Antrean FKTP in line with the queue; raises Ended when that cannot go on."""
        if self._queue.cancelled:
            await self._withdraw()
        elif not self._known:
            await self._enter()
            await self._call()
        else:
            await self._move()
            await self._call()
        self._way.journal.asked = True
        return Delivered()

    @property
    def _known(self) -> bool:
        return entering.key(self._queue) in self._way.journal.known

    @property
    def _place(self) -> Place:
        return self._queue.card, self._queue.poli.code or ""

    async def _enter(self) -> None:
        entering.ensure_tellable(self._queue)
        body = bodies.add_at_clinic(self._queue)
        said = await exchange(self._way, "POST antrean/add", "POST", "antrean/add", body)
        if not complaints.held(said):  # Mobile JKN, or an attempt whose answer was lost, was there before
            self._must(said)
        entering.told(self._queue, self._way, body)
        self._just_entered = True

    async def _move(self) -> None:
        """The payer or the poli's code was corrected: that is another entry, once it can be told."""
        if self._queue.told_place in (None, self._place) or self._queue.over:
            return
        entering.ensure_tellable(self._queue)
        await self._withdraw()
        await self._enter()

    async def _call(self) -> None:
        card, poli = self._place if self._just_entered else self._queue.told_place or self._place
        body = bodies.call_at_clinic(self._queue, card, poli)
        if not card or body is None or self._called(body):
            return
        said = await exchange(self._way, f"POST {CALL}", "POST", CALL, body)
        if complaints.unknown(said) and not self._just_entered:
            entering.untold(self._queue, self._way)
            await self._enter()
            await self._call()
        else:
            self._must(said)
            self._remember(body)

    def _remember(self, body: bodies.Body) -> None:
        status = str(body["status"])
        self._way.journal.accept(Accepted(self._call_key, entering.TYPE, status, None, content_hash(body)))

    def _called(self, body: bodies.Body) -> bool:
        known = self._way.journal.known.get(self._call_key)
        return known is not None and known.remote_id == str(body["status"]) and not self._doubt

    async def _withdraw(self) -> None:
        if not self._known and not self._doubt:
            return
        card, poli = self._queue.told_place or self._place
        if card and poli:
            body = bodies.cancel_at_clinic(self._queue, card, poli)
            said = await exchange(self._way, "POST antrean/batal", "POST", "antrean/batal", body)
            # Whoever was called already stays on BPJS's list as served; nothing can be taken back there.
            if not (complaints.unknown(said) or complaints.ended(said) or complaints.served(said)):
                self._must(said)
        entering.untold(self._queue, self._way)

    def _must(self, said: Said) -> None:
        if not entering.good(said, self._way):
            raise Ended(Rejected(complaints.refused(said)))
