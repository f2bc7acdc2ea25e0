"""A refusal knows which shared rows it hangs on."""

import pytest

from tests.unit.satusehat import orders
from tests.unit.satusehat.visits import read
from workers.outcome import Problem, Role
from workers.satusehat.mending import waiting


@pytest.mark.parametrize(
    ("field", "prefix", "count"),
    [
        ("patients.nik", "changed/patient/", 1),
        ("practitioners.nik", "changed/practitioner/", 2),
        ("drugs.id", "changed/mapping/drug/", 1),
        ("stock_batches.expires_on", "changed/mapping/drug/", 1),
        ("locations.id", "changed/location/", 1),
        ("clinics.satusehat_organization_id", "changed/clinic/", 1),
    ],
)
def test_a_shared_row_is_waited_for(field: str, prefix: str, count: int) -> None:
    """Each row of the visit that may be meant."""
    told = waiting([Problem("Perbaiki.", Role.ADMIN, field)], read())
    assert count == len({problem.waits_for for problem in told}) == len(told)
    assert all(str(problem.waits_for).startswith(prefix) for problem in told)


def test_the_visits_own_rows_need_no_key() -> None:
    """Changing them is a wish anyway."""
    problem = Problem("Perbaiki.", Role.DOCTOR, "diagnoses.icd10_code", "10003")
    assert (problem,) == waiting([problem], read())


@pytest.mark.parametrize(
    ("field", "prefix", "count"),
    [
        ("patients.nik", "changed/patient/", 1),
        ("practitioners.nik", "changed/practitioner/", 4),
        ("examinations.loinc_code", "changed/examination/", 6),
        ("clinics.satusehat_organization_id", "changed/clinic/", 1),
        ("results.value_numeric", "", 0),
    ],
)
def test_an_order_waits_for_the_catalogue_too(field: str, prefix: str, count: int) -> None:
    """The examination that was ordered and the members of its panel."""
    told = waiting([Problem("Perbaiki.", Role.LAB, field)], orders.read())
    assert count == len([problem for problem in told if problem.waits_for])
    assert all((problem.waits_for or "").startswith(prefix) for problem in told)
