"""What is found wrong with an order before anything is sent: who mends it, where, and what it waits for."""

from typing import Any

import pytest

from tests.unit.satusehat.orders import GLUCOSE, IMAGE, PANEL, item, known, read, result, sound
from workers.outcome import Problem, Role
from workers.satusehat.diagnostics.preflight import check
from workers.satusehat.diagnostics.snapshot import OrderSnapshot, parse
from workers.satusehat.mapping.ucum import is_ucum

EXAMINATION = sound(PANEL)["items"][0]["examination"]["id"]
MEMBER = sound(PANEL)["items"][0]["results"][0]["examination_id"]


def problems(snapshot: OrderSnapshot, name: str = PANEL) -> tuple[Problem, ...]:
    """The problems with everybody known."""
    return check(snapshot, known(name))


@pytest.mark.parametrize("name", [PANEL, GLUCOSE, IMAGE])
def test_a_sound_order_has_no_problems(name: str) -> None:
    """As the golden files are sent."""
    assert () == problems(read(name), name)


CONTENT: list[tuple[OrderSnapshot, str, str | None, Role, str, str | None]] = [
    (item(examination={"loinc_code": None}), PANEL, "10060", Role.LAB, "examinations.loinc_code",
     f"changed/examination/{EXAMINATION}"),
    (item(examination={"loinc_code": "58410-2 "}), PANEL, "10060", Role.LAB, "examinations.loinc_code",
     f"changed/examination/{EXAMINATION}"),
    (result(loinc_code=None), PANEL, "10010", Role.LAB, "examinations.loinc_code", f"changed/examination/{MEMBER}"),
    (result(unit="gr/dL"), PANEL, "10012", Role.LAB, "examinations.unit", f"changed/examination/{MEMBER}"),
    (result(value_numeric=None), PANEL, "10331", Role.LAB, "results.value_numeric", None),
    (item(results=[]), PANEL, "10385", Role.LAB, "results.id", None),
    (item(specimen_id=None), PANEL, "10386", Role.LAB, "diagnostic_order_items.specimen_id", None),
    (read(specimens=[sound()["specimens"][0] | {"type_code": None}]), PANEL, "10070", Role.LAB, "specimens.type_code",
     f"changed/examination/{EXAMINATION}"),
    (read(specimens=[sound()["specimens"][0] | {"collected_at": None}]), PANEL, "10362", Role.LAB,
     "specimens.collected_at", None),
    (read(order={"performer_id": None}), PANEL, "10377", Role.ADMIN, "diagnostic_orders.performer_id", None),
    (read(order={"practitioner_id": None}), PANEL, "10376", Role.ADMIN, "diagnostic_orders.practitioner_id", None),
    (read(order={"diagnosis_code": "J189"}), PANEL, "10064", Role.DOCTOR, "diagnostic_orders.diagnosis_code", None),
    (item(IMAGE, conclusion=" "), IMAGE, None, Role.DOCTOR, "diagnostic_order_items.conclusion", None),
    (item(IMAGE, conclusion_code="pneumonia"), IMAGE, "10074", Role.DOCTOR, "diagnostic_order_items.conclusion_code",
     None),
    (item(IMAGE, accession_number="R26112400030000A1"), IMAGE, "10415", Role.ADMIN,
     "diagnostic_order_items.accession_number", None),
    (item(IMAGE, examination={"modality": None}), IMAGE, "10427", Role.LAB, "examinations.modality",
     f"changed/examination/{sound(IMAGE)['items'][0]['examination']['id']}"),
    (read(order={"state": "preliminary"}), PANEL, None, Role.LAB, "diagnostic_orders.state", None),
    (read(order={"ordered_at": "2026-11-25T00:00:00+00:00"}), PANEL, "10360", Role.DOCTOR,
     "diagnostic_orders.ordered_at", None),
    (result(observed_at="2026-11-24T03:40:00+00:00"), PANEL, "10296", Role.LAB, "results.verified_at", None),
    (result(observed_at="2014-06-02T00:00:00+00:00"), PANEL, "10295", Role.LAB, "results.observed_at", None),
    (read(specimens=[sound()["specimens"][0] | {"collected_at": "2026-11-24T03:20:00+00:00",
                                                 "received_at": "2026-11-24T03:21:00+00:00"}]),
     PANEL, "10362", Role.LAB, "specimens.collected_at", None),
    (read(specimens=[sound()["specimens"][0] | {"received_at": "2026-11-24T02:00:00+00:00"}]), PANEL, "10366",
     Role.LAB, "specimens.received_at", None),
]  # fmt: skip


@pytest.mark.parametrize(("snapshot", "name", "rule", "role", "field", "waits_for"), CONTENT)
def test_a_flaw_is_told_to_whom_it_concerns(
    snapshot: OrderSnapshot, name: str, rule: str | None, role: Role, field: str, waits_for: str | None
) -> None:
    """One flaw, one kind of problem: its rule, role, column, and the shared row it hangs on."""
    told = problems(snapshot, name)
    assert {(rule, role, field, waits_for)} == {(p.rule, p.role, p.field, p.waits_for) for p in told}


def test_an_examination_is_named_by_its_code() -> None:
    """One of thirteen must be mended: the sentence says which."""
    (told,) = problems(result(loinc_code=None))
    assert told.reason.endswith("Pemeriksaan: HB.")


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("practitioner/d1000000-0000-4000-8000-000000000001", "10376"),
        ("practitioner/d1000000-0000-4000-8000-000000000002", "10377"),
        ("practitioner/d1000000-0000-4000-8000-000000000004", "10396"),
        ("patient/a1000000-0000-4000-8000-000000000007", "10141"),
        ("encounter/b1000000-0000-4000-8000-000000000003", "10142"),
    ],
)
def test_who_has_no_number_is_waited_for(key: str, rule: str) -> None:
    """Each once, whatever they did; the visit goes first."""
    without = {one: held for one, held in known().items() if one != key}
    assert [(rule, key)] == [(p.rule, p.waits_for) for p in check(read(), without)]


def test_a_patient_without_a_whole_nik_is_told_so() -> None:
    """There is nothing to be found by."""
    without = {one: held for one, held in known().items() if not one.startswith("patient/")}
    assert ["10166"] == [problem.rule for problem in check(read(patient={"nik": "123"}), without)]


def test_of_an_order_taken_back_only_the_sender_matters() -> None:
    """Whatever else is wrong with it."""
    told = sound() | {"items": []}
    assert () == check(parse(told), {})
    told["clinic"] |= {"organization_id": None}
    assert ["10117"] == [problem.rule for problem in check(parse(told), {})]


UNITS: list[tuple[str, bool]] = [
    *(
        (unit, True)
        for unit in ("g/dL", "10*3/uL", "mm/h", "m[IU]/L", "[pH]", "/[HPF]", "{INR}", "mL/min/{1.73_m2}", "%")
    ),
    *((unit, False) for unit in ("", "gr/dL", "IU/L", "ribu/uL", "mm/jam", "µmol/L", "mg/dL ", "g//dL", "(g", "mmHg")),
]


@pytest.mark.parametrize(("unit", "right"), UNITS)
def test_ucum_is_told_from_what_people_write(unit: str, right: Any) -> None:
    """Case sensitive, as UCUM is."""
    assert right is is_ucum(unit)
