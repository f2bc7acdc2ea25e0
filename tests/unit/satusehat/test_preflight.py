"""Every flaw the ministry would refuse is found before sending: rule, role, field, what it waits for."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.unit.satusehat.visits import CANARY_NAME, CANARY_NIK, Json, first, item, read, sound, sound_known, visits
from workers.outcome import Problem, Role
from workers.satusehat.preflight import check
from workers.satusehat.snapshot import VisitSnapshot, parse

PATIENT = f"patient/{sound()['patient']['id']}"
DOCTOR = f"practitioner/{sound()['visit']['practitioner_id']}"
NURSE = f"practitioner/{sound()['vital_signs'][0]['practitioner_id']}"
ROOM = f"location/{sound()['visit']['location_id']}"
DRUG = f"mapping/drug/{sound()['prescriptions'][0]['items'][0]['drug']['id']}"


def _told(problem: Problem) -> tuple[str | None, Role, str, str | None]:
    return problem.rule, problem.role, problem.field, problem.waits_for


def _found(snapshot: VisitSnapshot, *unknown: str) -> list[tuple[str | None, Role, str, str | None]]:
    known = {key: held for key, held in sound_known().items() if key not in unknown}
    return [_told(problem) for problem in check(snapshot, known)]


def test_a_sound_visit_has_no_problem() -> None:
    """The example of docs/snapshot.md passes."""
    assert [] == _found(parse(sound()))


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        (PATIENT, ("10118", Role.FRONT_DESK, "patients.nik", PATIENT)),
        (DOCTOR, ("10119", Role.ADMIN, "practitioners.nik", DOCTOR)),
        (NURSE, ("10119", Role.ADMIN, "practitioners.nik", NURSE)),
        (ROOM, ("10120", Role.ADMIN, "locations.id", ROOM)),
    ],
)
def test_whoever_has_no_number_is_waited_for(unknown: str, expected: tuple[Any, ...]) -> None:
    """One problem per person or place, however often it is named."""
    assert [expected] == _found(parse(sound()), unknown)


@pytest.mark.parametrize("nik", [None, "", "12345", "927106031200000X", "9271060312000001 "])
def test_a_nik_that_is_none_is_told_as_such(nik: str | None) -> None:
    """Without a whole NIK nobody can be looked up."""
    patient = sound()["patient"] | {"nik": nik}
    assert [("10166", Role.FRONT_DESK, "patients.nik", PATIENT)] == _found(read(patient=patient), PATIENT)


def test_a_known_patient_needs_no_nik() -> None:
    """The number is what is sent; birth date and sex need not agree with the NIK either."""
    assert [] == _found(read(patient=sound()["patient"] | {"nik": None, "gender": "female"}))


FLAWS: list[tuple[str, VisitSnapshot, tuple[Any, ...]]] = [
    (
        "no organization",
        read(clinic=sound()["clinic"] | {"organization_id": None}),
        ("10117", Role.ADMIN, "clinics.satusehat_organization_id", f"clinic/{sound()['clinic']['id']}"),
    ),
    ("no doctor", read(visit={"practitioner_id": None}), ("10336", Role.FRONT_DESK, "visits.practitioner_id", None)),
    ("no room", read(visit={"location_id": None}), ("10120", Role.FRONT_DESK, "visits.location_id", None)),
    ("no diagnosis", read(diagnoses=[]), ("10457", Role.DOCTOR, "diagnoses.icd10_code", None)),
    ("no primary", read(diagnoses=sound()["diagnoses"][:1]), ("10317", Role.DOCTOR, "diagnoses.role", None)),
    ("ICD-10 form", first("diagnoses", icd10_code="E119"), ("10003", Role.DOCTOR, "diagnoses.icd10_code", None)),
    ("ICD-10 space", first("diagnoses", icd10_code="E11.9 "), ("10003", Role.DOCTOR, "diagnoses.icd10_code", None)),
    (
        "SNOMED form",
        read(visit={"chief_complaint_snomed": "R50"}),
        ("10003", Role.DOCTOR, "visits.chief_complaint_snomed", None),
    ),
    ("ICD-9-CM form", first("procedures", icd9cm_code="8952"), ("10015", Role.DOCTOR, "procedures.icd9cm_code", None)),
    (
        "nobody measured",
        first("vital_signs", practitioner_id=None),
        ("10383", Role.NURSE, "vital_signs.practitioner_id", None),
    ),
    (
        "fever of stars",
        first("vital_signs", temperature_celsius=387),
        ("10331", Role.NURSE, "vital_signs.temperature_celsius", None),
    ),
    (
        "pressure swapped",
        first("vital_signs", systolic_mmhg=76, diastolic_mmhg=118),
        ("10331", Role.NURSE, "vital_signs.diastolic_mmhg", None),
    ),
    ("allergy category", first("allergies", category=None), ("10075", Role.DOCTOR, "allergies.category", None)),
    ("allergy code", first("allergies", code=None, code_system=None), ("10078", Role.DOCTOR, "allergies.code", None)),
    ("allergy code form", first("allergies", code="A1"), ("10078", Role.DOCTOR, "allergies.code", None)),
    (
        "allergy recorder",
        first("allergies", practitioner_id=None),
        ("10375", Role.DOCTOR, "allergies.practitioner_id", None),
    ),
    (
        "empty prescription",
        read(prescriptions=[sound()["prescriptions"][0] | {"items": []}]),
        ("10135", Role.PHARMACIST, "prescriptions.id", None),
    ),
    (
        "no prescriber",
        first("prescriptions", practitioner_id=None),
        ("10455", Role.PHARMACIST, "prescriptions.practitioner_id", None),
    ),
    (
        "unmapped drug",
        item(drug={"id": DRUG.rpartition("/")[2], "kfa": None}),
        ("10024", Role.PHARMACIST, "drugs.id", DRUG),
    ),
    (
        "ingredient for a product",
        item(drug={"id": DRUG.rpartition("/")[2], "kfa": {"code": "91000101"}}),
        ("10024", Role.PHARMACIST, "drugs.id", DRUG),
    ),
    (
        "dosage form",
        item(drug=sound()["prescriptions"][0]["items"][0]["drug"] | {"form_code": "tablet"}),
        ("10025", Role.PHARMACIST, "drugs.form_code", DRUG),
    ),
    ("unit", item(unit="tablet"), ("10348", Role.PHARMACIST, "prescription_items.unit", None)),
    ("dose unit", item(dose_unit="ml"), ("10349", Role.PHARMACIST, "prescription_items.dose_unit", None)),
    ("route", item(route="Topical"), ("10038", Role.PHARMACIST, "prescription_items.route", None)),
    ("period unit", item(period_unit="hari"), ("10036", Role.PHARMACIST, "prescription_items.period_unit", None)),
    ("frequency", item(frequency=0), ("10341", Role.PHARMACIST, "prescription_items.frequency", None)),
    ("quantity", item(quantity=0), ("10346", Role.PHARMACIST, "prescription_items.quantity", None)),
    ("never ended", read(visit={"finished_at": None}), ("10121", Role.FRONT_DESK, "visits.finished_at", None)),
    (
        "ended as it began",
        read(visit={"finished_at": "2026-11-23T02:02:11.9+00:00"}),
        ("10121", Role.FRONT_DESK, "visits.finished_at", None),
    ),
    ("no history", read(status_history=[]), ("10122", Role.FRONT_DESK, "visit_status_history.started_at", None)),
    (
        "history stops early",
        read(status_history=sound()["status_history"][:2]),
        ("10122", Role.FRONT_DESK, "visit_status_history.started_at", None),
    ),
    (
        "step backwards",
        read(
            status_history=[
                sound()["status_history"][0] | {"ended_at": "2026-11-23T01:00:00Z"},
                *sound()["status_history"][1:],
            ]
        ),
        ("10175", Role.FRONT_DESK, "visit_status_history.ended_at", None),
    ),
    (
        "future",
        first("diagnoses", recorded_at="2026-11-23T12:00:00+00:00"),
        ("10403", Role.DOCTOR, "diagnoses.recorded_at", None),
    ),
    (
        "before SatuSehat",
        first("procedures", performed_at="2014-06-02T23:59:59+00:00"),
        ("10400", Role.DOCTOR, "procedures.performed_at", None),
    ),
]


@pytest.mark.parametrize(("snapshot", "expected"), [flaw[1:] for flaw in FLAWS], ids=[flaw[0] for flaw in FLAWS])
def test_each_flaw_is_told_once(snapshot: VisitSnapshot, expected: tuple[Any, ...]) -> None:
    """The rule, who mends it, where, and what it waits for."""
    assert [expected] == _found(snapshot)


def test_handed_over_before_prepared() -> None:
    """A dispense cannot leave before it is ready."""
    given_ = sound()["prescriptions"][0]["items"][0]["dispenses"][0]
    snapshot = item(dispenses=[given_ | {"handed_over_at": "2026-11-23T02:49:00+00:00"}])
    assert [("10352", Role.PHARMACIST, "dispenses.handed_over_at", None)] == _found(snapshot)


def test_without_the_database_clock_nothing_is_future() -> None:
    """The worker's own clock is not trusted to judge."""
    told = sound()
    del told["as_of"]
    told["diagnoses"][0]["recorded_at"] = "2036-11-23T12:00:00+00:00"
    assert [] == _found(parse(told))


def test_spaces_are_told_as_spaces() -> None:
    """A code that is right but for a space says so."""
    (problem,) = check(first("diagnoses", icd10_code=" E11.9"), sound_known())
    assert "spasi" in problem.reason


def test_a_visit_under_way_needs_no_diagnosis_yet() -> None:
    """Rule 10457 is about finished visits."""
    history = sound()["status_history"][:2]
    history[1] = history[1] | {"ended_at": None}
    snapshot = read(visit={"status": "in_progress", "finished_at": None}, diagnoses=[], status_history=history)
    assert [] == _found(snapshot)


@given(visits())
@settings(max_examples=100, deadline=None)
def test_reasons_name_no_patient(told: Json) -> None:
    """Every reason is a sentence to act on, without anybody's name or number."""
    for problem in check(parse(told), {}):
        assert problem.reason.endswith(".")
        assert CANARY_NAME not in problem.reason
        assert CANARY_NIK not in problem.reason
        assert problem.rule
        assert problem.field.count(".") == 1
