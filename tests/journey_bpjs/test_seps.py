"""The SEP of a referral-level visit: made once, adopted, updated, left, deleted; letters; and both sides compared."""

import pytest

from tests.journey_bpjs.hospital import Hospital

LOST = {"kind": "drop_after_commit"}
PLAN = """insert into public.bpjs_control_letters
        (clinic_id, visit_id, letter_kind, planned_on, location_id, practitioner_id)
    select clinic_id, id, $2, current_date + 14, location_id, practitioner_id from public.visits where id = $1
    returning id"""
PLANNED = "select letter_number from public.bpjs_control_letters where id = $1"


async def test_a_cancelled_visit_deletes_its_sep(ward: Hospital) -> None:
    """VClaim holds nothing of it afterwards."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        assert 1 == len(await ward.counter.held("sep"))
        await ward.counter.sql("update public.visits set status = 'cancelled' where id = $1", visit)
        await ward.counter.drained()
    assert [] == await ward.counter.held("sep")
    assert (await ward.sep(visit))["sep_number"] is None


async def test_an_expired_referral_is_caught_before_anything_is_sent(ward: Hospital) -> None:
    """The front desk reads it on arrival; a new referral's number is all it takes."""
    async with ward.counter.daemon():
        visit = await ward.arrives(referred_days_ago=91)
        await ward.counter.drained()
        (item,) = await ward.work()
        assert ("front_desk", "bpjs_seps.referral_number", "sep:referral_expired") == item[:3]
        assert 0 == await ward.posts("SEP/2.0/insert")
        fresh = await ward.refer()
        desk = ward.desks["front_desk"].table("bpjs_seps")
        await desk.update({"referral_number": fresh}).eq("visit_id", visit).execute()
        await ward.reaches(visit, "delivered")
    (sep,) = await ward.counter.held("sep")
    assert fresh == sep["body"]["rujukan"]["noRujukan"]
    assert [] == await ward.work()


async def test_no_referral_at_all(ward: Hospital) -> None:
    """VClaim knows none: the front desk is told, and nothing is sent."""
    async with ward.counter.daemon():
        await ward.arrives(referred_days_ago=None)
        await ward.counter.drained()
    assert ["sep:referral_missing"] == [item[2] for item in await ward.work()]
    assert 0 == await ward.posts("SEP/2.0/insert")


async def test_an_inpatient_leaves(ward: Hospital) -> None:
    """No referral is asked for, and VClaim learns the day of leaving once the visit is finished."""
    async with ward.counter.daemon():
        visit = await ward.arrives(visit_class="inpatient", referred_days_ago=None)
        await ward.counter.drained()  # no referral says what the patient has: the doctor does
        assert [("doctor", "diagnoses.icd10_code")] == [item[:2] for item in await ward.work()]
        await ward.counter.sql("select hospital.diagnose($1)", visit)
        await ward.reaches(visit, "delivered")
        assert "" == (await ward.counter.held("sep"))[0]["body"]["tglPulang"]
        await ward.sent(visit)
        await ward.counter.drained()
    (sep,) = await ward.counter.held("sep")
    day = await ward.counter.one("select (now() at time zone 'Asia/Jakarta')::date::text")
    assert ("1", day) == (sep["body"]["statusPulang"], sep["body"]["tglPulang"])


async def test_a_corrected_entry_updates_the_sep(ward: Hospital) -> None:
    """One PUT; nothing is inserted again."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        desk = ward.desks["front_desk"].table("bpjs_seps")
        await desk.update({"note": "Kontrol gula darah"}).eq("visit_id", visit).execute()
        await ward.counter.drained()
    (sep,) = await ward.counter.held("sep")
    assert "Kontrol gula darah" == sep["body"]["catatan"]
    assert 1 == await ward.posts("SEP/2.0/insert")


async def test_what_was_made_in_vclaim_itself_is_adopted(ward: Hospital) -> None:
    """A SEP that the history knows and we do not is linked, not doubled."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        number = (await ward.sep(visit))["sep_number"]
    await ward.counter.sql("delete from integration.remote_resources")
    await ward.counter.sql("delete from public.bpjs_seps")
    await ward.counter.sql("select private.visit_changed($1)", visit)
    async with ward.counter.daemon():
        await ward.reaches(visit, "delivered")
    told = await ward.sep(visit)
    assert (number, True) == (told["sep_number"], told["linked"])
    assert 1 == await ward.posts("SEP/2.0/insert")


@pytest.mark.parametrize("kind", ["control", "admission"])
async def test_the_next_visit_is_planned_once(ward: Hospital, kind: str) -> None:
    """A letter waits for its SEP, survives a lost answer, and is taken back when the doctor voids it."""
    await ward.counter.behave({"match": {"method": "POST", "path": "RencanaKontrol", "next": 1}, "effect": LOST})
    async with ward.counter.daemon():
        visit = await ward.arrives()
        letter = str(await ward.counter.one(PLAN, visit, kind))
        await ward.reaches(letter, "delivered")
        (held,) = await ward.counter.held("letter")
        assert held["id"] == await ward.counter.one(PLANNED, letter)
        await ward.counter.sql("update public.bpjs_control_letters set voided_at = now() where id = $1", letter)
        await ward.counter.drained()
    assert [] == await ward.counter.held("letter")


async def test_visits_only_one_side_knows_become_work(ward: Hospital) -> None:
    """What BPJS lists and we do not, and the reverse, is for cashier and admin until it is gone."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
    assert [0] == [seen.differences for seen in await ward.watch()]
    number = (await ward.sep(visit))["sep_number"]
    await ward.counter.sql("update public.bpjs_seps set sep_number = null, sep_on = null")
    assert [1] == [seen.differences for seen in await ward.watch()]
    assert {"difference:unknown_here"} == {item[2] for item in await ward.work()}
    await ward.counter.sql("update public.bpjs_seps set sep_number = $1, sep_on = current_date", number)
    (await ward.counter.door.post("/__sandbox__/reset", json={"resources": True})).raise_for_status()
    await ward.watch()
    assert [("admin", "difference:missing_there"), ("cashier", "difference:missing_there")] == [
        (item[0], item[2]) for item in await ward.work()
    ]


async def test_a_second_visit_of_the_day_waits_for_the_first(ward: Hospital) -> None:
    """BPJS gives one SEP per poli and day: when the first visit is cancelled, the second has its own by itself."""
    async with ward.counter.daemon():
        first = await ward.arrives()
        await ward.reaches(first, "delivered")
        second = str(await ward.counter.one(
            "select hospital.visit(v.patient_id) from public.visits v where v.id = $1", first))  # fmt: skip
        await ward.reaches(second, "blocked")
        await ward.counter.sql("update public.visits set status = 'cancelled' where id = $1", first)
        await ward.counter.drained()
        await ward.reaches(second, "delivered")
    (sep,) = await ward.counter.held("sep")
    assert sep["id"] == (await ward.sep(second))["sep_number"]
