"""Which lanes a clinic has at BPJS, and that an answer about one person never becomes another's."""

import asyncio

import asyncpg

from tests.database.desk import Clinic

CODE = "update public.clinics set bpjs_facility_code = $2, capability = $3 where id = $1"
LANES = """select l.target from integration.lanes l join integration.targets t using (target)
            where clinic_id = $1 and t.bpjs order by 1"""
PATIENT = """insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
             values ($1, 'RM-NIK', '8801010101900001', 'Pasien Uji', '1990-01-01', 'male') returning id"""
LEARN = """select integration.membership_learned($1, jsonb_build_object(
               'nik', '8801010101900001', 'status', 'active', 'as_of', now(), 'card_number', '8000000000999'))"""


async def lanes(connection: asyncpg.Connection, clinic: object) -> list[str]:
    """The clinic's lanes at BPJS."""
    return [row[0] for row in await connection.fetch(LANES, clinic)]


async def test_a_corrected_capability_leaves_no_lane_behind(clinic: Clinic) -> None:
    """A clinic entered as first level by mistake is asked about at one service, not at either."""
    connection, id_ = clinic.connection, clinic.ids["clinic"]
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(CODE, id_, "0114T001", "fktp")
        assert ["antrean", "pcare"] == await lanes(connection, id_)
        await connection.execute(CODE, id_, "0114T001", "fkrtl")
        assert ["antrean", "vclaim"] == await lanes(connection, id_)
    finally:
        await transaction.rollback()


async def test_an_answer_that_meets_a_corrected_nik_is_dropped(clinic: Clinic, other: asyncpg.Connection) -> None:
    """The NIK is corrected while an answer about the old one is written: it is nobody's answer any more."""
    connection, id_ = clinic.connection, clinic.ids["clinic"]
    await connection.execute(CODE, id_, "0114T002", "fktp")
    patient = await connection.fetchval(PATIENT, id_)
    asked = await connection.fetchval("select id from public.bpjs_memberships where patient_id = $1", patient)
    correcting = other.transaction()
    await correcting.start()
    await other.execute("update public.patients set nik = '8801010101900002' where id = $1", patient)
    learning = asyncio.create_task(connection.execute(LEARN, asked))
    await asyncio.wait([learning], timeout=0.3)  # it cannot end: it waits for the correction
    await correcting.commit()
    await learning
    query = "select status, card_number from public.bpjs_memberships where id = $1"
    assert ("unknown", None) == tuple(await connection.fetchrow(query, asked))


async def test_an_answer_and_a_correction_do_not_lock_each_other_out(clinic: Clinic, other: asyncpg.Connection) -> None:
    """A worker is about to write an answer while the front desk corrects the NIK: both come through."""
    connection, id_ = clinic.connection, clinic.ids["clinic"]
    await connection.execute(CODE, id_, "0114T003", "fktp")
    patient = await connection.fetchval(PATIENT, id_)
    asked = await connection.fetchval("select id from public.bpjs_memberships where patient_id = $1", patient)
    async with connection.transaction():
        await connection.execute("select from integration.deliveries where subject_id = $1 for update", asked)
        nik = "update public.patients set nik = '8801010101900002' where id = $1"
        correcting = asyncio.create_task(other.execute(nik, patient))
        await asyncio.wait([correcting], timeout=0.3)  # it cannot end: it waits for the worker
        await connection.execute(LEARN, asked)
    await correcting
    assert "unknown" == await connection.fetchval("select status from public.bpjs_memberships where id = $1", asked)
