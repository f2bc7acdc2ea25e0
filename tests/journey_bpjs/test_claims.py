"""A referral-level clinic's visit to its money: LPK, what becomes of the claim, and every way it goes wrong."""

from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.people import HOSPITAL_ID
from tests.cli.desk import typed, write_settings
from tests.journey_bpjs.hospital import Hospital

HISTORY = "select state::text, user_id is not null from public.claim_history where claim_id = $1 order by at, id"
SECOND_DIAGNOSIS = """insert into public.diagnoses (clinic_id, visit_id, icd10_code, name, role)
    select clinic_id, id, 'I10', 'Hipertensi esensial', 'secondary' from public.visits where id = $1"""
PROCEDURE = """insert into public.procedures (clinic_id, visit_id, icd9cm_code, name)
    select clinic_id, id, '00.82', 'Revisi lutut' from public.visits where id = $1"""

LATER = """select * from integration.claim_kpi(((now() + interval '5 days') at time zone 'Asia/Jakarta')::date)
            where clinic_id = $1"""
"""By the clinic's own calendar: in the evening of UTC it is a day ahead."""


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
    await ward.counter.settle(duplicate_guard=False, check_referrals=False)  # BPJS keeps no second copy away
    await ward.counter.behave(*(
        {"match": {"method": "POST", "path": path, "next": 1}, "effect": {"kind": fault}} for path in ("SEP/", "LPK/")
    ))  # fmt: skip
    async with ward.counter.daemon():
        visit = await ward.arrives()
        await ward.reaches(visit, "delivered")
        await ward.sent(visit)
    (sep,) = await ward.counter.held("sep")
    assert sep["id"] == (await ward.sep(visit))["sep_number"]
    assert [1, 1] == [await ward.posts(path) for path in ("SEP/2.0/insert", "LPK/insert")]
    assert [1, 1] == [len(await ward.counter.held(kind)) for kind in ("lpk", "claim")]
    assert not (await ward.counter.summary())["duplicates"]


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
    (row,) = await ward.counter.sql(LATER, HOSPITAL_ID)
    assert (1, Decimal("5.00"), Decimal("12.5"), Decimal("7.50")) == (
        row["approved"], row["median_days"], row["baseline_days"], row["target_days"]
    )  # fmt: skip
    assert "Klinik Utama Kenanga" in (await typed("kpi", *desk)).out


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
