"""A referral-level clinic's visit to its money: SEP, LPK, what becomes of the claim, and every way it goes wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.people import HOSPITAL_ID
from tests.cli.desk import typed, write_settings
from tests.journey_bpjs.hospital import Hospital

HISTORY = "select state::text, user_id is not null from public.claim_history where claim_id = $1 order by at, id"
LOST = {"kind": "drop_after_commit"}
SECOND_DIAGNOSIS = """insert into public.diagnoses (clinic_id, visit_id, icd10_code, name, role)
    select clinic_id, id, 'I10', 'Hipertensi esensial', 'secondary' from public.visits where id = $1"""
PLAN = """insert into public.bpjs_control_letters
        (clinic_id, visit_id, letter_kind, planned_on, location_id, practitioner_id)
    select clinic_id, id, $2, current_date + 14, location_id, practitioner_id from public.visits where id = $1
    returning id"""
PROCEDURE = """insert into public.procedures (clinic_id, visit_id, icd9cm_code, name)
    select clinic_id, id, '00.82', 'Revisi lutut' from public.visits where id = $1"""
PLANNED = "select letter_number from public.bpjs_control_letters where id = $1"


@pytest.fixture
async def ward(opened_hospital: Hospital) -> Hospital:
    """The clinic at the beginning of a day, everything mapped."""
    counter = opened_hospital.counter
    await counter.clear()
    await counter.sql("select hospital.clear()")
    await counter.sql("select hospital.settled($1)", HOSPITAL_ID)
    return opened_hospital


async def posts(ward: Hospital, path: str) -> int:
    """How often something was posted there."""
    rows = await ward.counter.requests()
    return len([row for row in rows if row["method"] == "POST" and row["path"].endswith(path)])


async def test_a_claim_from_visit_to_paid(ward: Hospital) -> None:
    """SEP on arrival, LPK when the cashier has checked it, and every step of BPJS shown until the money is there."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.sent(visit)
    assert "sent" == (await ward.claim(claim))["state"]
    assert [] == await ward.work()
    await ward.watch()
    assert "in_verification" == (await ward.claim(claim))["state"]
    await ward.decide(visit, 3, requested=350_000, approved=325_000)
    await ward.watch()
    approved = await ward.claim(claim)
    assert ("approved", 325_000) == (approved["state"], approved["approved_rupiah"])
    paid = {"claim_id": claim, "outcome": "paid", "rupiah": 325_000}
    await ward.desks["cashier"].rpc("settle_claim", paid).execute()
    moves = [tuple(row) for row in await ward.counter.sql(HISTORY, claim)]
    assert [
        ("draft", False), ("checked", True), ("sent", False), ("in_verification", False), ("approved", False),
        ("paid", True),
    ] == moves  # fmt: skip
    assert not (await ward.counter.summary())["duplicates"]


@pytest.mark.parametrize("fault", ["drop_after_commit", "empty_after_commit", "error_after_commit"])
async def test_lost_answers_make_no_second_sep(ward: Hospital, fault: str) -> None:
    """The answers to SEP and LPK are lost after both were accepted: the history and the list tell."""
    await ward.counter.behave(*(
        {"match": {"method": "POST", "path": path, "next": 1}, "effect": {"kind": fault}} for path in ("SEP/", "LPK/")
    ))  # fmt: skip
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        await ward.sent(visit)
    (sep,) = await ward.counter.held("sep")
    assert sep["id"] == (await ward.sep(visit))["sep_number"]
    assert [1, 1] == [await posts(ward, path) for path in ("SEP/2.0/insert", "LPK/insert")]
    assert [1, 1] == [len(await ward.counter.held(kind)) for kind in ("lpk", "claim")]
    assert not (await ward.counter.summary())["duplicates"]


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


async def test_another_payer_withdraws_the_claim_before_the_sep(ward: Hospital) -> None:
    """VClaim does not delete a SEP that is claimed: the LPK goes first, whichever lease comes first."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.sent(visit)
        await ward.counter.sql("update public.visits set payer = 'self' where id = $1", visit)
        await ward.reaches(claim, "delivered")
        await ward.reaches(visit, "delivered")
        await ward.counter.drained()
    assert [[], [], []] == [await ward.counter.held(kind) for kind in ("sep", "lpk", "claim")]
    assert "withdrawn" == (await ward.claim(claim))["state"]
    assert [] == await ward.work()


async def test_a_pended_claim_says_why_and_goes_on_after_correction(ward: Hospital) -> None:
    """BPJS's reason is the cashier's work; the doctor corrects and signs, and the LPK is changed by itself."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.sent(visit)
        await ward.decide(visit, 2, reason="diagnosa sekunder belum lengkap")
        await ward.watch()
        await ward.reaches(claim, "rejected")
        (item,) = await ward.work()
        assert ("cashier", "claim:pending") == (item[0], item[2])
        assert "diagnosa sekunder belum lengkap" in item[3]
        await ward.counter.sql(SECOND_DIAGNOSIS, visit)
        await ward.reaches(claim, "blocked")
        assert "unsigned" in await ward.check(claim)
        await ward.sign(claim)
        await ward.becomes(claim, "sent")
        await ward.counter.drained()
        await ward.watch()
        await ward.counter.drained()
    assert "in_verification" == (await ward.claim(claim))["state"]
    assert [] == await ward.work()
    (lpk,) = await ward.counter.held("lpk")
    assert ["E11.9", "I10"] == [row["kode"] for row in lpk["body"]["diagnosa"]]


