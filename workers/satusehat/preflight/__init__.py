"""What the ministry would refuse, found before anything is sent.

Every problem names its rule, who can mend it, in which column, and what it waits for.
"""

from workers.outcome import Problem
from workers.satusehat.facts import Known
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.preflight import clinical, people, pharmacy, times
from workers.satusehat.snapshot import VisitSnapshot


def check(snapshot: VisitSnapshot, known: Known) -> tuple[Problem, ...]:
    """All problems of a visit, each once, in the order a clinic works: people, times, care, pharmacy.

    Identities are looked up before this: whoever is not in ``known`` counts as not found. A cancelled
    visit is checked for what its Encounter needs, and not at all when SatuSehat never heard of it.
    The future is judged by ``snapshot.as_of``; without it only the ministry can tell.
    """
    cancelled = snapshot.visit.status == "cancelled"
    if cancelled and encounter_key(snapshot) not in known:
        return ()
    found = [*people.sender(snapshot), *people.encounter(snapshot, known), *times.visit(snapshot)]
    if not cancelled:
        found += people.carers(snapshot, known)
        found += times.care(snapshot)
        found += clinical.check(snapshot)
        found += pharmacy.check(snapshot)
    return tuple(dict.fromkeys(found))
