"""A fact that many visits share is corrected: what was told of it before is wanted again, and nothing else."""

import json

import pytest

from tests.database.desk import Clinic, Row, Worker, missing, problem, report
from tests.database.test_snapshot import MAP_DRUGS, WRITES

CORRECTIONS = {
    "patient's NIK": ("patient", "update public.patients set nik = '3171000000000009' where id = $1"),
    "doctor's NIK": ("doctor", "update public.practitioners set nik = '3171000000000009' where id = $1"),
    "drug's form": ("drug", "update public.drugs set form_code = 'BS023' where id = $1"),
    "KFA code": ("drug", "update integration.mappings set code = '93000333' where local_id = $1::uuid::text"),
    "batch": ("drug", "update public.stock_batches set batch_number = 'B-2' where drug_id = $1"),
}
IRRELEVANT = {
    "patient's phone": ("patient", "update public.patients set phone = '08123' where id = $1"),
    "patient's name": ("patient", "update public.patients set full_name = 'Pasien Lain' where id = $1"),
    "doctor's name": ("doctor", "update public.practitioners set full_name = 'dr. Dua' where id = $1"),
    "same NIK": ("patient", "update public.patients set nik = nik where id = $1"),
    "erased NIK": ("patient", "update public.patients set nik = null where id = $1"),
    "same mapping": ("drug", "update integration.mappings set updated_at = now() where local_id = $1::uuid::text"),
    "drug's price": ("drug", "update public.drugs set price_rupiah = 500 where id = $1"),
    "stock": ("drug", "update public.stock_batches set quantity = 7 where drug_id = $1"),
}
MENDS = {
    "patients.birth_date": ("patient", "update public.patients set birth_date = '1991-01-01' where id = $1"),
    "practitioners.nik": ("doctor", "update public.practitioners set full_name = 'dr. Dua' where id = $1"),
    "drugs.form_code": ("drug", "update public.drugs set form_code = 'BS023' where id = $1"),
    "drugs.id": ("drug", "update integration.mappings set code = '93000333' where local_id = $1::uuid::text"),
    "clinics.satusehat_organization_id": (
        "clinic", "update public.clinics set satusehat_organization_id = 'O2' where id = $1",
    ),
}  # fmt: skip
KEYS = {"patient": "patient", "doctor": "practitioner", "drug": "mapping/drug", "clinic": "clinic"}


async def dispensed(clinic: Clinic) -> object:
    """A finished visit with everything in it, its drug mapped and taken from a batch."""
    (visit,) = await clinic.finished()
    for statement in WRITES["inserts"].values():
        await clinic.connection.execute(statement, visit)
    await clinic.connection.execute(MAP_DRUGS)
    await clinic.connection.execute(
        """with batch as (insert into public.stock_batches (clinic_id, drug_id, batch_number, quantity)
                          select clinic_id, id, 'B-1', 100 from public.drugs returning id)
           update public.dispenses set batch_id = (select id from batch)""")  # fmt: skip
    await clinic.connection.execute(
        "update public.diagnoses set practitioner_id = (select id from public.practitioners)"
    )
    return visit


async def told(ana: Worker) -> None:
    """Whatever is due is delivered."""
    while leases := await ana.lease(500):
        await ana.record(*(report(lease, "delivered") for lease in leases))


@pytest.mark.parametrize("fact", CORRECTIONS)
async def test_a_corrected_fact_is_told_again(clinic: Clinic, ana: Worker, fact: str) -> None:
    """Behind the live visits; the visit that does not name the row stays as it is."""
    visit = await dispensed(clinic)
    other = await clinic.arrival()
    await clinic.connection.execute(
        """with p as (insert into public.patients (clinic_id, medical_record_number, full_name, birth_date, gender)
                      select id, '2', 'Lain', '1990-01-01', 'male' from public.clinics returning id)
           update public.visits set patient_id = (select id from p), practitioner_id = null where id = $1""",
        other,
    )
    await clinic.write("finish", other)
    await told(ana)
    name, statement = CORRECTIONS[fact]

    await clinic.connection.execute(statement, clinic.ids[name])

    assert ("ready", 10) == ((await clinic.delivery(visit))["state"], (await clinic.delivery(visit))["priority"])
    assert "delivered" == await clinic.state(other)
    assert 0 == await clinic.connection.fetchval("select count(*) from integration.corrections")


@pytest.mark.parametrize("fact", IRRELEVANT)
async def test_what_was_never_told_is_not_told_again(clinic: Clinic, ana: Worker, fact: str) -> None:
    """Nor is a fact that was only saved again."""
    visit = await dispensed(clinic)
    await told(ana)
    name, statement = IRRELEVANT[fact]

    await clinic.connection.execute(statement, clinic.ids[name])

    assert "delivered" == await clinic.state(visit)


