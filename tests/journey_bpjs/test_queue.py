"""The queue of a poli reaches Antrean while patients wait: at a first-level clinic, and task by task at a hospital."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from sandbox.people import CLINIC_ID, HOSPITAL_ID
from tests.journey.stage import until
from tests.journey_bpjs.hospital import Hospital
from tests.journey_bpjs.stage import ACTIVE, ELSEWHERE, NEW_MEMBER, Counter

SQL = Path(__file__).with_name("queue.sql")
START = "update public.visits set status = 'in_progress' where id = $1"
FINISH = "update public.visits set status = 'finished', disposition = 'home' where id = $1"
CANCEL = "update public.visits set status = 'cancelled' where id = $1"
ENTRY = "select * from public.queue_entries where visit_id = $1 and status <> 'cancelled'"
STATES = """select d.state::text from integration.deliveries d join public.queue_entries q on q.id = d.subject_id
             where d.kind = 'queue' and q.visit_id = $1 order by q.number"""
WORK = """select w.role::text, w.field from public.work_items w join public.queue_entries q on q.id = w.subject_id
           where q.visit_id = $1 order by 1, 2"""
UNDER_WAY = """select count(*) from integration.deliveries
                where target = 'antrean' and state in ('ready', 'leased', 'uncertain')"""
OTHER_PAYER = """insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer)
    select $1, $2, d.id, l.id, 'self' from public.locations l, public.practitioners d
     where l.clinic_id = $1 and l.code = 'POLI-UMUM' and d.clinic_id = $1 and d.profession = 'doctor'
     limit 1 returning id"""
TAKE = """select integration.take_number($1, jsonb_build_object('nomorkartu', $2::text, 'nik', $3::text,
    'kodepoli', '001', 'tanggalperiksa', (now() at time zone 'Asia/Jakarta')::date))::text"""
UNMAP = "delete from integration.mappings where kind = 'bpjs_doctor' and code = '140001' returning *"
MAP_GIGI = """insert into integration.mappings (clinic_id, kind, local_id, code, display)
              select clinic_id, 'bpjs_poli', id::text, '002', 'GIGI' from public.locations
               where clinic_id = $1 and code = 'POLI-GIGI' on conflict do nothing"""
MOVE = """update public.visits v set location_id = l.id from public.locations l
           where v.id = $1 and l.clinic_id = v.clinic_id and l.code = 'POLI-GIGI'"""


@pytest.fixture(scope="session")
async def equipped(opened: Counter) -> Counter:
    """What these journeys need of the database."""
    await opened.pool.execute(SQL.read_text(encoding="utf-8"))
    return opened


@pytest.fixture
async def poli(equipped: Counter, clinic: Counter) -> AsyncIterator[Counter]:
    """The general poli of Klinik Melati, with practice hours."""
    await clinic.sql("select counter.open_hours($1, 'POLI-UMUM')", CLINIC_ID)
    yield clinic
    await clinic.sql("select counter.close_queues()")


@pytest.fixture
async def hospital(equipped: Counter, opened_hospital: Hospital, counter: Counter) -> AsyncIterator[str]:
    """A hospital's poli; gives the clinic."""
    await counter.sql("select counter.specialists($1)", HOSPITAL_ID)
    yield HOSPITAL_ID
    await counter.sql("select counter.close_queues()")


async def settled(counter: Counter, visit: str, *states: str) -> None:
    """Wait until the visit's places in the queue are in these states."""

    async def there() -> bool:
        return list(states) == [row[0] for row in await counter.sql(STATES, visit)]

    await until(there, f"the places become {states}")


async def rested(counter: Counter) -> None:
    """Wait until nothing is on its way to Antrean any more."""

    async def over() -> bool:
        return not await counter.one(UNDER_WAY)

    await until(over, "every place comes to rest")


async def entry(counter: Counter, visit: str) -> asyncpg.Record:
    """The visit's place."""
    (row,) = await counter.sql(ENTRY, visit)
    return row


async def standing(counter: Counter) -> list[dict[str, Any]]:
    """Whom BPJS still expects at the clinic: the bodies of what was not cancelled."""
    return [row["body"] for row in await counter.held("queue") if row["body"]["batal"] is None]


async def said(counter: Counter) -> list[str]:
    """What Antrean was sent, in order, refusals and lost answers among it."""
    rows = [row for row in await counter.requests() if row["service"].startswith("antrean")]
    return [row["path"].split("/antrean/")[-1] for row in rows]


async def lose_answers(counter: Counter, *paths: str) -> None:
    """The next request to each path is carried out and its answer lost."""
    await counter.behave(*(
        {"match": {"path": path, "next": 1}, "effect": {"kind": "drop_after_commit"}} for path in paths
    ))  # fmt: skip


