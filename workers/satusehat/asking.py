"""Ends a doubt: asks SatuSehat what it holds of a visit, adopts what is there, forgets what is not."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from workers.outcome import Accepted
from workers.satusehat import holdings
from workers.satusehat.exchange import Way
from workers.satusehat.holdings import HeldResource
from workers.satusehat.mapping import ADOPTED, Resource, content_hash, resources
from workers.satusehat.mapping.encounter import encounter
from workers.satusehat.mapping.frame import frame
from workers.satusehat.snapshot import VisitSnapshot

_KINDS: Final = {
    "AllergyIntolerance": "allergy",
    "Composition": "composition",
    "Condition": "condition",
    "MedicationDispense": "medication-dispense",
    "MedicationRequest": "medication-request",
    "Observation": "observation",
    "Procedure": "procedure",
}


async def ask(snapshot: VisitSnapshot, way: Way) -> None:
    """Bring ``known`` in line with what SatuSehat really holds; raises Ended when it cannot be asked."""
    wanted = _wanted(snapshot, way)
    patient = way.journal.known.get(f"patient/{snapshot.patient.id}")
    held = await holdings.of_visit(wanted[0], set(_KINDS), patient.remote_id if patient else "", way)
    way.journal.asked = True
    found = adopt(wanted, held, way)
    for stray in _strays(snapshot, wanted, held, way):
        key = f"{_KINDS[stray.type]}/{stray.id}"
        way.journal.accept(Accepted(key, stray.type, stray.id, stray.version, ADOPTED))
    recognise(wanted, found, way)


def adopt(wanted: Iterable[Resource], held: list[HeldResource], way: Way) -> dict[str, HeldResource]:
    """Take over the ids of what is there, forget what is not; answers what is there by key."""
    found = {}
    for resource in wanted:
        there = holdings.matching(resource, held)
        if there is None:
            way.journal.forget(resource.key, resource.type)
        else:
            found[resource.key] = there
            way.journal.accept(Accepted(resource.key, resource.type, there.id, there.version, ADOPTED))
    return found


def recognise(wanted: Iterable[Resource], found: Mapping[str, HeldResource], way: Way) -> None:
    """Tell which content is the same already: only once all ids are known, for references depend on them."""
    for resource in wanted:
        there = found.get(resource.key)
        if there is not None and holdings.same_content(resource, there, way.journal.known):
            hash_ = content_hash(resource.body)
            way.journal.accept(Accepted(resource.key, resource.type, there.id, there.version, hash_))


def _wanted(snapshot: VisitSnapshot, way: Way) -> tuple[Resource, ...]:
    """The Encounter and what belongs to it; of a cancelled visit nothing else is to stay."""
    known = way.journal.known
    if snapshot.visit.status == "cancelled":
        return (encounter(snapshot, frame(snapshot, known)),)
    return resources(snapshot, known)


def _strays(
    snapshot: VisitSnapshot, wanted: Iterable[Resource], held: list[HeldResource], way: Way
) -> Iterator[HeldResource]:
    """What we sent and do not want any more, such as a measure taken out during the doubt: the plan retracts it.

    Only what bears the id of a row of this visit: others may write about the same Encounter. A second
    copy of what is wanted is none either: that is a difference for a person to judge.
    """
    names = [(resource.type, holdings.identifiers(resource.body)) for resource in wanted]
    ids = {(entry.type, entry.remote_id) for entry in way.journal.known.values()}
    rows = tuple(_rows(snapshot))
    for one in held:
        ours = one.type in _KINDS and any(n.partition("|")[2].startswith(rows) for n in one.identifiers)
        twice = any(one.type == type_ and name <= one.identifiers for type_, name in names)
        if ours and not twice and (one.type, one.id) not in ids and not holdings.retracted(one):
            yield one


def _rows(snapshot: VisitSnapshot) -> Iterator[str]:
    """The ids of all rows of the visit that make resources, voided ones too."""
    yield snapshot.visit.id
    yield from snapshot.voided
    yield from (row.id for row in snapshot.diagnoses)
    yield from (row.id for row in snapshot.vital_signs)
    yield from (row.id for row in snapshot.procedures)
    yield from (row.id for row in snapshot.allergies)
    for item in (item for sheet in snapshot.prescriptions for item in sheet.items):
        yield item.id
        yield from (given.id for given in item.dispenses)
