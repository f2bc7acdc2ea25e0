"""A first-level clinic's queue reaches Antrean while patients wait."""

from sandbox.people import CLINIC_ID
from tests.journey_bpjs.queueing import CANCEL, FINISH, START, WORK, entry, lose_answers, said, settled, standing
from tests.journey_bpjs.stage import ACTIVE, BORN, ELSEWHERE, IN_ARREARS, UNKNOWN, Counter

OTHER_PAYER = """insert into public.visits (clinic_id, patient_id, practitioner_id, location_id, payer)
    select $1, $2, d.id, l.id, 'self' from public.locations l, public.practitioners d
     where l.clinic_id = $1 and l.code = 'POLI-UMUM' and d.clinic_id = $1 and d.profession = 'doctor'
     limit 1 returning id"""
TAKE = """select integration.take_number($1, jsonb_build_object('nomorkartu', $2::text, 'nik', $3::text,
    'kodepoli', '001', 'tanggalperiksa', (now() at time zone 'Asia/Jakarta')::date))::text"""
UNMAP = "delete from integration.mappings where kind = 'bpjs_doctor' and code = '140001' returning *"
SPOILT = ("drop_after_commit", "drop_before_commit", "error_after_commit", "bad_gateway", "html", "undecryptable")
MAP_GIGI = """insert into integration.mappings (clinic_id, kind, local_id, code, display)
              select clinic_id, 'bpjs_poli', id::text, '002', 'GIGI' from public.locations
               where clinic_id = $1 and code = 'POLI-GIGI' on conflict do nothing"""
MOVE = """update public.visits v set location_id = l.id from public.locations l
           where v.id = $1 and l.clinic_id = v.clinic_id and l.code = 'POLI-GIGI'"""


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


async def test_a_storm_leaves_each_place_once(poli: Counter) -> None:
    """Half of the answers are lost or spoilt, before or after the fact; in the end BPJS holds what the clinic does."""
    people = [await poli.registers(nik) for nik in BORN if nik not in (IN_ARREARS, UNKNOWN)]
    async with poli.daemon():
        await poli.drained()
        await poli.behave(*(
            {"match": {"path": "antrean/", "probability": 0.1}, "effect": {"kind": kind}} for kind in SPOILT
        ), seed=7)  # fmt: skip
        visits = [await poli.visit(one, finished=False) for one in people]
        await poli.sql(START, visits[0])
        await poli.sql(FINISH, visits[1])
        await poli.sql(CANCEL, visits[2])
        for visit in visits:
            await settled(poli, visit, "delivered")
    assert [1, 1] == [body["status"] for body in await standing(poli)]
    assert not (await poli.summary())["duplicates"]
    assert 6 < len(await said(poli))  # as many as it takes on a calm day
