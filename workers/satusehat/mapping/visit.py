"""The whole visit: every resource SatuSehat should hold for it, in the order they depend on each other."""

from workers.satusehat.facts import Known
from workers.satusehat.mapping.allergy import allergies
from workers.satusehat.mapping.composition import composition
from workers.satusehat.mapping.condition import conditions
from workers.satusehat.mapping.encounter import encounter
from workers.satusehat.mapping.frame import encounter_key, frame
from workers.satusehat.mapping.medication_dispense import dispenses
from workers.satusehat.mapping.medication_request import requests
from workers.satusehat.mapping.observation import observations
from workers.satusehat.mapping.procedure import procedures
from workers.satusehat.mapping.resource import Resource
from workers.satusehat.snapshot import VisitSnapshot


def resources(snapshot: VisitSnapshot, known: Known) -> tuple[Resource, ...]:
    """Map a visit that took place or is taking place; raises MappingError naming what is missing."""
    shared = frame(snapshot, known)
    facts = (
        encounter(snapshot, shared),
        *conditions(snapshot, shared),
        *observations(snapshot, shared),
        *procedures(snapshot, shared),
        *allergies(snapshot, shared),
        *requests(snapshot, shared),
        *dispenses(snapshot, shared),
    )
    return (*facts, *composition(snapshot, shared, facts))


def cancelled(snapshot: VisitSnapshot, known: Known) -> tuple[Resource, ...]:
    """What SatuSehat should hold of a cancelled visit: nothing, or the Encounter as ``cancelled``.

    A visit never sent stays unsent. One already held keeps its number and its whole status history,
    ending in ``cancelled``, without diagnoses, length or disposition; what was recorded in it is
    retracted by the plan, for the clinic says the visit did not take place.
    """
    if encounter_key(snapshot) not in known:
        return ()
    return (encounter(snapshot, frame(snapshot, known)),)
