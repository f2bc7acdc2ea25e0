"""What all resources of one visit share: who sends, whose visit it is, how to name the others."""

from dataclasses import dataclass
from typing import Protocol

from workers.satusehat.facts import Known, MappingError
from workers.satusehat.mapping.resource import Body, refer
from workers.satusehat.snapshot import VisitSnapshot

_TYPES = {"patient": "Patient", "practitioner": "Practitioner", "location": "Location"}


def _master(known: Known, kind: str, row_id: str | None, path: str) -> Body:
    """A reference to master data by its own number.

    People and places go by number alone, without a display: names change, and a changed name must
    not send a visit again; nor does the name of a patient travel without need.
    """
    held = known.get(f"{kind}/{row_id}") if row_id else None
    if held is None:
        raise MappingError([path])
    return {"reference": f"{_TYPES[kind]}/{held.remote_id}"}


class _Row(Protocol):
    @property
    def id(self) -> str: ...


class HasVisit(Protocol):
    """A snapshot of a visit, or of something that belongs to one."""

    @property
    def visit(self) -> _Row:
        """The visit."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """Made once per visit by ``frame`` and handed to every mapping function."""

    organization_id: str
    patient: Body
    encounter: Body
    known: Known

    def practitioner(self, row_id: str | None, path: str) -> Body:
        """The health worker's reference; raises MappingError naming ``path`` when unknown."""
        return _master(self.known, "practitioner", row_id, path)

    def practitioner_if_named(self, row_id: str | None, path: str) -> Body | None:
        """As ``practitioner``, or None when the clinic names nobody."""
        return self.practitioner(row_id, path) if row_id else None

    def location(self, row_id: str | None, path: str) -> Body:
        """The room's reference; raises MappingError naming ``path`` when unknown."""
        return _master(self.known, "location", row_id, path)

    @property
    def organization(self) -> Body:
        """The facility that sends."""
        return {"reference": f"Organization/{self.organization_id}"}

    def identifier(self, kind: str, value: str) -> Body:
        """Our own identifier; its system carries the sender's organization id (rule 10117)."""
        return {
            "system": f"http://sys-ids.kemkes.go.id/{kind}/{self.organization_id}",
            "value": value,
        }

    def official(self, kind: str, value: str) -> Body:
        """The same, marked ``official`` as medicines and allergies want it (docs 3.7, 3.9)."""
        return {**self.identifier(kind, value), "use": "official"}


def encounter_key(snapshot: HasVisit) -> str:
    """The local key of the visit's Encounter."""
    return f"encounter/{snapshot.visit.id}"


def frame(snapshot: VisitSnapshot, known: Known) -> Frame:
    """What the visit's resources share; raises MappingError when the sender or patient is unknown."""
    organization_id = snapshot.clinic.organization_id
    if not organization_id:
        raise MappingError(["clinic.organization_id"])
    patient = _master(known, "patient", snapshot.patient.id, "patient.id")
    return Frame(organization_id, patient, refer(encounter_key(snapshot)), known)
