"""What P-Care would refuse is found before anything is sent: who acts, on which field, and never too early."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.bpjs.pcare.checks import problems, specialist_needless
from workers.bpjs.pcare.snapshot import PcareVisit

VISITS = Path(__file__).parents[2] / "golden" / "bpjs" / "pcare" / "visits.json"
ORDINARY: dict[str, Any] = json.loads(VISITS.read_text(encoding="utf-8"))["ordinary"]


def found(**changes: Any) -> list[tuple[str, str]]:
    """Role and field of every problem of the ordinary visit with these changes, one level deep."""
    raw = {
        key: {**(ORDINARY[key] or {}), **value} if isinstance(value, dict) else value
        for key, value in changes.items()
    }  # fmt: skip
    return [(one.role, one.field) for one in problems(PcareVisit.model_validate(ORDINARY | raw))]


def test_an_ordinary_visit_has_none() -> None:
    """Nothing is in its way."""
    assert [] == found()


@pytest.mark.parametrize(("changes", "role", "field"), [
    ({"membership": None}, "front_desk", "patients.nik"),
    ({"membership": {"status": "unknown"}}, "front_desk", "patients.nik"),
    ({"membership": {"status": "not_found"}}, "front_desk", "visits.payer"),
    ({"membership": {"status": "inactive"}}, "cashier", "visits.payer"),
    ({"membership": {"card_number": None}}, "front_desk", "patients.nik"),
    ({"visit": {"location_id": None}}, "front_desk", "visits.location_id"),
    ({"codes": {"poli": None}}, "admin", "locations.name"),
    ({"earlier_same_day": 1}, "front_desk", "visits.payer"),
    ({"visit": {"chief_complaint": "  "}}, "doctor", "visits.chief_complaint"),
    ({"visit": {"practitioner_id": None}}, "front_desk", "visits.practitioner_id"),
    ({"codes": {"doctor": None}}, "admin", "practitioners.full_name"),
    ({"diagnoses": []}, "doctor", "diagnoses.icd10_code"),
    ({"codes": {"disposition": None}}, "admin", "visits.disposition"),
    ({"details": {"prognosis_code": None}}, "doctor", "bpjs_visit_details.prognosis_code"),
    ({"allergy_categories": ["food"]}, "doctor", "bpjs_visit_details.food_allergy_code"),
    ({"visit": {"disposition": "referred"}}, "doctor", "bpjs_referrals.facility_code"),
])  # fmt: skip
def test_each_flaw_has_its_person(changes: dict[str, Any], role: str, field: str) -> None:
    """One flaw, one problem."""
    assert [(role, field)] == found(**changes)


@pytest.mark.parametrize(("amount", "largest", "fields"), [
    (90_000, 90_000, []), (90_001, 90_000, ["bpjs_procedures.amount_rupiah"]), (1, None, ["bpjs_procedures.code"]),
])  # fmt: skip
def test_a_procedure_stays_within_its_tariff(amount: int, largest: int | None, fields: list[str]) -> None:
    """At most what BPJS pays, and from BPJS's list."""
    row = {"id": "p", "code": "10101", "amount_rupiah": amount, "note": None, "result": 0, "largest_rupiah": largest}
    assert fields == [field for _, field in found(procedures=[row])]


def test_a_waiting_patient_is_not_asked_for_a_diagnosis() -> None:
    """Before the visit is finished only what the registration needs is missed."""
    waiting = {"status": "arrived", "finished_at": None, "chief_complaint": None, "practitioner_id": None}
    assert [] == found(visit=waiting, diagnoses=[], details=None)


def test_everything_missing_is_told_at_once() -> None:
    """A person mends it in one go."""
    assert 3 == len(found(diagnoses=[], visit={"chief_complaint": None}, codes={"doctor": None}))


def test_reasons_name_no_patient() -> None:
    """Reasons are read in lists: no NIK, card or name stands in them."""
    bad = PcareVisit.model_validate(ORDINARY | {"membership": None, "diagnoses": [], "earlier_same_day": 1})
    for problem in problems(bad):
        assert not any(secret in problem.reason for secret in ("8801014501800001", "8000000000011", "Paracetamol"))


def test_tacc_is_asked_for_once_it_is_missing() -> None:
    """A reason given is enough."""
    visit = PcareVisit.model_validate(ORDINARY)
    assert specialist_needless(visit) is not None
    given = PcareVisit.model_validate(ORDINARY | {"details": {"tacc_code": 1, "tacc_reason": ">= 7 Hari"}})
    assert specialist_needless(given) is None
