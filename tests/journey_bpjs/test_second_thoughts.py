"""What was told to P-Care, or may have been, is set right when the clinic changes its mind in between."""

import pytest

from tests.journey_bpjs.stage import ACTIVE, NEW_MEMBER, Counter
from tests.journey_bpjs.test_visits import MAP_POLI, MOVE, PRESSURE, duplicates, work

NIK = "update public.patients set nik = $2, birth_date = '1960-04-04' where id = $1"
CANCEL = "update public.visits set status = 'cancelled' where id = $1"
LOST = {"kind": "drop_after_commit"}
ADD = """insert into public.bpjs_procedures (clinic_id, visit_id, code, name, amount_rupiah, note)
         select v.clinic_id, v.id, r.code, r.name, $2, $3 from public.visits v
           join public.bpjs_references r on r.clinic_id = v.clinic_id and r.kind = 'procedure'
          where v.id = $1 order by r.code limit 1"""
PROCEDURES = """select json_agg(json_build_object('code', code, 'name', name, 'details', details))::text
                  from public.bpjs_references where kind = 'procedure'"""
STORE = """select integration.store_references(v.clinic_id, 'procedure', $2::text::jsonb)
             from public.visits v where v.id = $1"""
LAST_NIGHT = """update public.visits set arrived_at = (((now() at time zone 'Asia/Jakarta')::date - 1)
                    + time '22:30') at time zone 'Asia/Jakarta' where id = $1"""
REMAP = "update integration.mappings set code = $2, display = $2 where kind = $1"


async def lost(counter: Counter, visit: str, path: str) -> None:
    """The answer to one POST is lost after it was carried out; nobody is working any more."""
    await counter.behave({"match": {"method": "POST", "path": path, "next": 1}, "effect": LOST})
    async with counter.daemon():
        await counter.reaches(visit, "uncertain")
    assert "uncertain" == await counter.state(visit)


async def places(counter: Counter, kind: str) -> list[tuple[str, str]]:
    """Card and poli of what P-Care holds."""
    return [(row["body"]["noKartu"], row["body"]["kdPoli"]) for row in await counter.held(kind)]


async def known(counter: Counter, nik: str = ACTIVE) -> str:
    """A patient whose membership is known."""
    async with counter.daemon():
        patient = await counter.registers(nik)
        await counter.drained()
    return patient


async def billed_in_doubt(counter: Counter, *notes: str) -> None:
    """A visit with a procedure of Rp10.000 for each note; the answer to the first one is lost."""
    visit = await counter.visit(await known(counter), with_drug=False)
    for note in notes:
        await counter.sql(ADD, visit, 10_000, note)
    await lost(counter, visit, "tindakan")


async def settled(counter: Counter) -> None:
    """The workers come back and finish what there is to do."""
    async with counter.daemon():
        await counter.drained()


async def test_a_corrected_nik_moves_what_was_told(clinic: Counter) -> None:
    """The visit went out under somebody else's card: it is taken back there, and told under the right one."""
    async with clinic.daemon():
        patient = await clinic.registers(ACTIVE)
        visit = await clinic.visit(patient)
        await clinic.reaches(visit, "delivered")
        await clinic.sql(NIK, patient, NEW_MEMBER)
        await clinic.drained()
    assert [("8000000000044", "001")] == await places(clinic, "visit")
    assert [("8000000000044", "001")] == await places(clinic, "registration")


@pytest.mark.parametrize("path", ["pendaftaran", "kunjungan", "obat"])
async def test_a_nik_corrected_in_doubt(clinic: Counter, path: str) -> None:
    """Nothing stays under the other person's card, whichever answer was lost."""
    patient = await known(clinic)
    visit = await clinic.visit(patient)
    await lost(clinic, visit, path)
    await clinic.sql(NIK, patient, NEW_MEMBER)
    await settled(clinic)
    assert [("8000000000044", "001")] == await places(clinic, "visit")
    assert [("8000000000044", "001")] == await places(clinic, "registration")


@pytest.mark.parametrize("path", ["pendaftaran", "kunjungan"])
async def test_a_poli_corrected_in_doubt(clinic: Counter, path: str) -> None:
    """What may stand under the wrong poli is looked for there and taken back."""
    await clinic.sql(MAP_POLI, "POLI-KIA", "003")
    visit = await clinic.visit(await known(clinic))
    await lost(clinic, visit, path)
    await clinic.sql(MOVE, visit)
    await settled(clinic)
    assert [("8000000000011", "003")] == await places(clinic, "visit")
    assert [("8000000000011", "003")] == await places(clinic, "registration")


