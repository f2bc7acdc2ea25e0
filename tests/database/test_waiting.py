"""A missing fact arrives before, during or after the ending that would wait for it: no block gets stuck."""

from uuid import uuid4

import asyncpg
import pytest

from tests.database.desk import SQL, Clinic, Worker, missing, report

KEY = "patient/x"


async def test_what_waits_is_released(clinic: Clinic, ana: Worker) -> None:
    """The ordinary case: blocked first, resolved afterwards, ready with no click."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(missing(lease, KEY, "mapping/drug/y"))
    assert {KEY, "mapping/drug/y"} == set(await clinic.connection.fetchval(SQL["waits"], visit))

    await clinic.connection.execute(SQL["resolve"])

    assert "ready" == await clinic.state(visit)
    assert [] == await clinic.connection.fetchval(SQL["waits"], visit)


async def test_resolved_before_the_lease_it_stays_blocked(clinic: Clinic, ana: Worker) -> None:
    """The worker saw the new fact and still misses something: no endless circle."""
    (visit,) = await clinic.finished()
    await clinic.connection.execute(SQL["resolve"])
    (lease,) = await ana.lease()

    assert [("recorded", "blocked")] == await ana.record(missing(lease, KEY))
    assert 0 == (await ana.sweep())["released"]
    assert "blocked" == await clinic.state(visit)


async def test_resolved_after_the_lease_the_record_undoes_the_block(clinic: Clinic, ana: Worker) -> None:
    """The worker decided from an older view."""
    await clinic.finished()
    (lease,) = await ana.lease()
    await clinic.connection.execute(SQL["resolve"])

    assert [("recorded", "ready")] == await ana.record(missing(lease, KEY))


@pytest.mark.parametrize("resolved", ["before the lease", "after the lease"])
async def test_resolved_in_a_transaction_that_nobody_saw(
    clinic: Clinic, ana: Worker, other: asyncpg.Connection, resolved: str
) -> None:
    """It began early and committed after the record: neither saw the other, the sweep sees both."""
    (visit,) = await clinic.finished()
    change = other.transaction()
    await change.start()
    if resolved == "before the lease":
        await other.execute(SQL["resolve"])
    (lease,) = await ana.lease()
    if resolved == "after the lease":
        await other.execute(SQL["resolve"])
    assert [("recorded", "blocked")] == await ana.record(missing(lease, KEY))
    assert 0 == (await ana.sweep())["released"]

    await change.commit()

    assert "blocked" == await clinic.state(visit)
    assert 1 == (await ana.sweep())["released"]
    assert "ready" == await clinic.state(visit)


async def test_resolved_while_the_record_is_not_committed(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """The record is the one that was not seen: again the sweep has the last word."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    async with ana.connection.transaction():
        assert [("recorded", "blocked")] == await ana.record(missing(lease, KEY))
        await clinic.connection.execute(SQL["resolve"])
    assert "blocked" == await clinic.state(visit)

    assert 1 == (await bob.sweep())["released"]
    assert "ready" == await clinic.state(visit)


async def test_a_rolled_back_fact_releases_nothing(clinic: Clinic, ana: Worker, other: asyncpg.Connection) -> None:
    """It never was."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    change = other.transaction()
    await change.start()
    await other.execute(SQL["resolve"])
    await ana.record(missing(lease, KEY))
    await change.rollback()

    assert 0 == (await ana.sweep())["released"]
    assert "blocked" == await clinic.state(visit)


async def test_an_identity_found_for_one_visit_releases_the_others(clinic: Clinic, ana: Worker) -> None:
    """Two visits wait for the same patient; one worker finds the number."""
    await clinic.finished(3)
    first, second, third = await ana.lease()
    key = f"patient/{clinic.ids['patient']}"
    await ana.record(missing(first, key), missing(second, key))

    await ana.record(report(third, "delivered", accepted=[{"key": key, "type": "Patient", "remote_id": "P1"}]))

    assert {first["id"], second["id"]} == {lease["id"] for lease in await ana.lease()}


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("patient", "update public.patients set nik = '9271060312000002' where id = $1"),
        ("practitioner", "update public.practitioners set nik = '7209061211900002' where id = $1"),
        ("location", "update public.locations set name = 'Poli Baru' where id = $1"),
        ("clinic", "update public.clinics set satusehat_organization_id = 'ORG1' where id = $1"),
        ("mapping/drug", "update public.drugs set form_code = 'BS066' where id = $1"),
        (
            "mapping/drug",
            "insert into integration.mappings (clinic_id, kind, local_id, code, display) "
            "select d.clinic_id, 'drug', d.id::text, '93001019', 'P' from public.drugs d where d.id = $1",
        ),
    ],
)
async def test_mending_a_fact_releases_what_waits(clinic: Clinic, ana: Worker, kind: str, statement: str) -> None:
    """Every fact a delivery can wait for has a write that lets it go on."""
    names = {"practitioner": "doctor", "location": "room", "mapping/drug": "drug"}
    thing = clinic.ids[names.get(kind, kind)]
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(missing(lease, f"{kind}/{thing}"))

    await clinic.connection.execute(statement, thing)

    assert "ready" == await clinic.state(visit)


async def test_a_corrected_nik_forgets_the_number_found_for_the_old_one(clinic: Clinic, ana: Worker) -> None:
    """Somebody else's number is never used again."""
    patient = clinic.ids["patient"]
    await clinic.finished()
    accepted = [{"key": f"patient/{patient}", "type": "Patient", "remote_id": "P1"}]
    (lease,) = await ana.lease()
    await ana.record(report(lease, "postponed", failure="away", wait_seconds=0, accepted=accepted))

    await clinic.connection.execute("update public.patients set nik = '9271060312000003' where id = $1", patient)

    (again,) = await ana.lease()
    assert "[]" == again["known"]


async def test_old_keys_are_swept_away(clinic: Clinic, ana: Worker) -> None:
    """The list of resolved keys does not grow for ever."""
    await clinic.connection.execute(
        "insert into integration.resolved_keys (key, resolved_at) values ($1, now() - interval '2 days')",
        f"patient/{uuid4()}",
    )
    await ana.sweep()

    assert 0 == await clinic.connection.fetchval("select count(*) from integration.resolved_keys")
