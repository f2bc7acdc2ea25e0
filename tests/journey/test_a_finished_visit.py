"""A finished visit reaches SatuSehat by itself, and a later change becomes exactly what changed."""

from tests.journey.books import complaints
from tests.journey.stage import Scene

FAR_AWAY_S = 300.0
"""A poll so slow that only a bell can have woken the worker."""
OUTAGE = {"name": "outage", "match": {"path": "/fhir-r4"}, "effect": {"kind": "outage"}}


async def test_a_finished_visit_arrives_by_the_bell(scene: Scene) -> None:
    """Realtime rings; the poll is minutes away."""
    async with scene.daemon(poll_seconds=FAR_AWAY_S) as app:
        await app.realtime.live.wait()
        visit = await scene.visit(patient="J1", drug="PCT")
        await scene.reaches(visit, "delivered")
    [encounter] = await scene.held("Encounter")
    assert "finished" == encounter["body"]["status"]
    assert visit in {one["value"] for one in encounter["identifiers"]}


async def test_a_corrected_diagnosis_is_one_put(scene: Scene) -> None:
    """One Condition and the résumé that quotes it are rewritten; nothing else is sent."""
    async with scene.daemon():
        visit = await scene.visit()
        await scene.reaches(visit, "delivered")
        before = await scene.last_seq()
        await scene.sql(
            "update public.diagnoses set icd10_code = 'A90' where visit_id = $1 and role = 'primary'", visit
        )
        await scene.reaches(visit, "delivered")
    sent = await scene.requests(before)
    assert {"PUT"} == {request["method"] for request in sent}
    assert len(sent) == len({request["path"] for request in sent})
    assert 1 == sum(request["type"] == "Condition" for request in sent)
    assert {"Condition"} == {request["type"] for request in sent} - {"Encounter", "Composition"}
    assert {} == await complaints(scene)


async def test_ten_corrections_during_an_outage_are_one(scene: Scene) -> None:
    """What is delivered is the latest state, not the story of how it came about."""
    async with scene.daemon():
        visit = await scene.visit()
        await scene.reaches(visit, "delivered")
        await scene.behave(OUTAGE)
        for number in range(10):
            await scene.sql("update public.vital_signs set systolic_mmhg = $2 where visit_id = $1", visit, 130 + number)
        before = await scene.last_seq()
        await scene.behave()
        await scene.reaches(visit, "delivered")
    taken = [request for request in await scene.requests(before) if request["effect"]]
    assert 1 == len(taken)
    [systolic] = [o for o in await scene.held("Observation") if o["body"]["code"]["coding"][0]["code"] == "8480-6"]
    assert 139 == systolic["body"]["valueQuantity"]["value"]
    assert {} == await complaints(scene)


async def test_a_voided_row_is_retracted(scene: Scene) -> None:
    """Nothing can be deleted there: what was entered in error is marked so."""
    async with scene.daemon():
        visit = await scene.visit()
        await scene.reaches(visit, "delivered")
        await scene.sql(
            "update public.diagnoses set voided_at = now() where visit_id = $1 and role = 'secondary'", visit
        )
        await scene.reaches(visit, "delivered")
    states = {
        one["body"]["code"]["coding"][0]["code"]: one["body"]
        .get("verificationStatus", {})
        .get("coding", [{}])[0]
        .get("code")
        for one in await scene.held("Condition")
    }
    assert "entered-in-error" == states["I10"]
    assert "entered-in-error" != states["A91"]
    assert {} == await complaints(scene)


async def test_a_visit_cancelled_after_delivery_is_marked_there(scene: Scene) -> None:
    """The Encounter stays, and says that it was cancelled; what hung on it was entered in error."""
    async with scene.daemon():
        visit = await scene.visit()
        await scene.reaches(visit, "delivered")
        await scene.sql("update public.visits set status = 'cancelled' where id = $1", visit)
        await scene.reaches(visit, "delivered")
    [encounter] = await scene.held("Encounter")
    assert "cancelled" == encounter["body"]["status"]
    assert {} == await complaints(scene)


async def test_a_visit_cancelled_before_delivery_is_exempt(scene: Scene) -> None:
    """Finished and cancelled while the worker slept: nothing is sent, the reason is on record."""
    visit = await scene.visit()
    await scene.sql("update public.visits set status = 'cancelled' where id = $1", visit)
    never_finished = await scene.visit(finished=False)
    await scene.sql("update public.visits set status = 'cancelled' where id = $1", never_finished)
    async with scene.daemon():
        await scene.reaches(visit, "exempt")
    assert await scene.one("select exempt_reason from integration.deliveries where subject_id = $1", visit)
    assert await scene.state(never_finished) is None
    assert [] == await scene.held("Encounter")
    assert {} == await complaints(scene)