@pytest.mark.parametrize("person", ["patients", "practitioners"])
async def test_a_nik_that_was_erased_meanwhile(clinic: Clinic, ana: Worker, person: str) -> None:
    """The new number comes after nothing at all, and is still another one than was told."""
    visit = await dispensed(clinic)
    await told(ana)
    await clinic.connection.execute(f"update public.{person} set nik = null")  # noqa: S608
    assert "delivered" == await clinic.state(visit)

    await clinic.connection.execute(f"update public.{person} set nik = '3171000000000009'")  # noqa: S608

    assert "ready" == await clinic.state(visit)


async def test_a_lease_that_saw_the_old_fact_ends_ready(clinic: Clinic, ana: Worker) -> None:
    """It may have told the number of somebody else."""
    visit = await dispensed(clinic)
    (lease,) = await ana.lease()
    await clinic.connection.execute(CORRECTIONS["doctor's NIK"][1], clinic.ids["doctor"])

    await ana.record(report(lease, "delivered"))

    assert "ready" == await clinic.state(visit)


@pytest.mark.parametrize("state", ["blocked", "rejected"])
async def test_what_is_closed_for_another_reason_stays_closed(clinic: Clinic, ana: Worker, state: str) -> None:
    """It is told the corrected fact whenever it goes."""
    visit = await dispensed(clinic)
    (lease,) = await ana.lease()
    await ana.record(report(lease, state, problems=[problem(None)]))

    await clinic.connection.execute(CORRECTIONS["doctor's NIK"][1], clinic.ids["doctor"])

    assert state == await clinic.state(visit)


async def test_many_visits_are_wanted_some_at_a_time(clinic: Clinic, ana: Worker) -> None:
    """The admin's save takes the first few hundred, every sweep some more, and an edit goes before them all."""
    visits = await clinic.finished(260)
    await told(ana)

    await clinic.connection.execute(CORRECTIONS["doctor's NIK"][1], clinic.ids["doctor"])

    ready = "select count(*) from integration.deliveries where state = 'ready'"
    assert 200 == await clinic.connection.fetchval(ready)
    await ana.sweep()
    assert 260 == await clinic.connection.fetchval(ready)
    await clinic.write("edit", visits[-1])
    assert [visits[-1]] == [lease["subject_id"] for lease in await ana.lease(1)]


def _refusal(lease: Row, key: str, **more: object) -> Row:
    return report(lease, "rejected", failure="invalid", problems=[problem(f"changed/{key}")], **more)


@pytest.mark.parametrize("field", MENDS)
async def test_a_refused_visit_goes_on_once_the_named_row_changes(clinic: Clinic, ana: Worker, field: str) -> None:
    """Nobody has to press anything."""
    visit = await dispensed(clinic)
    (lease,) = await ana.lease()
    name, statement = MENDS[field]
    await ana.record(_refusal(lease, f"{KEYS[name]}/{clinic.ids[name]}"))
    assert "rejected" == await clinic.state(visit)

    await clinic.connection.execute(statement, clinic.ids[name])

    assert "ready" == await clinic.state(visit)


@pytest.mark.parametrize("fact", ["patient's phone", "same NIK"])
async def test_a_refused_visit_stays_when_nothing_relevant_changed(clinic: Clinic, ana: Worker, fact: str) -> None:
    """Nor does a number that was merely found send it again, also its own."""
    visit = await dispensed(clinic)
    patient = clinic.ids["patient"]
    (lease,) = await ana.lease()
    found = {"key": f"patient/{patient}", "type": "Patient", "remote_id": "P1"}
    await ana.record(_refusal(lease, f"patient/{patient}", accepted=[found]))

    await clinic.connection.execute(IRRELEVANT[fact][1], patient)
    await ana.connection.execute("select integration.remember('satusehat', $1, $2)", clinic.ids["clinic"],
                                 json.dumps([found]))  # fmt: skip
    await ana.sweep()

    assert "rejected" == await clinic.state(visit)


async def test_a_row_mended_during_the_attempt_undoes_the_refusal(clinic: Clinic, ana: Worker) -> None:
    """The lease looked before, the record comes after."""
    await dispensed(clinic)
    (lease,) = await ana.lease()
    patient = clinic.ids["patient"]
    await clinic.connection.execute(MENDS["patients.birth_date"][1], patient)

    assert [("recorded", "ready")] == await ana.record(_refusal(lease, f"patient/{patient}"))


async def test_an_ordinary_block_is_no_correction(clinic: Clinic, ana: Worker) -> None:
    """A first NIK releases what waited for it; nothing was told before."""
    await clinic.connection.execute("update public.patients set nik = null")
    visit = await dispensed(clinic)
    (lease,) = await ana.lease()
    await ana.record(missing(lease, f"patient/{clinic.ids['patient']}"))
    await clinic.connection.execute(CORRECTIONS["patient's NIK"][1], clinic.ids["patient"])
    after = await clinic.delivery(visit)
    assert ("ready", 0, lease["generation"]) == (after["state"], after["priority"], after["generation"])