async def test_cancelled_in_doubt_after_the_poli_was_corrected(clinic: Counter) -> None:
    """Taken back where it was sent to, not where it would go now."""
    await clinic.sql(MAP_POLI, "POLI-KIA", "003")
    visit = await clinic.visit(await known(clinic), finished=False)
    await lost(clinic, visit, "pendaftaran")
    await clinic.sql(MOVE, visit)
    await clinic.sql(CANCEL, visit)
    await settled(clinic)
    assert [] == await clinic.held("registration")


async def test_a_second_visit_waits_until_the_cancelled_one_is_gone(clinic: Counter) -> None:
    """Same poli, same day: the cancelled visit's removal must not take the new one along."""
    patient = await known(clinic)
    first = await clinic.visit(patient)
    async with clinic.daemon():
        await clinic.reaches(first, "delivered")
    await clinic.sql(CANCEL, first)
    second = await clinic.visit(patient)
    slow = {"match": {"method": "DELETE", "next": 1}, "effect": {"kind": "drop_before_commit"}}
    await clinic.behave(slow)
    async with clinic.daemon():
        await clinic.reaches(second, "delivered")
        await clinic.drained()
    assert {"delivered": 2} == await clinic.states("pcare_visit")
    (there,) = await clinic.held("visit")
    assert there["id"] == (await clinic.told(second))["visit_number"]
    assert 1 == len(await clinic.held("registration"))
    assert (await clinic.told(first))["visit_number"] is None


async def test_a_second_visit_goes_once_the_first_is_cancelled(clinic: Counter) -> None:
    """It waited because BPJS takes one a day; cancelling the other is all it takes."""
    patient = await known(clinic)
    first = await clinic.visit(patient)
    async with clinic.daemon():
        await clinic.reaches(first, "delivered")
        second = await clinic.visit(patient)
        await clinic.reaches(second, "blocked")
        await clinic.sql(CANCEL, first)
        await clinic.reaches(second, "delivered")
    assert 1 == len(await clinic.held("visit"))
    assert [] == await work(clinic, second)


async def test_two_rooms_with_one_code_are_one_poli(clinic: Counter) -> None:
    """BPJS knows the code: the second visit is not taken for the first one."""
    patient = await known(clinic)
    await clinic.sql(MAP_POLI, "POLI-KIA", "001")
    first = await clinic.visit(patient)
    async with clinic.daemon():
        await clinic.reaches(first, "delivered")
        second = await clinic.visit(patient, finished=False)
        await clinic.sql(MOVE, second)
        await clinic.drained()
    assert "blocked" == await clinic.state(second)


async def test_a_fee_corrected_in_doubt_is_billed_once(clinic: Counter) -> None:
    """The row that may be there already is edited, not added a second time."""
    await billed_in_doubt(clinic, "lama")
    await clinic.sql("update public.bpjs_procedures set amount_rupiah = 12000, note = 'baru'")
    async with clinic.daemon():
        await clinic.drained()
    rows = [(row["body"]["biaya"], row["body"]["keterangan"]) for row in await clinic.held("procedure")]
    assert [(12_000, "baru")] == rows


async def test_a_note_corrected_in_doubt_arrives(clinic: Counter) -> None:
    """What was adopted after a doubt is what we want only if it says so."""
    await billed_in_doubt(clinic, "lama")
    await clinic.sql("update public.bpjs_procedures set note = 'baru'")
    await settled(clinic)
    assert ["baru"] == [row["body"]["keterangan"] for row in await clinic.held("procedure")]


async def test_a_fee_voided_in_doubt_is_not_billed(clinic: Counter) -> None:
    """A row that was voided while nobody knew whether P-Care had it is taken out there."""
    await billed_in_doubt(clinic, "lama")
    await clinic.sql("update public.bpjs_procedures set voided_at = now()")
    await settled(clinic)
    assert [] == await clinic.held("procedure")


async def test_a_dose_corrected_in_doubt_arrives(clinic: Counter) -> None:
    """Drugs cannot be edited there: the row is replaced, and stands once."""
    visit = await clinic.visit(await known(clinic))
    await lost(clinic, visit, "obat")
    await clinic.sql("update public.prescription_items set frequency = 2, quantity = 6")
    await settled(clinic)
    assert [(2, 6)] == [(row["body"]["signa1"], row["body"]["jmlObat"]) for row in await clinic.held("drug")]


async def test_two_equal_fees_are_two_after_a_lost_answer(clinic: Counter) -> None:
    """The same procedure done twice is billed twice, and not three times."""
    await billed_in_doubt(clinic, "sama", "sama")
    await settled(clinic)
    assert [10_000, 10_000] == [row["body"]["biaya"] for row in await clinic.held("procedure")]


