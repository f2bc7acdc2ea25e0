"""An order on its way to a simulated ministry: what arrives, once, and what each second thought changes there."""

import pytest

from tests.unit.satusehat.orders import GLUCOSE, IMAGE, PANEL, Ward, ward
from workers.outcome import Blocked, Delivered, Exempt, Failure, Postponed, Rejected, Uncertain

LOST = {"match": {"method": "POST", "type": "Bundle", "next": 1}, "effect": {"kind": "error_after_commit"}}


async def counts(there: Ward) -> dict[str, int]:
    """How much the ministry holds of each type, and whether anything twice."""
    assert [] == await there.duplicates()
    types = ("ServiceRequest", "Specimen", "Observation", "DiagnosticReport")
    return {type_: len(await there.held(type_)) for type_ in types}


async def test_a_panel_goes_in_one_bundle_once_the_visit_is_there() -> None:
    """One request, one tube, five results, one report; a second delivery sends nothing."""
    async with ward(PANEL) as there:
        report = await there.carry()
        assert Delivered() == report.outcome
        assert ["GET Encounter 200", "POST Bundle (8 entries) 200"] == list(report.steps)
        assert {"ServiceRequest": 1, "Specimen": 1, "Observation": 5, "DiagnosticReport": 1} == await counts(there)
        again = await there.carry()
        assert (Delivered(), 0) == (again.outcome, again.requests)


async def test_an_order_waits_for_its_visit() -> None:
    """Nothing is sent before SatuSehat holds the Encounter; its key releases the order."""
    async with ward(PANEL) as there:
        key = f"encounter/{there.snapshot['visit']['id']}"
        del there.known[key]
        report = await there.carry()
        assert isinstance(report.outcome, Blocked)
        assert [key] == [problem.waits_for for problem in report.outcome.problems]
        assert 0 == report.requests


async def test_an_amendment_updates_what_changed_and_nothing_else() -> None:
    """The corrected result and its report; everything is there once."""
    async with ward(PANEL) as there:
        await there.carry()
        there.snapshot["order"] |= {"state": "amended", "amended_at": "2026-11-24T04:30:00+00:00"}
        there.snapshot["items"][0] |= {"amended": True}
        row = there.snapshot["items"][0]["results"][4]
        row |= {"value_numeric": 84, "flag": "L", "corrected": True, "issued_at": "2026-11-24T04:30:00+00:00"}
        report = await there.carry()
        assert ["PUT Observation 200", "PUT DiagnosticReport 200"] == list(report.steps)
        assert {"ServiceRequest": 1, "Specimen": 1, "Observation": 5, "DiagnosticReport": 1} == await counts(there)
        assert "amended" == (await there.held("DiagnosticReport"))[0]["status"]


async def test_a_lost_answer_leaves_one_of_each() -> None:
    """Uncertain, then asked: everything is found, adopted and recognised as the same."""
    async with ward(PANEL) as there:
        await there.behave(LOST)
        first = await there.carry()
        assert isinstance(first.outcome, Uncertain)
        second = await there.carry(ask_first=True)
        assert (Delivered(), True) == (second.outcome, second.asked)
        assert all(step.startswith("GET") for step in second.steps)
        assert {"ServiceRequest": 1, "Specimen": 1, "Observation": 5, "DiagnosticReport": 1} == await counts(there)
        assert (await there.carry()).requests == 0


async def test_what_was_taken_out_during_a_doubt_is_retracted() -> None:
    """A result voided and a tube rejected while nobody knew whether they had arrived."""
    async with ward(PANEL) as there:
        await there.behave(LOST)
        await there.carry()
        gone = there.snapshot["items"][0]["results"].pop(0)
        there.snapshot["voided"] = [gone["id"]]
        assert Delivered() == (await there.carry(ask_first=True)).outcome
        held = {row["identifier"][0]["value"]: row["status"] for row in await there.held("Observation")}
        assert "entered-in-error" == held.pop(gone["id"])
        assert {"final"} == set(held.values())


@pytest.mark.parametrize("what", ["visit", "order", "items"])
async def test_what_did_not_take_place_is_taken_back(what: str) -> None:
    """Everything told of it is marked, results before what they rest on; the visit's Encounter is left alone."""
    async with ward(PANEL) as there:
        await there.carry()
        match what:
            case "visit":
                there.snapshot["visit"]["status"] = "cancelled"
            case "order":
                there.snapshot["order"] |= {"state": "cancelled", "cancelled_at": "2026-11-24T04:00:00+00:00"}
            case _:
                there.snapshot["items"][0]["state"] = "cancelled"
        report = await there.carry()
        assert Delivered() == report.outcome
        types = [step.split()[1] for step in report.steps if step.startswith("PUT")]
        assert ["DiagnosticReport", *["Observation"] * 5, "Specimen", "ServiceRequest"] == types
        for type_ in types:
            assert {"entered-in-error"} == {row["status"] for row in await there.held(type_)}
        assert "arrived" == (await there.held("Encounter"))[0]["status"]


