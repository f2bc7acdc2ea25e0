"""What all resources of one order share, and the keys they go by."""

from typing import Final

from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot, Result, Specimen
from workers.satusehat.facts import Known, MappingError
from workers.satusehat.mapping.frame import Frame, encounter_key
from workers.satusehat.mapping.resource import Body

OWNED: Final = ("diagnostic-report", "observation", "specimen", "service-request")
"""The kinds of local keys an order owns, last to first: what refers to others goes before them."""


def request_key(item: Item) -> str:
    """The local key of an item's ServiceRequest."""
    return f"service-request/{item.id}"


def specimen_key(specimen: Specimen) -> str:
    """The local key of a Specimen."""
    return f"specimen/{specimen.id}"


def observation_key(result: Result) -> str:
    """The local key of a result; it stays the same through every correction."""
    return f"observation/{result.id}"


def report_key(item: Item) -> str:
    """The local key of an item's DiagnosticReport."""
    return f"diagnostic-report/{item.id}"


def study_key(item: Item) -> str:
    """The local key of the ImagingStudy that the DICOM router made of an item's images."""
    return f"imaging-study/{item.id}"


def order_frame(snapshot: OrderSnapshot, known: Known) -> Frame:
    """Who sends, whose it is, of which visit; raises MappingError when one of them has no number.

    The Encounter goes by its number: it is another delivery's resource.
    """
    organization_id = snapshot.clinic.organization_id
    patient = known.get(f"patient/{snapshot.patient.id}")
    encounter = known.get(encounter_key(snapshot))
    missing = {
        "clinic.organization_id": organization_id,
        "patient.id": patient,
        "visit.id": encounter,
    }
    if not organization_id or patient is None or encounter is None:
        raise MappingError([path for path, found in missing.items() if not found])
    return Frame(
        organization_id, _numbered("Patient", patient.remote_id), _numbered("Encounter", encounter.remote_id), known
    )


def _numbered(type_: str, remote_id: str) -> Body:
    return {"reference": f"{type_}/{remote_id}"}


def study(item: Item, known: Known) -> list[Body] | None:
    """A list of the item's ImagingStudy; None while SatuSehat has none."""
    held = known.get(study_key(item))
    return None if held is None else [_numbered("ImagingStudy", held.remote_id)]
