"""What is missing blocks one visit, names the person who must act, and releases it with no click."""

from tests.journey.books import complaints
from tests.journey.stage import CLINIC_ID, Scene, until

UNKNOWN_CODE = "Z99.99"
"""A well-formed ICD-10 code that the ministry does not know."""
TYPE_NIK = """update public.patients set nik = (select nik from journey.citizens where n = $1)
               where medical_record_number = 'J1'"""


async def work(scene: Scene, visit: str) -> list[tuple[str, str]]:
    """Who has to mend what for a visit."""
    rows = await scene.sql("select role, field from public.work_items where subject_id = $1 order by 1, 2", visit)
    return [(row["role"], row["field"]) for row in rows]


async def test_a_missing_nik_waits_for_the_front_desk(scene: Scene) -> None:
    """The patient's NIK is typed in, and the visit goes by itself."""
    await scene.sql("update public.patients set nik = null where medical_record_number = 'J1'")
    visit = await scene.visit(patient="J1")
    async with scene.daemon():
        await scene.reaches(visit, "blocked")
        assert [("front_desk", "patients.nik")] == await work(scene, visit)
        await scene.sql("update public.patients set nik = (select nik from journey.citizens where n = 1) "
                        "where medical_record_number = 'J1'")  # fmt: skip
        await scene.reaches(visit, "delivered")
    assert [] == await work(scene, visit)
    assert {} == await complaints(scene)


async def test_an_unmapped_drug_waits_for_the_pharmacist(scene: Scene) -> None:
    """The drug is mapped to KFA, and all visits that waited for it go."""
    await scene.sql("delete from integration.mappings")
    visits = [await scene.visit(patient=f"J{n}", drug="PCT") for n in range(1, 4)]
    async with scene.daemon():
        for visit in visits:
            await scene.reaches(visit, "blocked")
            assert {"pharmacist"} == {role for role, _ in await work(scene, visit)}
        await scene.sql(
            """insert into integration.mappings (clinic_id, kind, local_id, code, display)
               select clinic_id, 'drug', id::text, '93001019', 'Paracetamol 500 mg Tablet' from public.drugs"""
        )
        await scene.drained()
    assert {"delivered": 3} == await scene.states()
    assert {} == await complaints(scene)


async def test_refused_content_goes_once_the_data_changes(scene: Scene) -> None:
    """A code the ministry does not know is rejected; the corrected one is delivered."""
    visit = await scene.visit()
    code = "update public.diagnoses set icd10_code = $2 where visit_id = $1 and role = 'primary'"
    await scene.sql(code, visit, UNKNOWN_CODE)
    async with scene.daemon():
        await scene.reaches(visit, "rejected")
        assert await work(scene, visit)
        await scene.sql(code, visit, "A90")
        await scene.reaches(visit, "delivered")
    assert [] == await work(scene, visit)
    assert {} == await complaints(scene)


async def _practitioner(scene: Scene, visit: str, name: str) -> None:
    """Let the visit be signed by somebody whose NIK twenty-six records share."""
    await scene.sql(
        """with made as (insert into public.practitioners (clinic_id, full_name, nik, profession)
                         values ($1, $3, '6408130207800005', 'dentist') returning id)
           update public.visits set practitioner_id = (select id from made) where id = $2""",
        CLINIC_ID, visit, name)  # fmt: skip


async def test_one_nik_of_many_doctors_is_told_apart_by_name(scene: Scene) -> None:
    """The full name singles out one of the records that share the NIK."""
    visit = await scene.visit(finished=False)
    await _practitioner(scene, visit, "dr. Dito Arifin, Sp.M.")
    await scene.sql("update public.visits set status = 'finished' where id = $1", visit)
    async with scene.daemon():
        await scene.reaches(visit, "delivered")
    [encounter] = await scene.held("Encounter")
    people = {one["individual"]["reference"] for one in encounter["body"]["participant"]}
    assert "Practitioner/10018180913" in people
    assert {} == await complaints(scene)


