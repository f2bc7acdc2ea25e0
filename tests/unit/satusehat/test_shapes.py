"""Knowing a shape never lets through what the models would refuse."""

import copy
from typing import Any

import pytest
from fhir.resources.R4B.observation import Observation
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workers.satusehat.mapping import validate
from workers.satusehat.snapshot import MappingError

UUID = "6c0f0d3e-1b7f-4c1e-8a53-0123456789ab"
GOOD: dict[str, Any] = {
    "resourceType": "Observation",
    "identifier": [{"system": "http://sys-ids.kemkes.go.id/observation/1", "value": UUID}],
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "subject": {"reference": "Patient/P02478375538"},
    "effectiveDateTime": "2026-11-23T02:15:00+00:00",
    "valueQuantity": {"value": 88, "unit": "{beats}/min", "system": "http://unitsofmeasure.org", "code": "{beats}/min"},
}

WORDS = st.sampled_from(
    [
        "",
        " ",
        "88",
        "P02478375538",
        "2026-11-23T02:15:00+00:00",
        "2026-02-30T02:15:00+00:00",
        "2026-11-23",
        "~",
        "final",
    ]
)
VALUES = (
    WORDS
    | st.none()
    | st.integers(-3, 10**7)
    | st.floats(-1, 300, width=16)
    | st.booleans()
    | st.just([])
    | st.just({})
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body where something else might stand."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, child in inner for place in places(child, (*path, name)))][(not path) :]


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(GOOD)
    target: Any = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return body


@settings(max_examples=600)
@given(st.sampled_from([p for p in places(GOOD) if p != ("resourceType",)]), VALUES)
def test_memory_and_model_agree(path: tuple[Any, ...], value: Any) -> None:
    """Whatever is put wherever, after a good one of the same kind, the verdict is the model's own."""
    validate(GOOD)
    body = changed(path, value)
    try:
        Observation.model_validate(body)
    except ValidationError:
        with pytest.raises(MappingError):
            validate(body)
    else:
        validate(body)
