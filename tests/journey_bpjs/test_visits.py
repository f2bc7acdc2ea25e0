"""One visit drives pendaftaran → kunjungan → tindakan → obat, exactly once each, whatever happens on the way."""

import json

from tests.journey.cast import command
from tests.journey_bpjs.stage import ACTIVE, IN_ARREARS, Counter

WORK = "select role::text, field from public.work_items where subject_id = $1 order by 1, 2"
MAP_POLI = """insert into integration.mappings (clinic_id, kind, local_id, code, display)
              select clinic_id, 'bpjs_poli', id::text, $2, $2 from public.locations where code = $1"""
PRESSURE = "update public.vital_signs set systolic_mmhg = $2, diastolic_mmhg = $3 where visit_id = $1"
REFER = """insert into public.bpjs_referrals
               (clinic_id, visit_id, planned_on, facility_code, subspecialty_code, service_code)
           select clinic_id, id, current_date + 1, '0114R001', '3', '1' from public.visits where id = $1"""
MOVE = """update public.visits v set location_id = l.id from public.locations l
           where v.id = $1 and l.clinic_id = v.clinic_id and l.code = 'POLI-KIA'"""
MENDED = {
    "nik": IN_ARREARS, "name": "Peserta Menunggak", "birth_date": "1970-03-03", "sex": "L", "card": "8000000000033",
}  # fmt: skip


async def duplicates(counter: Counter) -> object:
    """What BPJS holds twice."""
    return (await counter.summary())["duplicates"]


async def today(counter: Counter) -> str:
    """The clinic's day as P-Care writes it."""
    return await counter.one("select to_char(now() at time zone 'Asia/Jakarta', 'DD-MM-YYYY')")


async def work(counter: Counter, visit: str) -> list[tuple[str, str]]:
    """Who has to mend what for a visit."""
    rows = await counter.sql(WORK, visit)
    return [tuple(row) for row in rows]


async def test_an_arrival_is_registered_and_a_finished_visit_told(clinic: Counter) -> None:
    """The queue number comes while the patient waits; the kunjungan when the doctor is done."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE), finished=False)
        await clinic.reaches(visit, "delivered")
        waiting = await clinic.told(visit)
        await clinic.sql("update public.visits set status = 'finished', disposition = 'home' where id = $1", visit)
        await clinic.drained()
    done = await clinic.told(visit)
    assert ("A1", None) == (waiting["queue_number"], waiting["visit_number"])
    assert done["visit_number"].startswith("0114A001")
    assert {"delivered": 1} == await clinic.states("pcare_visit")
    assert [1, 1, 1] == [len(await clinic.held(kind)) for kind in ("registration", "visit", "drug")]
    assert not await duplicates(clinic)


async def test_a_correction_edits_what_is_there(clinic: Counter) -> None:
    """Another diagnosis is one PUT; nothing else is sent again."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "delivered")
        before = len(await clinic.requests())
        await clinic.sql("update public.diagnoses set icd10_code = 'J00' where visit_id = $1", visit)
        await clinic.drained()
    assert ["PUT kunjungan"] == (await clinic.asked())[before:]
    (held,) = await clinic.held("visit")
    assert "J00" == held["body"]["kdDiag1"]


async def test_a_cancelled_visit_is_taken_back(clinic: Counter) -> None:
    """P-Care holds nothing of it afterwards."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "delivered")
        await clinic.sql("update public.visits set status = 'cancelled' where id = $1", visit)
        await clinic.drained()
    assert [[], []] == [await clinic.held(kind) for kind in ("registration", "visit")]
    assert (await clinic.told(visit))["queue_number"] is None


async def test_another_payer_takes_it_back_too(clinic: Counter) -> None:
    """The patient pays after all."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE), finished=False)
        await clinic.reaches(visit, "delivered")
        await clinic.sql("update public.visits set payer = 'self' where id = $1", visit)
        await clinic.drained()
    assert [] == await clinic.held("registration")


