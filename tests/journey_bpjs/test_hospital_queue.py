"""A hospital's queue reaches Antrean task by task, each once."""

from tests.journey_bpjs.hospital import Hospital
from tests.journey_bpjs.queueing import CANCEL, FINISH, START, WORK, lose_answers, rested, said, settled
from tests.journey_bpjs.stage import ACTIVE, NEW_MEMBER, Counter


async def test_a_hospital_tells_task_by_task(counter: Counter, specialists: str) -> None:
    """A new patient: registration, waiting, the doctor, done; each time later than the one before."""
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", specialists, ACTIVE))
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


async def test_lost_tasks_are_healed_from_the_list(counter: Counter, specialists: str) -> None:
    """Answers to the booking and to two tasks are lost: BPJS is asked, nothing is told twice."""
    await lose_answers(counter, "antrean/add", "antrean/updatewaktu")
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", specialists, NEW_MEMBER))
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


async def test_a_hospital_booking_is_cancelled_or_ended(counter: Counter, specialists: str) -> None:
    """Before the doctor it is batal, after it task 99."""
    async with counter.daemon():
        early = str(await counter.one("select counter.referred($1, $2)", specialists, ACTIVE))
        late = str(await counter.one("select counter.referred($1, $2)", specialists, NEW_MEMBER))
        await counter.sql(START, late)
        await settled(counter, early, "delivered")
        await settled(counter, late, "delivered")
        for visit in (early, late):
            await counter.sql(CANCEL, visit)
        await rested(counter)
    ends = {row["body"]["angkaantrean"]: (row["body"]["batal"], [one["taskid"] for one in row["body"]["tasks"]][-1])
            for row in await counter.held("booking")}  # fmt: skip
    assert {1: ("Kunjungan dibatalkan", 3), 2: (None, 99)} == ends


async def test_a_missing_referral_is_the_counters_work(counter: Counter, specialists: str) -> None:
    """Antrean RS takes no member without a letter; typing its number is all it takes."""
    async with counter.daemon():
        patient = await counter.one(
            """insert into public.patients (clinic_id, medical_record_number, nik, full_name, birth_date, gender)
               values ($1, '77', $2, 'Pasien', '1980-01-05', 'female') returning id""",
            specialists, ACTIVE)  # fmt: skip
        await counter.drained()
        visit = str(await counter.one(
            """insert into public.visits (clinic_id, patient_id, location_id, payer)
               select $1, $2, l.id, 'bpjs' from public.locations l where l.clinic_id = $1 and l.code = 'POLI-INT'
               returning id""", specialists, patient))  # fmt: skip
        await settled(counter, visit, "blocked")
        assert [("front_desk", "queue_entries.reference_number")] == [tuple(r) for r in await counter.sql(WORK, visit)]
        await counter.sql("update public.queue_entries set reference_number = 'R1' where visit_id = $1", visit)
        await settled(counter, visit, "delivered")


async def test_the_referral_that_vclaim_finds_is_enough(
    counter: Counter, opened_hospital: Hospital, specialists: str
) -> None:
    """Nobody types it: the SEP's look-up finds it, and the place is told with it."""
    async with counter.daemon():
        visit = await opened_hospital.arrives()
        await settled(counter, visit, "delivered")
    (held,) = await counter.held("booking")
    (sep,) = await counter.sql("select found_number from public.bpjs_seps where visit_id = $1", visit)
    assert held["body"]["nomorreferensi"] == sep["found_number"]


async def test_tasks_that_somebody_else_told_are_not_told_again(counter: Counter, specialists: str) -> None:
    """BPJS knows more than we do: its list is read once, and only the rest is sent."""
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", specialists, ACTIVE))
        await settled(counter, visit, "delivered")
        await counter.sql("delete from integration.remote_resources where local_key like 'queue-task/%'")
        await counter.sql(FINISH, visit)
        await settled(counter, visit, "delivered")
    (held,) = await counter.held("booking")
    assert [1, 2, 3, 4, 5] == [task["taskid"] for task in held["body"]["tasks"]]
    assert ["updatewaktu", "getlisttask", "updatewaktu", "updatewaktu"] == (await said(counter))[-4:]


async def test_a_booking_that_bpjs_forgot_is_made_again(counter: Counter, specialists: str) -> None:
    """Its next task finds no booking: the place is added anew, with all that happened."""
    async with counter.daemon():
        visit = str(await counter.one("select counter.referred($1, $2)", specialists, ACTIVE))
        await settled(counter, visit, "delivered")
        (await counter.door.post("/__sandbox__/reset", json={"resources": True})).raise_for_status()
        await counter.sql(START, visit)
        await rested(counter)
    (held,) = await counter.held("booking")
    assert [1, 2, 3, 4] == [task["taskid"] for task in held["body"]["tasks"]]