async def test_papers_handed_in_are_sent_again_by_checking(ward: Hospital) -> None:
    """Nothing changed here, but the cashier answered BPJS: checking a pending claim sends its LPK once more."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.sent(visit)
        await ward.decide(visit, 2, reason="resume kurang")
        await ward.watch()
        await ward.reaches(claim, "rejected")
        assert [] == await ward.check(claim)
        await ward.becomes(claim, "sent")
        await ward.counter.drained()
    await ward.watch()
    assert "in_verification" == (await ward.claim(claim))["state"]
    (held,) = await ward.counter.held("lpk")
    assert 2 == held["versions"]


async def test_an_expired_referral_is_caught_before_anything_is_sent(ward: Hospital) -> None:
    """The front desk reads it on arrival; a new referral's number is all it takes."""
    async with ward.counter.daemon():
        visit = await ward.arrives(referred_days_ago=91)
        await ward.counter.drained()
        (item,) = await ward.work()
        assert ("front_desk", "bpjs_seps.referral_number", "sep:referral_expired") == item[:3]
        assert 0 == await posts(ward, "SEP/2.0/insert")
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
    assert 0 == await posts(ward, "SEP/2.0/insert")


async def test_an_unchecked_claim_waits_for_the_cashier(ward: Hospital) -> None:
    """Signed and complete, it is still a person who says that it goes."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.finish(visit)
        await ward.reaches(claim, "blocked")
        assert [("doctor", "claim:unsigned")] == [(item[0], item[2]) for item in await ward.work()]
        await ward.sign(claim)
        await ward.counter.drained()
        assert [("cashier", "claim:check")] == [(item[0], item[2]) for item in await ward.work()]
    assert [] == await ward.counter.held("lpk")


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
    assert 1 == await posts(ward, "SEP/2.0/insert")


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
    assert 1 == await posts(ward, "SEP/2.0/insert")


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


async def test_the_cycle_is_shown_beside_its_baseline(ward: Hospital, tmp_path: Path) -> None:
    """`workers bpjs claims` fetches what BPJS decided, `workers kpi` shows the days and the target."""
    desk = ("--env-file", str(write_settings(tmp_path / "ward.env", ward.counter.values())))
    (await typed("bpjs", "baseline", "0", *desk)).refused(2, "12.5")
    assert 0 == (await typed("bpjs", "baseline", "12.5", "--facility", "0114R001", *desk)).code
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        claim = await ward.sent(visit)
    await ward.decide(visit, 3, approved=325_000)
    said = await typed("bpjs", "claims", "--json", *desk)
    assert (0, [1]) == (said.code, [one["moved"] for one in said.json])
    await ward.counter.sql(
        "update public.claims set approved_at = v.finished_at + interval '5 days' from public.visits v "
        "where v.id = visit_id and claims.id = $1", claim)  # fmt: skip
    later = "select * from integration.claim_kpi((now() + interval '5 days')::date) where clinic_id = $1"
    (row,) = await ward.counter.sql(later, HOSPITAL_ID)
    assert (1, Decimal("5.00"), Decimal("12.5"), Decimal("7.50")) == (
        row["approved"], row["median_days"], row["baseline_days"], row["target_days"]
    )  # fmt: skip
    assert "Klinik Utama Kenanga" in (await typed("kpi", *desk)).out


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


async def test_a_mismatch_waits_for_the_clinics_own_rule(ward: Hospital) -> None:
    """A procedure that does not fit holds the claim; the doctor, or the admin who takes the rule away, lets it go."""
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        await ward.counter.sql(PROCEDURE, visit)
        admin = ward.desks["admin"].table("claim_pairings")
        pairing = {"clinic_id": HOSPITAL_ID, "procedure_code": "00.82", "diagnosis_prefix": "M17"}
        await admin.insert(pairing).execute()
        claim = await ward.finish(visit)
        await ward.sign(claim)
        assert ["pairing"] == await ward.check(claim)
        await ward.reaches(claim, "blocked")
        await ward.desks["admin"].table("claim_pairings").delete().eq("procedure_code", "00.82").execute()
        await ward.counter.drained()
        assert ["claim:check"] == [item[2] for item in await ward.work()]
        assert [] == await ward.check(claim)
        await ward.becomes(claim, "sent")
    (lpk,) = await ward.counter.held("lpk")
    assert [{"kode": "00.82"}] == lpk["body"]["procedure"]
