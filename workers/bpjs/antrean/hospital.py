"""A hospital's queue: add → updatewaktu, task by task → batal (reference bpjs 6.3).

Antrean RS names an entry by our own booking code and can be asked: the booking after a doubt, and its tasks
whenever we cannot be sure to know them all.
"""

from collections.abc import Iterable

from workers.bpjs.antrean import bodies, complaints, entering, tasks
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.antrean.tasks import Task
from workers.bpjs.asking import rows_at
from workers.bpjs.content import content_hash
from workers.bpjs.exchange import Said, Way, exchange, opened
from workers.bpjs.reply import Good
from workers.ending import Ended
from workers.outcome import Accepted, Delivered, Failure, Outcome, Postponed, Rejected


class HospitalRoute:
    """One place's way through Antrean RS."""

    def __init__(self, queue: Queue, way: Way, *, doubt: bool) -> None:
        self._queue = queue
        self._way = way
        self._unsure = doubt
        """Whether BPJS may hold tasks that we do not know of."""
        self._just_entered = False
        self._task_key = f"queue-task/{queue.subject_id}"

    async def carry(self) -> Outcome:
        """Bring Antrean RS in line with the queue; raises Ended when that cannot go on."""
        booked = self._known or (self._unsure and await self._booked())
        if self._queue.cancelled:
            if booked:
                await self._withdraw()
        else:
            if not self._known:
                await self._enter(booked=booked)
            await self._advance(tasks.happened(self._queue))
        self._way.journal.asked = True
        return Delivered()

    @property
    def _known(self) -> bool:
        return entering.key(self._queue) in self._way.journal.known

    async def _booked(self) -> bool:
        path = f"antrean/pendaftaran/kodebooking/{self._queue.entry.booking_code}"
        return bool(await rows_at(self._way, "GET antrean/pendaftaran", path))

    async def _enter(self, *, booked: bool) -> None:
        body = {"kodebooking": self._queue.entry.booking_code}
        if not booked:
            entering.ensure_tellable(self._queue)
            body = bodies.add_at_hospital(self._queue)
            said = await exchange(self._way, "POST antrean/add", "POST", "antrean/add", body)
            if complaints.held(said):
                self._unsure = True
            else:
                self._must(said)
                self._just_entered = True
        entering.told(self._queue, self._way, body)

    async def _advance(self, wanted: Iterable[Task]) -> None:
        """Send what BPJS lacks; it is asked again, once, when it knows more than we thought."""
        for one in tasks.remaining(wanted, await self._held()):
            said = await self._update(one)
            if complaints.further(said):
                return await self._catch_up(wanted)
            if complaints.unknown(said) and not self._just_entered:
                entering.untold(self._queue, self._way)  # gone there: it is added again next time
                raise Ended(Postponed(Failure.UNREADABLE, self._way.rest))
            self._must(said, one)
        return None

    async def _catch_up(self, wanted: Iterable[Task]) -> None:
        self._unsure = True
        for one in tasks.remaining(wanted, await self._held()):
            self._must(await self._update(one), one)

    async def _held(self) -> dict[int, int]:
        """The tasks BPJS holds: as we remember them, or as it lists them where we cannot be sure."""
        if self._unsure:
            self._unsure = False
            for number, moment in (await self._listed()).items():
                self._remember(Task(number, moment))
        prefix = f"{self._task_key}/"
        known = [(key, one) for key, one in self._way.journal.known.items() if key.startswith(prefix)]
        return {int(key.removeprefix(prefix)): int(one.remote_id) for key, one in known}

    async def _listed(self) -> dict[int, int]:
        body = {"kodebooking": self._queue.entry.booking_code}
        said = await exchange(self._way, "POST antrean/getlisttask", "POST", "antrean/getlisttask", body)
        return tasks.listed(opened(self._way, said, writes=True)) if isinstance(said, Good) else {}

    async def _update(self, one: Task) -> Said:
        body = bodies.task(self._queue, one.number, one.moment)
        return await exchange(self._way, f"POST antrean/updatewaktu {one.number}", "POST", "antrean/updatewaktu", body)

    def _remember(self, one: Task) -> None:
        body = bodies.task(self._queue, one.number, one.moment)
        key = f"{self._task_key}/{one.number}"
        self._way.journal.accept(Accepted(key, entering.TYPE, str(one.moment), None, content_hash(body)))

    async def _withdraw(self) -> None:
        held = await self._held()
        gone = max(held, default=0) < tasks.SERVED and await self._cancelled()
        if not gone and tasks.CANCELLED not in held:
            moment = self._queue.entry.cancelled_at or self._queue.as_of
            await self._advance([Task(tasks.CANCELLED, bodies.milliseconds(moment))])
        entering.untold(self._queue, self._way)

    async def _cancelled(self) -> bool:
        body = bodies.cancel_at_hospital(self._queue)
        said = await exchange(self._way, "POST antrean/batal", "POST", "antrean/batal", body)
        if complaints.served(said):
            return False
        if not (complaints.unknown(said) or complaints.ended(said)):
            self._must(said)
        return True

    def _must(self, said: Said, done: Task | None = None) -> None:
        if not entering.good(said, self._way):
            raise Ended(Rejected(complaints.refused(said)))
        if done is not None:
            self._remember(done)
