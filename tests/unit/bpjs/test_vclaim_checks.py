"""What VClaim would refuse is found before it is sent; what it refuses all the same reaches the right person."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.bpjs.reply import Refused
from workers.bpjs.vclaim import checks
from workers.bpjs.vclaim.complaints import refused
from workers.bpjs.vclaim.holdings import may_be
from workers.bpjs.vclaim.snapshot import LetterVisit, SepVisit

VISITS = Path(__file__).parents[2] / "golden" / "bpjs" / "vclaim" / "visits.json"
ORDINARY: dict[str, Any] = json.loads(VISITS.read_text(encoding="utf-8"))["ordinary"]
INPATIENT_LEFT = {"visit_class": "inpatient", "disposition": "deceased"}
HELD = {
    "noSep": "0114R0011126V000007", "tglSep": "2026-11-23", "jnsPelayanan": "2", "noRujukan": "0114A0021126P000003",
}  # fmt: skip


def raw(**changes: Any) -> dict[str, Any]:
    """The ordinary snapshot with these changes, one level deep."""
    return ORDINARY | {
        key: {**(ORDINARY[key] or {}), **value} if isinstance(value, dict) else value
        for key, value in changes.items()
    }  # fmt: skip


def found(**changes: Any) -> list[tuple[str, str]]:
    """Role and field of every problem of the ordinary SEP with these changes."""
    visit = SepVisit.model_validate(raw(**changes))
    return [(one.role, one.field) for one in (*checks.before_referral(visit), *checks.of_referral(visit))]


def test_an_ordinary_visit_has_none() -> None:
    """Nothing is in its way."""
    assert [] == found()


@pytest.mark.parametrize(("changes", "role", "field"), [
    ({"membership": None}, "front_desk", "patients.nik"),
    ({"membership": {"status": "unknown"}}, "front_desk", "patients.nik"),
    ({"membership": {"status": "inactive"}}, "front_desk", "visits.payer"),
    ({"membership": {"class_code": None}}, "front_desk", "patients.nik"),
    ({"visit": {"location_id": None}}, "front_desk", "visits.location_id"),
    ({"codes": {"poli": None}}, "admin", "locations.name"),
    ({"visit": {"practitioner_id": None}}, "front_desk", "visits.practitioner_id"),
    ({"codes": {"doctor": None}}, "admin", "practitioners.full_name"),
    ({"earlier_same_day": 1}, "front_desk", "visits.payer"),
    ({"patient": {"phone": " "}}, "front_desk", "patients.phone"),
    ({"sep": {"purpose": "1"}}, "front_desk", "bpjs_seps.support_code"),
    ({"sep": {"procedure_flag": "0"}}, "front_desk", "bpjs_seps.support_code"),
    ({"sep": {"purpose": "2"}}, "front_desk", "bpjs_seps.assessment_code"),
    ({"sep": {"raised_class": "2"}}, "front_desk", "bpjs_seps.raised_payer"),
    ({"sep": {"accident": "1"}}, "front_desk", "bpjs_seps.accident_on"),
    ({"visit": INPATIENT_LEFT}, "front_desk", "bpjs_seps.death_letter_number"),
    ({"sep": {"found_on": "2026-08-24"}}, "front_desk", "bpjs_seps.referral_number"),
    ({"sep": {"found_diagnosis": None}, "diagnoses": []}, "doctor", "diagnoses.icd10_code"),
])  # fmt: skip
def test_each_flaw_has_its_person(changes: dict[str, Any], role: str, field: str) -> None:
    """One flaw, one problem."""
    assert [(role, field)] == found(**changes)


@pytest.mark.parametrize(("found_on", "days", "problems"), [
    ("2026-08-25", 90, 0), ("2026-08-24", 90, 1), ("2026-08-24", 120, 0),
])  # fmt: skip
def test_a_referral_counts_for_as_long_as_the_clinic_says(found_on: str, days: int, problems: int) -> None:
    """The last day counts, the next does not; how many they are is a setting."""
    assert problems == len(found(sep={"found_on": found_on}, clinic={"referral_days": days}))


def test_a_control_letter_outlives_its_referral() -> None:
    """Whoever comes on a letter needs no fresh referral."""
    assert [] == found(sep={"found_on": "2026-01-01", "letter_number": "0114R0011126K000002"})


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, []),
    ({"sep": {"sep_number": None}}, ["bpjs_seps.sep_number"]),
    ({"letter": {"poli": None, "doctor": None}}, ["locations.name", "practitioners.full_name"]),
    ({"letter": {"letter_kind": "admission"}, "sep": {"sep_number": None}}, []),
    ({"letter": {"letter_kind": "admission"}, "membership": None}, ["patients.nik"]),
])  # fmt: skip
def test_a_letter_waits_for_what_it_stands_on(changes: dict[str, Any], expected: list[str]) -> None:
    """A control letter stands on the SEP, an admission letter on the card."""
    assert expected == [one.field for one in checks.of_letter(LetterVisit.model_validate(raw(**changes)))]


@pytest.mark.parametrize(("changes", "ours"), [
    ({}, True),
    ({"jnsPelayanan": "R.Jalan", "noRujukan": None}, True),
    ({"noSep": "0114R0021126V000007"}, False),
    ({"tglSep": "2026-11-22"}, False),
    ({"jnsPelayanan": "R.Inap"}, False),
    ({"noRujukan": "0114A0021126P000004"}, False),
])  # fmt: skip
def test_only_this_visits_sep_is_adopted(changes: dict[str, Any], ours: bool) -> None:
    """Facility, day, kind of service and referral must agree; what BPJS leaves out does not count."""
    assert ours == may_be(HELD | changes, SepVisit.model_validate(raw()))


def test_another_visits_sep_is_not_adopted() -> None:
    """The same patient, seen twice that day."""
    assert not may_be(HELD, SepVisit.model_validate(raw(other_seps=[HELD["noSep"]])))


@pytest.mark.parametrize(("words", "role", "field"), [
    ("Rujukan sudah melewati masa berlaku", "front_desk", "bpjs_seps.referral_number"),
    ("Surat kontrol tidak ditemukan untuk rujukan ini", "front_desk", "bpjs_seps.letter_number"),
    ("dpjpLayan tidak ditemukan", "admin", "practitioners.full_name"),
    ("diagAwal tidak ditemukan", "doctor", "diagnoses.icd10_code"),
    ("Peserta NoKa 8000000000011 telah mendapat Pelayanan R.Inap", "front_desk", "visits.visit_class"),
    ("Sesuatu yang lain", "cashier", "bpjs_seps.sep_number"),
])  # fmt: skip
def test_a_refusal_reaches_whoever_can_mend_it(words: str, role: str, field: str) -> None:
    """By the words there are; no card number is shown on."""
    (problem,) = refused(Refused((("", words),)), "SEP")
    assert (role, field) == (problem.role, problem.field)
    assert "8000000000011" not in problem.reason
