"""The book of rules: every entry whole, every unknown number still a sentence, no value repeated."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.outcome import Role
from workers.satusehat.rules import ORDER, explain, numbers, problem

BOOK = tomllib.loads(files("workers.satusehat.rules").joinpath("rules.toml").read_text(encoding="utf-8"))
ORDERS = tomllib.loads(files("workers.satusehat.rules").joinpath("orders.toml").read_text(encoding="utf-8"))
ENTRIES = [
    entry
    for book in (BOOK, ORDERS)
    for entry in (
        *book["rule"].values(),
        *book["path"].values(),
        *book["type"].values(),
        book["unknown"],
        book["moved"],
    )
]
OF_AN_ORDER = (
    "10008 10009 10010 10011 10012 10059 10060 10063 10064 10065 10066 10068 10069 10070 10071 10072 10073 10074 10129 "
    "10130 10141 10142 10143 10144 10145 10150 10151 10152 10153 10154 10295 10296 10297 10331 10359 10360 10361 10362 "
    "10363 10364 10365 10366 10368 10369 10376 10377 10379 10383 10384 10385 10386 10387 10395 10396 10398 10414 10415 "
    "10424 10427 10428 10432 10440 10441 10462 10679 10680"
)
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


def test_every_rule_on_an_order_is_told_in_its_own_words() -> None:
    """Nothing of a laboratory's is told as a visit's or a vital sign."""
    assert set(OF_AN_ORDER.split()) <= set(ORDERS["rule"])
    for rule in numbers(ORDER):
        assert not explain(rule, "", "", ORDER).field.startswith("visits.")
    for rule in OF_AN_ORDER.split():
        assert explain(rule, "", "", ORDER).field.partition(".")[0] not in {"visits", "vital_signs", "diagnoses"}


@pytest.mark.parametrize(
    ("expression", "role", "field"),
    [
        ("Bundle.entry[2].resource.Observation.value", Role.LAB, "results.id"),
        ("Bundle.entry[0].resource.serviceRequest", Role.LAB, "diagnostic_orders.id"),
        ("ServiceRequest.code.coding[0].system", Role.LAB, "examinations.loinc_code"),
        ("Specimen.collection.collectedDateTime", Role.LAB, "specimens.collected_at"),
        ("DiagnosticReport.imagingStudy[0]", Role.LAB, "diagnostic_order_items.accession_number"),
        ("DiagnosticReport.media", Role.LAB, "diagnostic_order_items.id"),
        ("", Role.ADMIN, "diagnostic_orders.id"),
    ],
)
def test_an_unknown_number_on_an_order_is_told_by_its_path(expression: str, role: Role, field: str) -> None:
    """The same Observation is a vital sign in a visit and a result in an order."""
    told = explain("19999", "x", expression, ORDER)
    assert (role, field) == (told.role, told.field)


def test_an_order_that_may_not_move_says_what_to_do() -> None:
    """As a visit does."""
    told = explain(None, "You don't have permission to edit resource", "", ORDER)
    assert told.reason.startswith("Permintaan pemeriksaan ini")