async def test_a_patient_is_added_called_and_served(poli: Counter) -> None:
    """One add while they wait, one panggil when the doctor calls; going home says nothing new."""
    async with poli.daemon():
        visit = await poli.visit(await poli.registers(ACTIVE), finished=False)
        await settled(poli, visit, "delivered")
        (waiting,) = await poli.held("queue")
        await poli.sql(START, visit)
        await poli.drained()
        await poli.sql(FINISH, visit)
        await poli.drained()
    row = await entry(poli, visit)
    (called,) = await poli.held("queue")
    assert (row["queue_number"], None) == (waiting["body"]["nomorantrean"], waiting["body"]["status"])
    assert (1, int(row["called_at"].timestamp() * 1000)) == (called["body"]["status"], called["body"]["waktu"])
    assert ["add", "panggil"] == await said(poli)
    assert "served" == row["status"]


async def test_a_cancelled_patient_leaves_the_queue(poli: Counter) -> None:
    """BPJS holds nothing of them; the number is not given again."""
    async with poli.daemon():
        patient = await poli.registers(ACTIVE)
        visit = await poli.visit(patient, finished=False)
        await settled(poli, visit, "delivered")
        await poli.sql(CANCEL, visit)
        await poli.drained()
        assert [] == await standing(poli)
        again = await poli.visit(patient, finished=False)
        await settled(poli, again, "delivered")
    assert ["add", "batal", "add"] == await said(poli)
    assert [2] == [body["angkaantrean"] for body in await standing(poli)]


async def test_lost_answers_make_no_second_place(poli: Counter) -> None:
    """The refusal of a second add is the answer to a lost one; panggil may be said twice."""
    await lose_answers(poli, "antrean/add", "antrean/panggil")
    async with poli.daemon():
        visit = await poli.visit(await poli.registers(ACTIVE), finished=False)
        await poli.sql(START, visit)
        await settled(poli, visit, "delivered")
    assert [1] == [row["body"]["status"] for row in await poli.held("queue")]
    assert not (await poli.summary())["duplicates"]
    assert 2 == (await said(poli)).count("add")


async def test_a_lost_batal_is_said_again(poli: Counter) -> None:
    """It finds nothing any more, and that is well."""
    async with poli.daemon():
        visit = await poli.visit(await poli.registers(ACTIVE), finished=False)
        await settled(poli, visit, "delivered")
        await lose_answers(poli, "antrean/batal")
        await poli.sql(CANCEL, visit)
        await settled(poli, visit, "delivered")
    assert [] == await standing(poli)
    assert ["add", "batal", "batal"] == await said(poli)


async def test_those_who_pay_themselves_stand_there_too(poli: Counter) -> None:
    """Their place is told without a card; whom a panggil without one means nobody could say."""
    async with poli.daemon():
        visit = str(await poli.one(OTHER_PAYER, CLINIC_ID, await poli.registers(ELSEWHERE)))
        await settled(poli, visit, "delivered")
        await poli.sql(START, visit)
        await poli.drained()
    (held,) = await poli.held("queue")
    assert ("", ELSEWHERE) == (held["body"]["nomorkartu"], held["body"]["nik"])
    assert ["add"] == await said(poli)


async def test_an_unmapped_doctor_waits_for_the_admin(poli: Counter) -> None:
    """Mapping the doctor is all it takes."""
    (kept,) = await poli.sql(UNMAP)
    async with poli.daemon():
        patient = await poli.registers(ACTIVE)
        await poli.drained()
        visit = await poli.visit(patient, finished=False)
        await settled(poli, visit, "blocked")
        assert [("admin", "practitioners.full_name")] == [tuple(row) for row in await poli.sql(WORK, visit)]
        await poli.sql("insert into integration.mappings select ($1::integration.mappings).*", kept)
        await settled(poli, visit, "delivered")
    assert [] == await poli.sql(WORK, visit)


async def test_hours_that_nobody_wrote_down_are_asked_for(poli: Counter) -> None:
    """A doctor who stands in has no practice hours at the poli; writing them down is all it takes."""
    await poli.sql("update public.practitioner_schedules set active = weekday <> "
                   "extract(isodow from now() at time zone 'Asia/Jakarta')")  # fmt: skip
    async with poli.daemon():
        patient = await poli.registers(ACTIVE)
        await poli.drained()
        visit = await poli.visit(patient, finished=False)
        await settled(poli, visit, "blocked")
        assert [("admin", "practitioner_schedules.opens")] == [tuple(row) for row in await poli.sql(WORK, visit)]
        await poli.sql("update public.practitioner_schedules set active = true")
        await settled(poli, visit, "delivered")


async def test_mobile_jkn_was_there_before(poli: Counter) -> None:
    """The number taken on the telephone is the number at the counter; arriving takes no second one."""
    async with poli.daemon():
        patient = await poli.registers(ACTIVE)
        await poli.drained()
        card = (await poli.membership(patient))["card_number"]
        assert '"code": 200' in await poli.one(TAKE, CLINIC_ID, card, ACTIVE)
        await poli.drained()
        visit = await poli.visit(patient, finished=False)
        await settled(poli, visit, "delivered")
    row = await entry(poli, visit)
    assert ("mobile_jkn", 1) == (row["source"], row["number"])
    assert ["add"] == await said(poli)