async def test_one_nik_of_many_doctors_and_no_such_name_blocks(scene: Scene) -> None:
    """Nobody is guessed; the admin corrects the name, and the visit goes."""
    visit = await scene.visit(finished=False)
    await _practitioner(scene, visit, "Nakes")
    await scene.sql("update public.visits set status = 'finished' where id = $1", visit)
    async with scene.daemon():
        await scene.reaches(visit, "blocked")
        assert ("admin", "practitioners.nik") in await work(scene, visit)
        assert {} == await complaints(scene, parked=[visit])
        await scene.sql(
            "update public.practitioners set full_name = 'dr. Dito Arifin, Sp.M.' where full_name = 'Nakes'"
        )
        await scene.reaches(visit, "delivered")
    assert {} == await complaints(scene)


async def test_a_missing_organization_waits_for_the_admin(scene: Scene) -> None:
    """Without its number at SatuSehat a clinic sends nothing; with it, everything goes."""
    await scene.sql("update public.clinics set satusehat_organization_id = null where id = $1", CLINIC_ID)
    visit = await scene.visit()
    async with scene.daemon():
        await scene.reaches(visit, "blocked")
        assert [("admin", "clinics.satusehat_organization_id")] == await work(scene, visit)
        await scene.sql("update public.clinics set satusehat_organization_id = '10000004' where id = $1", CLINIC_ID)
        await scene.reaches(visit, "delivered")
    assert {} == await complaints(scene)


async def test_a_fact_that_arrives_during_the_attempt_is_not_missed(scene: Scene) -> None:
    """A key resolved after the lease looked undoes the block that was recorded from the older view."""
    await scene.sql("update public.patients set nik = null where medical_record_number = 'J1'")
    async with scene.daemon(poll_seconds=300) as app:
        await app.realtime.live.wait()
        for _ in range(5):
            visit = await scene.visit(patient="J1")

            async def leased(subject: str = visit) -> bool:
                return await scene.state(subject) in {"leased", "blocked"}

            await until(leased, "the visit is leased")
            await scene.sql("update public.patients set nik = (select nik from journey.citizens where n = 1) "
                            "where medical_record_number = 'J1'")  # fmt: skip
            await scene.reaches(visit, "delivered")
            await scene.sql("update public.patients set nik = null where medical_record_number = 'J1'")
            await scene.sql("update public.visits set status = status where id = $1", visit)
    assert {} == await complaints(scene)


async def test_a_nik_that_was_somebody_elses(scene: Scene) -> None:
    """The visit cannot move there: nothing is written, the admin is told, and cancelling takes it back."""
    visit = await scene.visit(patient="J1")
    async with scene.daemon():
        await scene.reaches(visit, "delivered")
        [encounter] = await scene.held("Encounter")
        await scene.sql("delete from public.patients where medical_record_number = 'J2'")
        before = await scene.last_seq()
        await scene.sql(TYPE_NIK, 2)
        await scene.reaches(visit, "rejected")
        assert [("admin", "patients.nik")] == await work(scene, visit)
        assert not [one for one in await scene.requests(before) if one["effect"]]
        assert {} == await complaints(scene, parked=[visit])

        await scene.sql("update public.visits set status = 'cancelled' where id = $1", visit)
        again = await scene.visit(patient="J1")
        await scene.reaches(visit, "delivered")
        await scene.reaches(again, "delivered")
    held = {one["id"]: one["body"] for one in await scene.held("Encounter")}
    assert "cancelled" == held[encounter["id"]]["status"]
    assert encounter["body"]["subject"] == held.pop(encounter["id"])["subject"]
    [other] = held.values()
    assert encounter["body"]["subject"] != other["subject"]
    assert {} == await complaints(scene)


async def test_a_nik_that_was_right_after_all(scene: Scene) -> None:
    """Typed back, the refused visit goes on by itself."""
    visit = await scene.visit(patient="J1")
    async with scene.daemon():
        await scene.reaches(visit, "delivered")
        await scene.sql("delete from public.patients where medical_record_number = 'J2'")
        await scene.sql(TYPE_NIK, 2)
        await scene.reaches(visit, "rejected")
        await scene.sql(TYPE_NIK, 1)
        await scene.reaches(visit, "delivered")
    assert {} == await complaints(scene)
