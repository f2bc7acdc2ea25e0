"""What must be sent now: the visit, or another fact, as it should be, less what SatuSehat already holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from workers.outcome import Accepted
from workers.satusehat.facts import Known
from workers.satusehat.mapping.frame import encounter_key
from workers.satusehat.mapping.resource import Resource, content_hash
from workers.satusehat.mapping.retract import RETRACTED
from workers.satusehat.mapping.visit import cancelled, resources
from workers.satusehat.snapshot import VisitSnapshot

# The kinds of local keys a visit owns, last to first: what refers to others goes before them.
_OWNED: Final = (
    "composition",
    "medication-dispense",
    "medication-request",
    "allergy",
    "procedure",
    "observation",
    "condition",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Create, then update, then retract, each in order; ``first``: SatuSehat knows no such visit.

    ``retract`` names what is held and no longer true, by what is known of it.
    """

    first: bool
    create: tuple[Resource, ...]
    update: tuple[Resource, ...]
    retract: tuple[Accepted, ...]

    @property
    def empty(self) -> bool:
        """Whether SatuSehat already holds exactly this."""
        return not (self.create or self.update or self.retract)


def _stale(known: Known, wanted: frozenset[str], owned: Sequence[str]) -> tuple[Accepted, ...]:
    """What is held, ours by kind, not wanted any more and not yet retracted."""
    kinds = {kind: place for place, kind in enumerate(owned)}
    gone = [
        held
        for key, held in known.items()
        if key not in wanted and key.split("/")[0] in kinds and held.content_hash != RETRACTED
    ]
    return tuple(sorted(gone, key=lambda held: (kinds[held.key.split("/")[0]], held.key)))


def compare(wanted: Iterable[Resource], known: Known, owned: Sequence[str], *, first: bool) -> Plan:
    """Compare by content: unchanged is never sent again.

    ``owned`` names the kinds of local keys that are this fact's, what refers to others before them.
    """
    listed = tuple(wanted)
    return Plan(
        first=first,
        create=tuple(r for r in listed if r.key not in known),
        update=tuple(r for r in listed if r.key in known and known[r.key].content_hash != content_hash(r.body)),
        retract=_stale(known, frozenset(r.key for r in listed), owned),
    )


def plan(snapshot: VisitSnapshot, known: Known) -> Plan:
    """What a visit needs; raises MappingError as ``resources`` does."""
    desired = cancelled if snapshot.visit.status == "cancelled" else resources
    return compare(desired(snapshot, known), known, _OWNED, first=encounter_key(snapshot) not in known)
