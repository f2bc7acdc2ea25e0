"""FHIR's own shape, checked before anything is sent; what was built is what goes out."""

from functools import cache
from importlib import import_module
from typing import Any, Final

from pydantic import ValidationError

from workers.satusehat.mapping.resource import Body
from workers.satusehat.snapshot import MappingError

_TYPES: Final = frozenset(
    [
        "Encounter",
        "Condition",
        "Observation",
        "Procedure",
        "AllergyIntolerance",
        "MedicationRequest",
        "MedicationDispense",
        "Composition",
        "Location",
        "Bundle",
    ]
)


@cache
def _model(resource_type: str) -> Any:
    """The R4B model of a type, imported when first needed: the whole package takes seconds."""
    module = import_module(f"fhir.resources.R4B.{resource_type.lower()}")
    return getattr(module, resource_type)


def _steps(resource_type: str, location: tuple[int | str, ...]) -> str:
    return ".".join([resource_type, *(str(step) for step in location)])


def validate(body: Body) -> None:
    """Check one resource against FHIR R4B; raises MappingError with the paths that are wrong.

    It knows shapes and mandatory elements, not code systems: those are the preflight's.
    """
    resource_type = body.get("resourceType")
    if resource_type not in _TYPES:
        raise MappingError(["resourceType"])
    try:
        _model(resource_type).model_validate(body)
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        paths = [_steps(resource_type, error["loc"]) for error in errors]
    else:
        return
    raise MappingError(paths)