async def test_procedures_follow_the_bill(clinic: Counter) -> None:
    """Added, corrected and voided rows are added, edited and deleted there, one by one."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE), with_drug=False)
        add = """insert into public.bpjs_procedures (clinic_id, visit_id, code, name, amount_rupiah)
                 select v.clinic_id, v.id, r.code, r.name, $2 from public.visits v
                   join public.bpjs_references r on r.clinic_id = v.clinic_id and r.kind = 'procedure'
                  where v.id = $1 order by r.code limit 1"""
        await clinic.sql(add, visit, 10_000)
        await clinic.drained()
        assert [10_000] == [row["body"]["biaya"] for row in await clinic.held("procedure")]
        await clinic.sql("update public.bpjs_procedures set amount_rupiah = 12000 where visit_id = $1", visit)
        await clinic.drained()
        assert [12_000] == [row["body"]["biaya"] for row in await clinic.held("procedure")]
        await clinic.sql("update public.bpjs_procedures set voided_at = now() where visit_id = $1", visit)
        await clinic.drained()
    assert [] == await clinic.held("procedure")
    assert {"delivered": 1} == await clinic.states("pcare_visit")


async def test_lost_answers_make_no_second_copy(clinic: Counter) -> None:
    """Every POST's answer is lost once after it was carried out: the list and the history tell, nothing is repeated."""
    await clinic.behave(*(
        {"match": {"method": "POST", "path": path, "next": 1}, "effect": {"kind": "drop_after_commit"}}
        for path in ("pendaftaran", "kunjungan", "obat")
    ))  # fmt: skip
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "delivered")
    assert [1, 1, 1] == [len(await clinic.held(kind)) for kind in ("registration", "visit", "drug")]
    assert not await duplicates(clinic)


async def test_what_a_clerk_typed_in_is_linked(clinic: Counter) -> None:
    """During an outage somebody enters the visit in P-Care's own pages: it is adopted, not repeated."""
    patient = await clinic.registers(ACTIVE)
    async with clinic.daemon():
        await clinic.drained()
    visit = await clinic.visit(patient, with_drug=False)
    card = (await clinic.membership(patient))["card_number"]
    key = {"noKartu": card, "kdPoli": "001", "tglDaftar": await today(clinic)}
    typed = await clinic.door.post("/__sandbox__/clerk", json={"registration": key, "visit": key})
    assert [201, 201] == [answer["code"] for answer in typed.raise_for_status().json().values()]
    async with clinic.daemon():
        await clinic.reaches(visit, "delivered")
    assert [1, 1] == [len(await clinic.held(kind)) for kind in ("registration", "visit")]
    told = await clinic.told(visit)
    assert told["linked"]
    assert (await clinic.held("visit"))[0]["id"] == told["visit_number"]


async def test_arrears_are_the_cashiers_to_settle(clinic: Counter) -> None:
    """An inactive member's visit waits with a reason, and goes by itself once BPJS says active."""
    async with clinic.daemon():
        patient = await clinic.registers(IN_ARREARS)
        await clinic.drained()
        visit = await clinic.visit(patient)
        await clinic.reaches(visit, "blocked")
        assert [("cashier", "visits.payer")] == await work(clinic, visit)
        (await clinic.door.post("/__sandbox__/members", json=MENDED)).raise_for_status()
        await clinic.sql("update public.bpjs_memberships set as_of = now() - interval '1 day'")
        await clinic.sql("select integration.membership_of($1)", patient)
        await clinic.reaches(visit, "delivered")
    assert [] == await work(clinic, visit)


async def test_an_unmapped_poli_waits_for_the_admin(clinic: Counter) -> None:
    """Mapping it is all it takes."""
    await clinic.sql("delete from integration.mappings where kind = 'bpjs_poli'")
    async with clinic.daemon():
        patient = await clinic.registers(ACTIVE)
        await clinic.drained()
        visit = await clinic.visit(patient)
        await clinic.reaches(visit, "blocked")
        assert [("admin", "locations.name")] == await work(clinic, visit)
        await clinic.sql(MAP_POLI, "POLI-UMUM", "001")
        await clinic.reaches(visit, "delivered")


