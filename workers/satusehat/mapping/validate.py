"""FHIR's own shape, checked before anything is sent; what was built is what goes out.

Codes and references repeat within a visit and from visit to visit, and are most of the work: each
distinct one is checked once and remembered as the model it gave, which saves a good third of the time.
"""

from functools import cache, lru_cache
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
_CODING: Final = frozenset(["system", "code", "display"])
_CONCEPT: Final = frozenset(["coding", "text"])
_REFERENCE: Final = frozenset(["reference", "display"])

Pairs = tuple[tuple[str, str], ...]


@cache
def _model(name: str) -> Any:
    """The R4B model of a type, imported when first needed: the whole package takes seconds."""
    module = import_module(f"fhir.resources.R4B.{name.lower()}")
    return getattr(module, name)


@lru_cache(maxsize=4096)
def _concept(codings: tuple[Pairs, ...], text: str | None) -> Any:
    body: Body = {"coding": [dict(pairs) for pairs in codings]}
    return _model("CodeableConcept").model_validate(body if text is None else {**body, "text": text})


@lru_cache(maxsize=4096)
def _reference(pairs: Pairs) -> Any:
    return _model("Reference").model_validate(dict(pairs))


def _pairs(value: Any, allowed: frozenset[str]) -> Pairs:
    """The members of a plain object of words; raises TypeError for anything richer."""
    if not isinstance(value, dict) or not value.keys() <= allowed:
        raise TypeError
    if not all(type(word) is str for word in value.values()):
        raise TypeError
    return tuple(value.items())


def _remembered(value: Body) -> Any:
    """The checked model of a code or reference, or the object itself to be checked in its place."""
    try:
        if "coding" in value and value.keys() <= _CONCEPT:
            text = value.get("text")
            codings = tuple(_pairs(one, _CODING) for one in value["coding"])
            return _concept(codings, text) if text is None or type(text) is str else value
        if "reference" in value and value.keys() <= _REFERENCE:
            return _reference(_pairs(value, _REFERENCE))
    except (TypeError, ValidationError):
        return value  # the check of the whole resource then names the path
    return None


def _with_remembered(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_remembered(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    known = _remembered(value)
    return known or {name: _with_remembered(inner) for name, inner in value.items()}


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
        _model(resource_type).model_validate(_with_remembered(body))
    except ValidationError as refused:
        errors = refused.errors(include_url=False, include_context=False, include_input=False)
        paths = [_steps(resource_type, error["loc"]) for error in errors]
    else:
        return
    raise MappingError(paths)