async def test_what_is_taken_back_needs_no_patients_number() -> None:
    """A NIK corrected meanwhile forgets whose number it was; what was told in error is marked all the same."""
    async with ward(PANEL) as there:
        await there.carry()
        there.snapshot["visit"]["status"] = "cancelled"
        del there.known[f"patient/{there.snapshot['patient']['id']}"]
        assert Delivered() == (await there.carry()).outcome
        assert {"entered-in-error"} == {row["status"] for row in await there.held("Observation")}


async def test_an_order_cancelled_before_it_was_sent_stays_unsent() -> None:
    """Exempt, without a question."""
    async with ward(PANEL) as there:
        there.snapshot["visit"]["status"] = "cancelled"
        report = await there.carry()
        assert (Exempt, 0) == (type(report.outcome), report.requests)


async def test_an_order_cancelled_in_doubt_is_looked_for_first() -> None:
    """It was there: it is taken back, not forgotten."""
    async with ward(GLUCOSE) as there:
        await there.behave(LOST)
        await there.carry()
        there.snapshot["order"] |= {"state": "cancelled", "cancelled_at": "2026-11-24T04:00:00+00:00"}
        assert Delivered() == (await there.carry(ask_first=True)).outcome
        for type_ in ("ServiceRequest", "Specimen", "Observation", "DiagnosticReport"):
            assert ["entered-in-error"] == [row["status"] for row in await there.held(type_)]


async def test_an_image_is_reported_once_its_study_is_there() -> None:
    """The request goes ahead, the report waits, and refers to the study then."""
    async with ward(IMAGE) as there:
        there.snapshot["as_of"] = "2026-11-24T03:11:00+00:00"
        first = await there.carry()
        assert isinstance(first.outcome, Postponed)
        assert Failure.AWAITED == first.outcome.failure
        assert 2 <= first.outcome.wait.total_seconds() <= 60
        assert {"ServiceRequest": 1, "Specimen": 0, "Observation": 0, "DiagnosticReport": 0} == await counts(there)
        await there.images_arrive()
        second = await there.carry()
        assert Delivered() == second.outcome
        study = {"reference": f"ImagingStudy/{(await there.held('ImagingStudy'))[0]['id']}"}
        assert [study] == (await there.held("DiagnosticReport"))[0]["imagingStudy"]
        assert [study] == (await there.held("Observation"))[0]["derivedFrom"]
        assert (await there.carry()).requests == 0


async def test_a_request_whose_answer_is_lost_is_found_and_its_images_awaited() -> None:
    """Asked, adopted, and not sent again; the doubt is over, so the wait for images is no doubt."""
    async with ward(IMAGE) as there:
        there.snapshot["as_of"] = "2026-11-24T03:11:00+00:00"
        await there.behave(LOST)
        assert isinstance((await there.carry()).outcome, Uncertain)
        report = await there.carry(ask_first=True)
        assert (True, Failure.AWAITED) == (report.asked, getattr(report.outcome, "failure", None))
        assert 1 == (await counts(there))["ServiceRequest"]


@pytest.mark.parametrize("type_", ["Observation", "DiagnosticReport"])
async def test_a_single_answer_that_is_lost_leaves_one_of_each(type_: str) -> None:
    """Results and report of images go one by one: each may be the one whose answer never comes."""
    async with ward(IMAGE) as there:
        await there.images_arrive()
        lost = {"match": {"method": "POST", "type": type_, "next": 1}, "effect": {"kind": "error_after_commit"}}
        await there.behave(lost)
        assert isinstance((await there.carry()).outcome, Uncertain)
        assert Delivered() == (await there.carry(ask_first=True)).outcome
        assert {"ServiceRequest": 1, "Specimen": 0, "Observation": 1, "DiagnosticReport": 1} == await counts(there)


