"""What keeps an entry from being told at all, and how one that was told is remembered."""

from workers.bpjs.antrean import checks
from workers.bpjs.antrean.bodies import Body
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.content import content_hash
from workers.bpjs.exchange import Said, Way, opened
from workers.bpjs.reply import Good
from workers.ending import Ended
from workers.outcome import Accepted, Blocked, Exempt

TYPE = "antrean"
_TOO_LATE = (
    "Hari antrean sudah lewat sebelum BPJS dapat diberi tahu; BPJS tidak menerima antrean untuk hari yang lewat."
)
_SECOND = "Pasien sudah punya antrean di poli yang sama pada hari yang sama; BPJS menerima satu saja."


def ensure_tellable(queue: Queue) -> None:
    """Raise Ended unless BPJS would take the entry now."""
    if queue.over:
        raise Ended(Exempt(_TOO_LATE))
    if queue.earlier_same_day and queue.clinic.capability == "fktp":
        raise Ended(Exempt(_SECOND))
    if problems := checks.problems(queue):
        raise Ended(Blocked(problems))


def key(queue: Queue) -> str:
    """Under which an entry that BPJS holds is known."""
    return f"queue/{queue.subject_id}"


def told(queue: Queue, way: Way, body: Body) -> None:
    """BPJS holds the entry now, under this card and poli."""
    way.journal.accept(Accepted(key(queue), TYPE, queue.entry.booking_code, None, content_hash(body)))
    way.journal.learn(told_card_number=queue.card, told_poli_code=queue.poli.code)


def untold(queue: Queue, way: Way) -> None:
    """BPJS holds nothing of the entry any more."""
    for known in [one for one in way.journal.known if one.startswith("queue")]:
        way.journal.forget(known, TYPE)
    way.journal.learn(told_card_number=None, told_poli_code=None)


def good(said: Said, way: Way) -> bool:
    """Whether it was done; raises Ended when our key does not open the answer."""
    if isinstance(said, Good):
        opened(way, said, writes=True)
        return True
    return False
