"""The border: what the database tells is read strictly, and complained about without its values."""

import copy
import traceback
from typing import Any

import pytest

from tests.unit.satusehat.visits import CANARY_NIK, sound
from workers.outcome import Accepted
from workers.satusehat.snapshot import MappingError, parse, parse_known


def _with(path: list[Any], value: Any) -> dict[str, Any]:
    told = sound()
    place = told
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return told


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["visit", "status"], CANARY_NIK, "visit.status"),
        (["visit", "arrived_at"], "2026-11-23T09:00:00", "visit.arrived_at"),
        (["visit", "arrived_at"], "0001-01-01T00:00:00+07:00", "visit.arrived_at"),
        (["patient", "gender"], CANARY_NIK, "patient.gender"),
        (["vital_signs", 0, "weight_kg"], float("inf"), "vital_signs.0.weight_kg"),
        (["diagnoses", 1, "role"], CANARY_NIK, "diagnoses.1.role"),
        (["patient"], None, "patient"),
    ],
)
def test_a_word_we_do_not_know_is_an_error(path: list[Any], value: Any, field: str) -> None:
    """The field is named, its value is not, nor anywhere in the traceback."""
    with pytest.raises(MappingError) as caught:
        parse(_with(path, value))
    assert (field,) == caught.value.paths
    assert CANARY_NIK not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("told", [None, [], "x", 5, {}])
def test_what_is_no_snapshot_is_an_error(told: Any) -> None:
    """Whatever the database handed out."""
    with pytest.raises(MappingError):
        parse(told)


def test_extra_columns_are_ignored() -> None:
    """A clinic may add to its tables."""
    told = copy.deepcopy(sound())
    told["visit"]["queue_number"] = "A12"
    assert parse(told) == parse(sound())


def test_whole_numbers_are_whole() -> None:
    """168.0 and 168 are one height."""
    assert "168" == str(parse(sound()).vital_signs[0].height_cm)


def test_known_is_read_by_key() -> None:
    """Rows without a number say nothing."""
    rows = [
        {"key": "encounter/1", "type": "Encounter", "remote_id": "e1", "version": "v", "content_hash": "h"},
        {"key": "patient/1", "type": "Patient", "remote_id": "P1", "version": None, "content_hash": None},
        {"key": "patient/2", "type": "Patient", "remote_id": "", "version": None, "content_hash": ""},
    ]
    known = parse_known(rows)
    assert Accepted("encounter/1", "Encounter", "e1", "v", "h") == known["encounter/1"]
    assert "" == known["patient/1"].content_hash
    assert "patient/2" not in known
    assert {} == parse_known(None)


@pytest.mark.parametrize("rows", [[5], "x", [{"key": 1, "type": "T", "remote_id": "r"}]])
def test_known_that_cannot_be_read_is_an_error(rows: Any) -> None:
    """As with the snapshot."""
    with pytest.raises(MappingError):
        parse_known(rows)