async def test_a_refusal_is_shown_field_by_field(clinic: Counter) -> None:
    """P-Care's list of complaints becomes work for those who can mend it; the corrected value goes."""
    await clinic.settle(vital_ranges=True)
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.sql(PRESSURE, visit, 300, 10)
        await clinic.reaches(visit, "rejected")
        fields = ["vital_signs.diastolic_mmhg", "vital_signs.systolic_mmhg"]
        assert [("nurse", field) for field in fields] == await work(clinic, visit)
        await clinic.sql(PRESSURE, visit, 130, 80)
        await clinic.reaches(visit, "delivered")


async def test_a_corrected_poli_moves_the_visit(clinic: Counter) -> None:
    """What was sent under the wrong poli is taken back, and told anew under the right one."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "delivered")
        await clinic.sql(MOVE, visit)
        await clinic.sql(MAP_POLI, "POLI-KIA", "003")
        await clinic.drained()
    assert [("003", 1)] == [(row["body"]["kdPoli"], 1) for row in await clinic.held("visit")]
    assert [["003"]] == [[row["body"]["kdPoli"] for row in await clinic.held("registration")]]


async def test_a_simulation_sends_nothing(clinic: Counter) -> None:
    """``workers simulate pcare_visit``: the bodies as they would go, or what keeps them; BPJS hears nothing."""
    async with clinic.daemon():
        patient = await clinic.registers(ACTIVE)
        await clinic.drained()
    before = len(await clinic.requests())
    visit = await clinic.visit(patient)
    code, said = await command(clinic.values(log_level="ERROR"), "simulate", "pcare_visit", visit)
    assert 0 == code, said
    assert ["pendaftaran", "kunjungan", "obat/kunjungan"] == [one["path"] for one in json.loads(said)["requests"]]
    await clinic.sql("update public.diagnoses set voided_at = now()")
    code, said = await command(clinic.values(log_level="ERROR"), "simulate", "pcare_visit", visit)
    assert (1, ["diagnoses.icd10_code"]) == (code, [one["field"] for one in json.loads(said)["problems"]])
    assert before == len(await clinic.requests())


async def test_a_lost_answer_to_a_deletion_is_no_refusal(clinic: Counter) -> None:
    """What is gone cannot be deleted again: that P-Care says so is no work for anybody."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "delivered")
        lost = {"match": {"method": "DELETE", "next": 1}, "effect": {"kind": "drop_after_commit"}}
        await clinic.behave(lost)
        await clinic.sql("update public.visits set status = 'cancelled' where id = $1", visit)
        await clinic.drained()
    assert {"delivered": 1} == await clinic.states("pcare_visit")
    assert [[], []] == [await clinic.held(kind) for kind in ("registration", "visit")]


async def test_a_referral_travels_with_the_visit(clinic: Counter) -> None:
    """A diagnosis that needs no specialist waits for the doctor's reason; with it the referral has its number."""
    async with clinic.daemon():
        patient = await clinic.registers(ACTIVE)
        await clinic.drained()
        visit = await clinic.visit(patient, finished=False, with_drug=False)
        await clinic.sql(REFER, visit)
        await clinic.sql("update public.visits set status = 'finished', disposition = 'referred' where id = $1", visit)
        await clinic.reaches(visit, "blocked")
        assert [("doctor", "bpjs_visit_details.tacc_code")] == await work(clinic, visit)
        await clinic.sql(
            "update public.bpjs_visit_details set tacc_code = 1, tacc_reason = '>= 7 Hari' where visit_id = $1", visit
        )
        await clinic.reaches(visit, "delivered")
    (held,) = await clinic.held("visit")
    assert "0114R001" == held["body"]["rujukLanjut"]["kdppk"]
    assert held["id"] == (await clinic.told(visit))["referral_number"]