async def test_another_poli_is_another_queue(poli: Counter) -> None:
    """The old place is given back, a new one taken."""
    await poli.sql("select counter.open_hours($1, 'POLI-GIGI')", CLINIC_ID)
    await poli.sql(MAP_GIGI, CLINIC_ID)
    async with poli.daemon():
        visit = await poli.visit(await poli.registers(ACTIVE), finished=False)
        await settled(poli, visit, "delivered")
        await poli.sql(MOVE, visit)
        await settled(poli, visit, "delivered", "delivered")
    assert [("002", 1)] == [(body["kodepoli"], body["angkaantrean"]) for body in await standing(poli)]


async def test_what_bpjs_forgot_is_added_again(poli: Counter) -> None:
    """A panggil finds nobody there: the place is told anew, then called."""
    async with poli.daemon():
        visit = await poli.visit(await poli.registers(ACTIVE), finished=False)
        await settled(poli, visit, "delivered")
        (await poli.door.post("/__sandbox__/reset", json={"resources": True})).raise_for_status()
        await poli.sql(START, visit)
        await poli.drained()
    assert [1] == [row["body"]["status"] for row in await poli.held("queue")]


async def test_a_hospital_tells_task_by_task(counter: Counter, hospital: str) -> None:
    """A new patient: registration, waiting, the doctor, done; each time later than the one before."""
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", hospital, ACTIVE))
        await settled(counter, visit, "delivered")
        (booked,) = await counter.held("booking")
        await counter.sql(START, visit)
        await rested(counter)
        await counter.sql(FINISH, visit)
        await rested(counter)
    (done,) = await counter.held("booking")
    times = [task["waktu"] for task in done["body"]["tasks"]]
    assert (1, "JKN") == (booked["body"]["pasienbaru"], booked["body"]["jenispasien"])
    assert [1, 2, 3] == [task["taskid"] for task in booked["body"]["tasks"]]
    assert [1, 2, 3, 4, 5] == [task["taskid"] for task in done["body"]["tasks"]]
    assert times == sorted(set(times))
    assert "getlisttask" not in await said(counter)


async def test_lost_tasks_are_healed_from_the_list(counter: Counter, hospital: str) -> None:
    """Answers to the booking and to two tasks are lost: BPJS is asked, nothing is told twice."""
    await lose_answers(counter, "antrean/add", "antrean/updatewaktu")
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", hospital, NEW_MEMBER))
        await settled(counter, visit, "delivered")
        await lose_answers(counter, "antrean/updatewaktu")
        await counter.sql(FINISH, visit)
        await settled(counter, visit, "delivered")
    (held,) = await counter.held("booking")
    sent = await said(counter)
    assert [1, 2, 3, 4, 5] == [task["taskid"] for task in held["body"]["tasks"]]
    assert not (await counter.summary())["duplicates"]
    assert (1, 5) == (sent.count("add"), sent.count("updatewaktu"))
    assert "getlisttask" in sent


async def test_a_hospital_booking_is_cancelled_or_ended(counter: Counter, hospital: str) -> None:
    """Before the doctor it is batal, after it task 99."""
    async with counter.daemon():
        early = str(await counter.one("select counter.referred($1, $2)", hospital, ACTIVE))
        late = str(await counter.one("select counter.referred($1, $2)", hospital, NEW_MEMBER))
        await counter.sql(START, late)
        await settled(counter, early, "delivered")
        await settled(counter, late, "delivered")
        for visit in (early, late):
            await counter.sql(CANCEL, visit)
        await rested(counter)
    ends = {row["body"]["angkaantrean"]: (row["body"]["batal"], [one["taskid"] for one in row["body"]["tasks"]][-1])
            for row in await counter.held("booking")}  # fmt: skip
    assert {1: ("Kunjungan dibatalkan", 3), 2: (None, 99)} == ends


async def test_a_missing_referral_is_the_counters_work(counter: Counter, hospital: str) -> None:
    """Antrean RS takes no member without a letter; typing its number is all it takes."""
    async with counter.daemon():
        patient = await counter.one(
            """insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
               values ($1, '77', $2, 'Pasien', '1980-01-05', 'female') returning id""", hospital, ACTIVE)  # fmt: skip
        await counter.drained()
        visit = str(await counter.one(
            """insert into public.visits (clinic_id, patient_id, location_id, payer)
               select $1, $2, l.id, 'bpjs' from public.locations l where l.clinic_id = $1 and l.code = 'POLI-INT'
               returning id""", hospital, patient))  # fmt: skip
        await settled(counter, visit, "blocked")
        assert [("front_desk", "queue_entries.reference_number")] == [tuple(r) for r in await counter.sql(WORK, visit)]
        await counter.sql("update public.queue_entries set reference_number = 'R1' where visit_id = $1", visit)
        await settled(counter, visit, "delivered")


async def test_the_referral_that_vclaim_finds_is_enough(
    counter: Counter, opened_hospital: Hospital, hospital: str
) -> None:
    """Nobody types it: the SEP's look-up finds it, and the place is told with it."""
    async with counter.daemon():
        visit = await opened_hospital.arrives()
        await settled(counter, visit, "delivered")
    (held,) = await counter.held("booking")
    (sep,) = await counter.sql("select found_number from public.bpjs_seps where visit_id = $1", visit)
    assert held["body"]["nomorreferensi"] == sep["found_number"]