async def test_what_is_said_to_be_there_and_cannot_be_found_is_asked_for_again() -> None:
    """The index lags: a duplicate is a doubt, and a lasting one is a person's to judge."""
    async with ward(PANEL) as there:
        await there.behave(LOST)
        await there.carry()
        blind = {"match": {"method": "GET", "type": "ServiceRequest"}, "effect": {"kind": "empty_search"}}
        await there.behave(blind)
        first = await there.carry(ask_first=True)
        assert isinstance(first.outcome, Uncertain)
        assert Failure.DUPLICATE == first.outcome.failure
        second = await there.carry(ask_first=True, unfound=1)
        assert isinstance(second.outcome, Uncertain)
        assert all(step.startswith("GET") for step in second.steps)
        last = await there.carry(ask_first=True, unfound=6)
        assert isinstance(last.outcome, Blocked)
        assert ["diagnostic_orders.id"] == [problem.field for problem in last.outcome.problems]


async def test_images_that_came_before_the_request_are_found_at_once() -> None:
    """The router keeps them until the request arrives."""
    async with ward(IMAGE) as there:
        there.snapshot["as_of"] = "2026-11-24T03:11:00+00:00"
        await there.images_arrive()
        assert Delivered() == (await there.carry()).outcome
        assert "imagingStudy" in (await there.held("DiagnosticReport"))[0]


async def test_a_report_goes_without_images_that_never_come() -> None:
    """Judged by the snapshot's clock; later ones are named by the next delivery, nothing is retracted."""
    async with ward(IMAGE) as there:
        assert Delivered() == (await there.carry(imaging_wait_s=60)).outcome
        assert "imagingStudy" not in (await there.held("DiagnosticReport"))[0]
        await there.carry(imaging_wait_s=86400)
        assert ["final"] == [row["status"] for row in await there.held("DiagnosticReport")]
        await there.images_arrive()
        report = await there.carry()
        assert ["PUT Observation 200", "PUT DiagnosticReport 200"] == [s for s in report.steps if s.startswith("PUT")]


async def test_somebody_elses_images_are_not_taken() -> None:
    """A study under the number that is another patient's is left alone."""
    async with ward(IMAGE) as there:
        there.snapshot["as_of"] = "2026-11-24T03:11:00+00:00"
        await there.carry()
        await there.images_arrive()
        study = next(one for (type_, _), one in there.app.ministry.store.held.items() if type_ == "ImagingStudy")
        body = study.parsed() | {"subject": {"reference": "Patient/P00000000000"}}
        there.app.ministry.store.put(study.id, body, study.organization, study.stamp, 0.0)
        assert isinstance((await there.carry()).outcome, Postponed)


async def test_a_corrected_nik_moves_no_order_to_another_patient() -> None:
    """What is held under the old number stays there; a person is told what to do."""
    async with ward(PANEL) as there:
        await there.carry()
        there.known[f"patient/{there.snapshot['patient']['id']}"]["remote_id"] = "P01836748436"
        report = await there.carry()
        assert isinstance(report.outcome, Rejected)
        (problem,) = report.outcome.problems
        assert f"changed/patient/{there.snapshot['patient']['id']}" == problem.waits_for
        assert ["GET ServiceRequest 200"] == list(report.steps)


async def test_an_order_is_not_told_of_another_patient_than_its_visit() -> None:
    """The visit went under the old number, the order would go under the new one."""
    async with ward(PANEL) as there:
        there.known[f"patient/{there.snapshot['patient']['id']}"]["remote_id"] = "P01836748436"
        report = await there.carry()
        assert isinstance(report.outcome, Rejected)
        assert {"ServiceRequest": 0, "Specimen": 0, "Observation": 0, "DiagnosticReport": 0} == await counts(there)


async def test_people_are_found_by_nik_once() -> None:
    """Patient, requester, collector and performer; their numbers are reported."""
    async with ward(PANEL) as there:
        there.known = {key: row for key, row in there.known.items() if key.startswith("encounter/")}
        report = await there.carry()
        assert Delivered() == report.outcome
        found = [one.type for one in report.accepted if not one.content_hash]
        assert {"Patient": 1, "Practitioner": 4} == {type_: found.count(type_) for type_ in set(found)}


async def test_a_refusal_is_told_in_an_orders_words() -> None:
    """The field is the order's own; a code of the catalogue waits for the catalogue's row."""
    async with ward(PANEL) as there:
        settings = {"unknown_codes": ["A91", "119297000"]}
        await there.http.post("http://ministry.test/__sandbox__/settings", json=settings)
        report = await there.carry()
        assert isinstance(report.outcome, Rejected)
        told = {problem.rule: problem.field for problem in report.outcome.problems}
        assert "diagnostic_orders.diagnosis_code" == told["10064"]
        assert all(not field.startswith(("visits", "vital_signs")) for field in told.values())
