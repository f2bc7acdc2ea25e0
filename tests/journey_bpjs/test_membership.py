"""Membership is asked for by itself, answered where the counter sees it, and never made up."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journey.stage import CLINIC_ID, until
from tests.journey_bpjs.stage import ACTIVE, ELSEWHERE, IN_ARREARS, UNKNOWN, Counter

VISIT = "insert into public.visits (clinic_id, patient_id, payer) values ($1, $2, 'bpjs')"
WORK = "select role::text, field from public.work_items where kind = 'membership'"


async def answered(counter: Counter, patient: str) -> None:
    """Wait for BPJS's word on a patient."""

    async def there() -> bool:
        query = "select as_of is not null from public.bpjs_memberships where patient_id = $1"
        return bool(await counter.one(query, patient))

    await until(there, "BPJS answers")


@pytest.mark.parametrize(("nik", "status"), [
    (ACTIVE, "active"), (ELSEWHERE, "active"), (IN_ARREARS, "inactive"), (UNKNOWN, "not_found"),
])  # fmt: skip
async def test_a_new_patient_is_looked_up(counter: Counter, nik: str, status: str) -> None:
    """Nobody asks: registering the patient is enough."""
    async with counter.daemon():
        patient = await counter.registers(nik)
        await answered(counter, patient)
    row = await counter.membership(patient)
    assert status == row["status"]
    assert datetime.now(UTC) - row["as_of"] < timedelta(minutes=1)
    assert {"delivered": 1} == await counter.states()


async def test_the_answer_says_what_the_counter_needs(counter: Counter) -> None:
    """Where the member belongs, the class, the arrears, the card, and BPJS's own words."""
    async with counter.daemon():
        ours, other, late = [await counter.registers(nik) for nik in (ACTIVE, ELSEWHERE, IN_ARREARS)]
        for patient in (ours, other, late):
            await answered(counter, patient)
    ours, other, late = [await counter.membership(patient) for patient in (ours, other, late)]
    assert ("8000000000011", "0114A001", "AKTIF", True) == (
        ours["card_number"], ours["facility_code"], ours["reason"], ours["birth_date_agrees"])  # fmt: skip
    assert "0114A002" == other["facility_code"]
    assert (4, "PENANGGUHAN PEMBAYARAN") == (late["arrears"], late["reason"])


@pytest.mark.parametrize("dialect", ["204", "404", "412", "empty"])
async def test_every_way_of_saying_nobody(counter: Counter, dialect: str) -> None:
    """Nobody has published how P-Care says that it does not know a NIK: all forms mean the same."""
    await counter.settle(not_found=dialect)
    async with counter.daemon():
        patient = await counter.registers(UNKNOWN)
        await answered(counter, patient)
    assert "not_found" == (await counter.membership(patient))["status"]


async def test_a_fresh_answer_is_not_asked_again(counter: Counter) -> None:
    """A visit an hour later uses what is known; one after a day asks anew."""
    async with counter.daemon():
        patient = await counter.registers(ACTIVE)
        await answered(counter, patient)
        await counter.sql(VISIT, CLINIC_ID, patient)
        await counter.drained()
        asked = "select generation from integration.deliveries where kind = 'membership'"
        assert 1 == await counter.one(asked)
        await counter.sql("update public.bpjs_memberships set as_of = now() - interval '1 day'")
        await counter.sql(VISIT, CLINIC_ID, patient)
        await counter.drained()
        assert 2 == await counter.one(asked)


async def test_a_corrected_nik_forgets_the_other_person(counter: Counter) -> None:
    """What was said about the wrong NIK is gone at once, and the right one is asked for."""
    async with counter.daemon():
        patient = await counter.registers(IN_ARREARS)
        await answered(counter, patient)
        await counter.sql("update public.patients set nik = $2 where id = $1", patient, ACTIVE)
        assert "inactive" != (await counter.membership(patient))["status"]
        await answered(counter, patient)
    row = await counter.membership(patient)
    assert ("active", False) == (row["status"], row["birth_date_agrees"])


async def test_no_nik_is_the_front_desks_work(counter: Counter) -> None:
    """A BPJS visit of a patient without NIK names what is missing; filling it in is all it takes."""
    async with counter.daemon():
        patient = await counter.registers(None)
        await counter.sql(VISIT, CLINIC_ID, patient)
        await counter.drained()
        assert [("front_desk", "patients.nik")] == [tuple(row) for row in await counter.sql(WORK)]
        await counter.sql("update public.patients set nik = $2 where id = $1", patient, ACTIVE)
        await answered(counter, patient)
    assert [] == await counter.sql(WORK)
