"""What an answer of the API means: accepted, found, refused, already there."""

from typing import Any

import pytest

from tests.unit.satusehat.replies import (
    FHIR,
    JSON,
    SUPPRESSED,
    VISIT,
    answer,
    committed,
    searchset,
    store,
    transaction,
    validator,
)
from workers.outcome import Failure, Role
from workers.satusehat.reply import Duplicate, Entry, Found, Held, NotHeld, Refused, Stored, Unsure

UNREADABLE = Unsure(Failure.UNREADABLE)


def test_a_transaction_gives_its_entries_in_order() -> None:
    """The id is the segment before ``_history``, or resourceID when the server says it."""
    without = committed("Condition", "c1", resourceID=None, resourceType=None)
    assert Held((Entry("Encounter", "e1", "MTcx"), Entry("Condition", "c1", "MTcx"))) == answer(
        200, transaction(committed("Encounter", "e1"), without)
    )


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"response": {}},
        {"response": {"status": "400 Bad Request"}},
        committed("X", "1", resourceID=None, location=None),
        5,
    ],
)
def test_a_transaction_with_an_unclear_entry_proves_nothing(entry: Any) -> None:
    """All or nothing: one entry that cannot be read makes all of it unsure."""
    assert UNREADABLE == answer(200, transaction(committed("Encounter", "e1"), entry))
    assert UNREADABLE == answer(200, transaction())


def test_a_written_resource_is_stored() -> None:
    """201 on create and 200 on PUT, in either content type."""
    for status, kind in ((201, JSON), (200, FHIR)):
        stored = answer(status, VISIT, kind)
        assert isinstance(stored, Stored)
        assert ("e1", "MTcy", (VISIT,)) == (stored.id, stored.version, stored.resources)


def test_created_without_an_id_proves_nothing() -> None:
    """Something may have been written; nobody can say what."""
    assert UNREADABLE == answer(201, {"resourceType": "Encounter"})


def test_a_search_gives_matches_only() -> None:
    """Included resources and withheld entries are no hits; the next page is told by its parameters."""
    reply = answer(
        200,
        searchset(
            {"fullUrl": "x", "resource": VISIT},
            {"search": {"mode": "match"}, "resource": VISIT | {"id": "e2"}},
            {"search": {"mode": "include"}, "resource": VISIT | {"id": "e3"}},
            {"resource": SUPPRESSED},
            link=[
                {"relation": "self", "url": "https://a.example/Encounter?x=1"},
                {"relation": "next", "url": "https://evil.example/fhir/Encounter?identifier=s%7Cv&_page_token=abc"},
            ],
        ),
    )
    assert isinstance(reply, Found)
    assert ["e1", "e2"] == [body["id"] for body in reply.resources]
    assert {"identifier": "s|v", "_page_token": "abc"} == reply.next_params


@pytest.mark.parametrize("body", [searchset(), {"resourceType": "Bundle", "type": "searchset", "total": 0}, SUPPRESSED])
def test_nothing_found_is_an_answer(body: dict[str, Any]) -> None:
    """HTTP 200 without an entry, or without consent."""
    assert Found(()) == answer(200, body)


def test_a_refusal_is_told_in_our_words() -> None:
    """Rule, role and field; the ministry's sentence may hold values and stays behind."""
    reply = answer(
        400,
        validator(
            (
                "value",
                "Code not found: 'Z99 Siti' in system: x (RuleNumber: 10003)",
                "Bundle.entry[2].resource.Condition.code",
            ),
            (
                "value",
                "Reference is mandatory : Encounter.serviceProvider (RuleNumber: 10124)",
                "Encounter.serviceProvider",
            ),
        ),
    )
    assert isinstance(reply, Refused)
    assert [("10003", Role.DOCTOR), ("10124", Role.ADMIN)] == [(p.rule, p.role) for p in reply.problems]
    assert not any("Siti" in problem.reason for problem in reply.problems)


def test_both_spellings_of_the_number_are_read() -> None:
    """``RuleNumber: 10109`` and ``Rule Number: 10109``, in details or diagnostics."""
    told = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "value", "diagnostics": "x (Rule Number: 10457)"}],
    }
    reply = answer(400, told)
    assert isinstance(reply, Refused)
    assert "10457" == reply.problems[0].rule


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (
            store(
                "unparseable_resource", 'missing required field "status"', where="Bundle.entry[0].resource.procedure"
            ),
            "procedures.icd9cm_code",
        ),
        (store("resource_mismatch", "resource id mismatch"), "visits.id"),
        (store("merge_failed", ""), "visits.id"),
        (store("storage_error", "resource not found: Encounter/x", code="no-store"), "visits.id"),
    ],
)
def test_the_store_refuses_in_tokens(told: dict[str, Any], field: str) -> None:
    """Its sentence is in ``diagnostics``; told by path where it names one."""
    reply = answer(400, told, FHIR)
    assert isinstance(reply, Refused)
    assert field == reply.problems[0].field


def test_a_refusal_that_comes_with_200_is_a_refusal() -> None:
    """The body decides, not the status."""
    assert isinstance(answer(200, validator(("value", "x (RuleNumber: 10003)", ""))), Refused)


def test_what_is_not_there_is_not_held() -> None:
    """PUT, PATCH or GET of an id the store does not know."""
    told = store("storage_error", "resource not found: Condition/0000", code="no-store")
    assert NotHeld() == answer(404, told, FHIR)


@pytest.mark.parametrize(
    ("texts", "types"),
    [
        (["Found duplicate: Encounter (RuleNumber: 20002)"], ("Encounter",)),
        (["Found duplicate resource: Encounter"], ("Encounter",)),
        (
            ["Found duplicate: Encounter (RuleNumber: 20002)", "Found duplicate: Condition (RuleNumber: 20002)"],
            ("Encounter", "Condition"),
        ),
        (
            [
                "Found duplicate: Encounter (RuleNumber: 20002)",
                "Invalid resource due to previous error (RuleNumber: 20013)",
            ],
            ("Encounter",),
        ),
    ],
)
def test_only_duplicates_are_duplicates(texts: list[str], types: tuple[str, ...]) -> None:
    """Entries not looked at because of an earlier duplicate do not spoil it."""
    assert Duplicate(types) == answer(400, validator(*(("duplicate", text, "") for text in texts)))


def test_a_duplicate_beside_an_error_is_an_error() -> None:
    """The error is what somebody must mend."""
    told = validator(
        ("duplicate", "Found duplicate: Encounter (RuleNumber: 20002)", ""), ("value", "x (RuleNumber: 10457)", "")
    )
    reply = answer(400, told)
    assert isinstance(reply, Refused)
    assert ["10457"] == [problem.rule for problem in reply.problems]
