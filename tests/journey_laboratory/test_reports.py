"""From the doctor's order to the ministry: a final report follows its visit, once, and is amended there."""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.journey import stage
from tests.journey.stage import CLINIC_ID, Scene, until
from workers.app import built
from workers.satusehat import reconcile

pytestmark = pytest.mark.stack
BLOOD = [
    {"code": "HB", "numeric": "13.8", "unit": "g/dL"},
    {"code": "PLT", "numeric": "48", "unit": "10*3/uL"},
]
ONE_OF_EACH = {"ServiceRequest": 2, "Specimen": 1, "Observation": 2, "DiagnosticReport": 2}
READING = {"code": "XR-THORAX", "text": "Paru dan jantung dalam batas normal."}
VERDICT = [{"code": "XR-THORAX", "conclusion": "Tidak tampak kelainan."}]
CLEAR = """truncate public.notifications, public.results, public.result_files, public.diagnostic_order_items,
                   public.specimens, public.diagnostic_order_history, public.diagnostic_orders cascade"""
WHO = """select s.user_id from public.staff s join public.staff_roles r on r.staff_id = s.id
          where s.clinic_id = $1 and r.role::text = $2"""
MOVES = """select became from journey.moves m join integration.deliveries d on d.id = m.delivery_id
            where d.subject_id = $1"""


@pytest.fixture(scope="module")
async def theatre() -> AsyncIterator[Scene]:
    """The whole sandbox, with a laboratory."""
    async with stage.scene() as scene:
        async with scene.pool.acquire() as connection, connection.transaction():
            await connection.execute("select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', true)")
            await connection.execute("select public.install_examinations($1)", UUID(CLINIC_ID))
        yield scene


@pytest.fixture
async def ward(theatre: Scene) -> Scene:
    """A new day on which everybody's number is known, and images come when a test says so."""
    await theatre.sql(CLEAR)
    await theatre.clear()
    await theatre.know_everybody()
    await theatre.settle(studies_after_ms=None)
    return theatre


async def act(scene: Scene, role: str, function: str, *arguments: object) -> dict[str, Any]:
    """Call a function of the API as one of the clinic's people."""
    given = [json.dumps(a) if isinstance(a, list) and isinstance(a[0], dict) else a for a in arguments]
    marks = ", ".join(f"${n}" for n in range(1, len(given) + 1))
    async with scene.pool.acquire() as connection, connection.transaction():
        user = await connection.fetchval(WHO, UUID(CLINIC_ID), role)
        claims = json.dumps({"sub": str(user), "role": "authenticated"})
        await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
        await connection.execute("set local role authenticated")
        told = await connection.fetchval(f"select public.{function}({marks})", *given)
    return dict(json.loads(told))


async def reported(scene: Scene, visit: str) -> str:
    """A blood count and its platelets, ordered, taken, measured and verified."""
    order = (await act(scene, "doctor", "place_order", visit, ["HB", "PLT"]))["id"]
    await act(scene, "nurse", "collect_specimens", order)
    await act(scene, "lab", "start_examination", order)
    await act(scene, "lab", "enter_results", order, BLOOD)
    await act(scene, "lab", "finalize_order", order)
    return str(order)


async def seen(scene: Scene, visit: str) -> tuple[str, str]:
    """A chest image, read and concluded by the doctor; the order and its accession number."""
    order = await act(scene, "doctor", "place_order", visit, ["XR-THORAX"])
    await act(scene, "lab", "start_examination", order["id"])
    await act(scene, "doctor", "enter_results", order["id"], [READING])
    await act(scene, "doctor", "finalize_order", order["id"], VERDICT)
    return str(order["id"]), str(order["items"][0]["accession_number"])


async def there(scene: Scene) -> dict[str, int]:
    """What the ministry holds of orders; fails when it holds anything twice."""
    assert [] == (await scene.summary())["duplicates"]
    held = [row["body"] for type_ in ONE_OF_EACH for row in await scene.held(type_)]
    orders = [one for one in held if one["resourceType"] != "Observation" or "basedOn" in one]
    return {type_: sum(one["resourceType"] == type_ for one in orders) for type_ in ONE_OF_EACH}


async def waits_for(scene: Scene, order: str) -> list[str]:
    """The keys that an order's delivery waits for."""
    return list(await scene.one("select waits_for from integration.deliveries where subject_id = $1", UUID(order)))


async def arrive(scene: Scene, accession_number: str) -> None:
    """The images of a study come to the router."""
    study = {"organization": stage.ORGANIZATION_ID, "accession_number": accession_number, "study_uid": "1.2.3",
             "modality": "DX", "instances": 1}  # fmt: skip
    (await scene.ministry.post("/__sandbox__/studies", json=study)).raise_for_status()


async def test_a_report_follows_its_visit(ward: Scene) -> None:
    """Final before the visit is over: it waits, and goes by itself once the visit has arrived."""
    visit = await ward.visit(finished=False)
    order = await reported(ward, visit)
    async with ward.daemon():
        await ward.reaches(order, "blocked")
        assert [f"encounter/{visit}"] == await waits_for(ward, order)
        await ward.sql("update public.visits set status = 'finished', finished_at = now() where id = $1", UUID(visit))
        await ward.reaches(order, "delivered")
    assert "delivered" == await ward.state(visit)
    assert ONE_OF_EACH == await there(ward)
    (encounter,) = await ward.held("Encounter")
    assert {f"Encounter/{encounter['id']}"} == {
        row["body"]["encounter"]["reference"] for row in await ward.held("DiagnosticReport")
    }


