"""The book of rules: every entry whole, every unknown number still a sentence, no value repeated."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.outcome import Role
from workers.satusehat.rules import explain, numbers, problem

BOOK = tomllib.loads(files("workers.satusehat.rules").joinpath("rules.toml").read_text(encoding="utf-8"))
ENTRIES = [*BOOK["rule"].values(), *BOOK["path"].values(), *BOOK["type"].values(), BOOK["unknown"]]
MANDATORY = (
    "10001 10003 10006 10007 10008 10010 10012 10013 10015 10019 10020 10021 10024 10031 10032 10033 10038 10049 "
    "10050 10075 10078 10117 10118 10119 10120 10121 10122 10123 10124 10125 10126 10127 10128 10129 10130 10131 "
    "10132 10133 10134 10135 10136 10138 10139 10147 10166 10168 10173 10174 10175 10295 10317 10318 10336 10337 "
    "10348 10349 10374 10375 10383 10388 10389 10390 10394 10397 10413 10454 10455 10457 10463 10464 10664 10839 "
    "10840 20002 20003 20004 20005 20006 20007 20008 20009 20010 20011 20012 20013 20014 20015 20016 20017 20018 "
    "20019 20020 20021"
)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e["field"])
def test_entries_are_whole(entry: dict[str, str]) -> None:
    """A sentence, a role that exists, a column of a table."""
    assert {"reason", "role", "field"} == set(entry)
    assert entry["reason"].endswith(".")
    assert Role(entry["role"])
    assert entry["field"].count(".") == 1


def test_every_rule_on_what_we_send_is_told() -> None:
    """The mandatory elements of our resources and the general numbers."""
    assert set(MANDATORY.split()) <= set(numbers())


def test_a_known_number_is_told_in_our_words() -> None:
    """By number, whatever the ministry wrote."""
    told = explain("10003", "Code not found: 'X99 Budi' (RuleNumber: 10003)", "Condition.code")
    assert ("10003", Role.DOCTOR, "diagnoses.icd10_code") == (told.rule, told.role, told.field)
    assert "Budi" not in told.reason


@pytest.mark.parametrize(
    ("text", "expression", "role", "field"),
    [
        ("x", "Encounter.participant[0].type[0].coding[0].system", Role.ADMIN, "visits.practitioner_id"),
        ("Reference is mandatory : Encounter.location.location", "", Role.ADMIN, "visits.location_id"),
        ("x", "Bundle.entry[3].resource.medicationRequest", Role.PHARMACIST, "prescription_items.id"),
        ("x", "Bundle.entry[3].resource.Observation.value", Role.NURSE, "vital_signs.id"),
        ("x", "Bundle.entry[3]", Role.ADMIN, "visits.id"),
        ("x", "", Role.ADMIN, "visits.id"),
    ],
)
def test_an_unknown_number_is_told_by_its_path(text: str, expression: str, role: Role, field: str) -> None:
    """The longest path known, then the type, then nobody in particular."""
    told = explain("19999", text, expression)
    assert ("19999", role, field) == (told.rule, told.role, told.field)


def test_a_path_is_named_without_indexes() -> None:
    """The reader learns which part was refused."""
    told = explain(None, "", "Bundle.entry[12].resource.Encounter.statusHistory[1].period")
    assert told.reason.endswith("Bagian yang ditolak: Encounter.statusHistory.period.")


@given(st.text(max_size=200), st.text(max_size=200), st.one_of(st.none(), st.from_regex(r"\d{5}", fullmatch=True)))
def test_no_text_breaks_the_book(text: str, expression: str, rule: str | None) -> None:
    """Whatever is written there."""
    assert explain(rule, text, expression).reason.endswith(".")


def test_preflight_speaks_the_same_words() -> None:
    """Found before sending or refused after: one reason."""
    assert explain("10457", "", "").reason == problem("10457").reason
    assert "patient/1" == problem("10118", "patient/1").waits_for


def test_a_visit_that_may_not_move_says_what_to_do() -> None:
    """The store's own words bear no number; the clinic learns how to take the visit back."""
    told = explain(None, "You don't have permission to edit resource", "")
    assert (None, Role.ADMIN, "patients.nik") == (told.rule, told.role, told.field)
    assert "batalkan kunjungan" in told.reason
