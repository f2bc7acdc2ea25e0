"""What the ministry would refuse of an order, found before anything is sent.

Every problem names its rule, who can mend it, in which column, and what it waits for.
"""

from workers.outcome import Problem
from workers.satusehat.diagnostics.preflight import content, people, times
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.facts import Known


def check(snapshot: OrderSnapshot, known: Known) -> tuple[Problem, ...]:
    """All problems of an order, each once: people, visit, what was asked, taken and found, times.

    Identities are looked up before this: whoever is not in ``known`` counts as not found. Of an order
    that was taken back only the sender matters. The future is judged by ``snapshot.as_of``.
    """
    found = list(people.sender(snapshot))
    if not snapshot.taken_back:
        found += people.people(snapshot, known)
        found += people.visit(snapshot, known)
        found += content.check(snapshot)
        found += times.check(snapshot)
    return tuple(dict.fromkeys(found))