async def test_an_amendment_changes_what_is_there(ward: Scene) -> None:
    """One value: one result and its report; nothing is there twice, nothing else is sent."""
    visit = await ward.visit()
    order = await reported(ward, visit)
    async with ward.daemon():
        await ward.reaches(order, "delivered")
        before = await ward.last_seq()
        await act(ward, "lab", "amend_results", order, [{**BLOOD[1], "numeric": "84"}], "Bekuan dalam tabung")

        async def amended() -> bool:
            return "amended" in {row["body"]["status"] for row in await ward.held("DiagnosticReport")}

        await until(amended, "the report is amended")
        await ward.reaches(order, "delivered")
        sent = [row["type"] for row in await ward.requests(before) if row["method"] != "GET"]
    assert ["Observation", "DiagnosticReport"] == sent
    assert ONE_OF_EACH == await there(ward)
    corrected = [row["body"] for row in await ward.held("Observation") if row["body"]["status"] == "corrected"]
    assert [84] == [row["valueQuantity"]["value"] for row in corrected]


async def test_lost_answers_leave_one_of_each(ward: Scene) -> None:
    """The first answer about the visit and about the order never comes: both are asked about, and adopted."""
    visit = await ward.visit()
    order = await reported(ward, visit)
    lost = {"match": {"method": "POST", "type": "Bundle", "next": 2}, "effect": {"kind": "drop_after_commit"}}
    await ward.behave(lost)
    async with ward.daemon():
        await ward.reaches(order, "delivered")
    assert ONE_OF_EACH == await there(ward)
    moves = await ward.sql(MOVES, UUID(order))
    assert "uncertain" in [row["became"] for row in moves]


async def test_a_code_filled_in_the_catalogue_releases_what_waited_for_it(ward: Scene) -> None:
    """The laboratory mends the catalogue once; nobody touches the order."""
    visit = await ward.visit()
    order = (await act(ward, "doctor", "place_order", visit, ["RF"]))["id"]
    await act(ward, "nurse", "collect_specimens", order)
    await act(ward, "lab", "start_examination", order)
    await act(ward, "lab", "enter_results", order, [{"code": "RF", "coded": "NEG"}])
    await act(ward, "lab", "finalize_order", order)
    async with ward.daemon():
        await ward.reaches(visit, "delivered")
        await ward.reaches(order, "blocked")
        (key,) = await waits_for(ward, order)
        assert key.startswith("changed/examination/")
        await ward.sql(
            "update public.examinations set loinc_code = '11572-5', loinc_display = 'Rheumatoid factor' where id = $1",
            UUID(key.rpartition("/")[2]),
        )
        await ward.reaches(order, "delivered")
    assert 1 == (await there(ward))["DiagnosticReport"]


async def test_a_cancelled_visit_takes_its_reports_back(ward: Scene) -> None:
    """Everything told of the order is marked as entered in error."""
    visit = await ward.visit()
    order = await reported(ward, visit)
    async with ward.daemon():
        await ward.reaches(order, "delivered")
        await ward.sql("update public.visits set status = 'cancelled', cancelled_at = now() where id = $1", UUID(visit))

        async def taken_back() -> bool:
            rows = [row["body"] for type_ in ("DiagnosticReport", "ServiceRequest") for row in await ward.held(type_)]
            return {"entered-in-error"} == {row["status"] for row in rows}

        await until(taken_back, "the reports are taken back")
    assert ONE_OF_EACH == await there(ward)


async def test_an_image_waits_for_its_study(ward: Scene) -> None:
    """The request is there, the report is not; once the router has made the study, the report names it."""
    visit = await ward.visit()
    order, accession = await seen(ward, visit)
    async with ward.daemon():

        async def awaited() -> bool:
            failure = await ward.one("select failure from integration.deliveries where subject_id = $1", UUID(order))
            return failure == "awaited"

        await until(awaited, "the study is awaited")
        assert 1 == (await there(ward))["ServiceRequest"]
        assert 0 == (await there(ward))["DiagnosticReport"]
        await arrive(ward, accession)
        await ward.reaches(order, "delivered")
    (study,) = await ward.held("ImagingStudy")
    (report,) = await ward.held("DiagnosticReport")
    assert [{"reference": f"ImagingStudy/{study['id']}"}] == report["body"]["imagingStudy"]
    assert {"ServiceRequest": 1, "Specimen": 0, "Observation": 1, "DiagnosticReport": 1} == await there(ward)


async def test_an_image_whose_study_never_comes_is_reported_without(ward: Scene) -> None:
    """After the wait the clinic set."""
    visit = await ward.visit()
    order, _ = await seen(ward, visit)
    async with ward.daemon(satusehat_imaging_wait_seconds=1):
        await ward.reaches(order, "delivered")
    (report,) = await ward.held("DiagnosticReport")
    assert "imagingStudy" not in report["body"]


async def test_the_nightly_comparison_tells_visits_and_orders_apart(ward: Scene) -> None:
    """Nothing is strange about either; what somebody changes over there is found with its order."""
    visit = await ward.visit()
    order = await reported(ward, visit)
    async with ward.daemon():
        await ward.reaches(order, "delivered")
    async with built(ward.settings()) as app:
        found = await reconcile.everything(app.deliveries, app.satusehat, date(2020, 1, 1))
    assert (2, 0, 0) == (found.checked, found.skipped, found.differences)