async def test_a_correction_refused_in_doubt_is_not_forgotten(clinic: Counter) -> None:
    """The kunjungan is there, the correction was refused: once mended it arrives, and is nobody else's typing."""
    visit = await clinic.visit(await known(clinic))
    await lost(clinic, visit, "kunjungan")
    await clinic.settle(vital_ranges=True)
    await clinic.sql(PRESSURE, visit, 300, 80)
    async with clinic.daemon():
        await clinic.reaches(visit, "rejected")
        await clinic.sql(PRESSURE, visit, 140, 90)
        await clinic.drained()
    assert [140] == [row["body"]["sistole"] for row in await clinic.held("visit")]
    assert not (await clinic.told(visit))["linked"]
    assert not await duplicates(clinic)


async def test_what_a_clerk_deleted_there_is_told_anew(clinic: Counter) -> None:
    """Corrected here after it vanished there: no refusal for anybody to puzzle over, the visit is told again."""
    visit = await clinic.visit(await known(clinic))
    await settled(clinic)
    (await clinic.door.post("/__sandbox__/reset", json={"resources": True})).raise_for_status()
    await clinic.sql("update public.diagnoses set icd10_code = 'J00'")
    await settled(clinic)
    assert "delivered" == await clinic.state(visit)
    assert ["J00"] == [row["body"]["kdDiag1"] for row in await clinic.held("visit")]
    assert [1, 1] == [len(await clinic.held(kind)) for kind in ("registration", "drug")]


async def test_a_kunjungan_that_must_be_empty_to_go(clinic: Counter) -> None:
    """Whether P-Care deletes what hangs on a visit is not known: where it refuses, the parts go first."""
    await clinic.settle(visit_delete="refuse")
    visit = await clinic.visit(await known(clinic))
    await clinic.sql(ADD, visit, 10_000, "x")
    await settled(clinic)
    await clinic.sql(CANCEL, visit)
    await settled(clinic)
    kinds = ("registration", "visit", "procedure", "drug")
    assert [[]] * 4 == [await clinic.held(kind) for kind in kinds]


async def test_a_refused_code_goes_by_itself_once_remapped(clinic: Counter) -> None:
    """P-Care does not know the doctor's code: the admin corrects it, and nothing else has to be touched."""
    right = await clinic.one("select min(code) from integration.mappings where kind = 'bpjs_doctor'")
    await clinic.sql(REMAP, "bpjs_doctor", "99999")
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE))
        await clinic.reaches(visit, "rejected")
        await clinic.sql(REMAP, "bpjs_doctor", right)
        await clinic.reaches(visit, "delivered")


async def test_a_procedure_waits_for_bpjs_list(clinic: Counter) -> None:
    """The list of procedures was not there yet; the visit goes when it comes."""
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE), with_drug=False)
        await clinic.sql(ADD, visit, 10_000, "x")
        await clinic.drained()
        rows = await clinic.one(PROCEDURES)
        await clinic.sql("delete from public.bpjs_references where kind = 'procedure'")
        await clinic.sql("update public.bpjs_procedures set amount_rupiah = 11000")
        await clinic.reaches(visit, "blocked")
        await clinic.sql(STORE, visit, rows)
        await clinic.reaches(visit, "delivered")


async def test_a_mistyped_facility_code_is_all_there_is_to_mend(clinic: Counter) -> None:
    """What waited for the other facility's credentials goes once the code is right."""
    code = "update public.clinics set bpjs_facility_code = $2 where bpjs_facility_code = $1"
    await clinic.sql(code, "0114A001", "0114A009")
    try:
        async with clinic.daemon():
            patient = await clinic.registers(ACTIVE)
            await clinic.drained()
            await clinic.sql(code, "0114A009", "0114A001")
            await clinic.drained()
            assert "active" == (await clinic.membership(patient))["status"]
    finally:
        await clinic.sql(code, "0114A009", "0114A001")


async def test_a_corrected_time_zone_keeps_the_books_right(clinic: Counter) -> None:
    """A visit late in the evening belongs to the next day further east: at P-Care, and in the count."""
    zone = "update public.clinics set time_zone = $1 where bpjs_facility_code = '0114A001'"
    async with clinic.daemon():
        visit = await clinic.visit(await clinic.registers(ACTIVE), finished=False)
        await clinic.sql(LAST_NIGHT, visit)
        await clinic.drained()
        try:
            await clinic.sql(zone, "Asia/Jayapura")
            laws = await clinic.sql("select difference from integration.status() where target = 'pcare'")
            assert {0} == {row["difference"] for row in laws}
            await clinic.drained()
            day = await clinic.one("select to_char(now() at time zone 'Asia/Jakarta', 'DD-MM-YYYY')")
            assert [day] == [row["body"]["tglDaftar"] for row in await clinic.held("registration")]
        finally:
            await clinic.sql(zone, "Asia/Jakarta")
