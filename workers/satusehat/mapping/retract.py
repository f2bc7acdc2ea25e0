"""Taking back what was sent and is not true: nothing is ever deleted at SatuSehat, only marked."""

from typing import Any, Final

from workers.satusehat.facts import MappingError
from workers.satusehat.mapping.resource import HL7, Body, concept

RETRACTED: Final = "entered-in-error"
"""The content hash to remember a retracted resource by; a row that comes back is then an update."""

ADOPTED: Final = "adopted"
"""The content hash of a resource found there under our identifier, of unknown content."""

READ: Final = "read"
"""The content hash of what SatuSehat makes itself, such as an ImagingStudy: referred to, never written."""

_BY_STATUS: Final = frozenset(
    [
        "Encounter",
        "Observation",
        "Procedure",
        "MedicationRequest",
        "MedicationDispense",
        "Composition",
        "ServiceRequest",
        "Specimen",
        "DiagnosticReport",
    ]
)
_BY_VERIFICATION: Final = {
    "Condition": f"{HL7}/condition-ver-status",
    "AllergyIntolerance": f"{HL7}/allergyintolerance-verification",
}
_CREATOR: Final = "http://sys-ids.kemkes.go.id/creator"


def _ours(identifier: Any) -> Any:
    """Our identifiers without the one the server puts beside them; None when nothing is left."""
    if isinstance(identifier, list):
        return [one for one in identifier if _ours(one)] or None
    if not isinstance(identifier, dict) or identifier.get("system") == _CREATOR:
        return None
    return identifier or None


def own(body: Body) -> Body:
    """A resource as we would send it: without what the server adds (meta, creator, empty lists)."""
    kept = {name: value for name, value in body.items() if name not in ("meta", "text")}
    kept["identifier"] = _ours(body.get("identifier"))
    return {name: value for name, value in kept.items() if value not in (None, [], {})}


def retract(resource_type: str, body_held: Body) -> Body:
    """The ``entered-in-error`` form of what SatuSehat holds, keeping its id for the PUT.

    A Condition or allergy in error must not have a clinical status (FHIR con-5, ait-2). Raises
    MappingError for a type that cannot be taken back or a body of another type.
    """
    if body_held.get("resourceType") != resource_type:
        raise MappingError(["resourceType"])
    body = own(body_held)
    if resource_type in _BY_STATUS:
        return {**body, "status": RETRACTED}
    if resource_type not in _BY_VERIFICATION:
        raise MappingError(["resourceType"])
    system = _BY_VERIFICATION[resource_type]
    body.pop("clinicalStatus", None)
    return {**body, "verificationStatus": concept(system, RETRACTED, "Entered in Error")}
