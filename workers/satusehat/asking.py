"""Ends a doubt: asks SatuSehat what it holds of a visit, adopts what is there, forgets what is not."""

from workers.outcome import Accepted
from workers.satusehat import holdings
from workers.satusehat.exchange import Way
from workers.satusehat.mapping import ADOPTED, content_hash, resources
from workers.satusehat.snapshot import VisitSnapshot


async def ask(snapshot: VisitSnapshot, way: Way) -> None:
    """Bring ``known`` in line with what SatuSehat really holds; raises Ended when it cannot be asked."""
    wanted = resources(snapshot, way.journal.known)
    patient = way.journal.known.get(f"patient/{snapshot.patient.id}")
    held = await holdings.of_visit(wanted, patient.remote_id if patient else "", way)
    way.journal.asked = True
    found = {resource.key: holdings.matching(resource, held) for resource in wanted}
    for resource in wanted:
        there = found[resource.key]
        if there is None:
            way.journal.forget(resource.key, resource.type)
        else:
            way.journal.accept(Accepted(resource.key, resource.type, there.id, there.version, ADOPTED))
    # Only now can references be told: whether the content is the same depends on all of the ids.
    for resource in wanted:
        there = found[resource.key]
        if there is not None and holdings.same_content(resource, there, way.journal.known):
            hash_ = content_hash(resource.body)
            way.journal.accept(Accepted(resource.key, resource.type, there.id, there.version, hash_))
