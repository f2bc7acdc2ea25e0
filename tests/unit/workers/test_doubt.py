"""A doubt after which the visit changed: nothing is left behind there, and nobody waits for the wrong thing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.satusehat import visits
from tests.unit.workers.test_carrying import KNOWN, REST, Clients, Handler, searchset, taken
from workers.clock import elapsed
from workers.deliveries import Lease
from workers.outcome import Blocked, Delivered, Exempt, Failure, Postponed, Report, Role, Uncertain
from workers.satusehat.deliver import SatusehatDelivery
from workers.satusehat.exchange import MOST_UNFOUND

ORGANIZATION = "10000004"
Json = dict[str, Any]


async def carry(handler: Handler, snapshot: Json, known: list[Json], *, unfound: int = 0) -> Report:
    """Carry a delivery that began in doubt."""
    lease = Lease(
        id=1, target="satusehat", kind="visit", subject_id="s", clinic_id="c", generation=1, lease_number=1, attempt=1,
        ask_first=True, suspect=False, snapshot=snapshot, known=known, deadline=elapsed() + 120,
        started_at=datetime.now(UTC), unfound=unfound,
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
        return await SatusehatDelivery(Clients(http), timedelta(seconds=30), REST)(lease)


def nobody(request: httpx.Request) -> httpx.Response:
    """A ministry that holds nothing."""
    return searchset() if request.method == "GET" else taken(request)


class Store:
    """A ministry that holds what it was given by id, found by type, and takes what is PUT."""

    def __init__(self, *held: Json) -> None:
        self.held = {f"{one['resourceType']}/{one['id']}": one for one in held}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/fhir-r4/v1").strip("/")
        if request.method == "GET" and "/" not in path:
            return searchset(*(one for key, one in self.held.items() if key.startswith(f"{path}/")))
        if request.method == "PUT":
            self.held[path] = json.loads(request.content)
        if request.method == "POST":
            body = json.loads(request.content)
            path = f"{body['resourceType']}/new-{len(self.held)}"
            self.held[path] = {**body, "id": path.partition("/")[2]}
        return httpx.Response(200, json=self.held[path])


def named(type_: str, kind: str, row: str, **more: Any) -> Json:
    """A resource there, under an identifier of ours."""
    system = f"http://sys-ids.kemkes.go.id/{kind}/{ORGANIZATION}"
    return {"resourceType": type_, "id": f"there-{type_.lower()}", "identifier": [{"system": system, "value": row}],
            "encounter": {"reference": "Encounter/there-encounter"}, **more}  # fmt: skip


@pytest.mark.parametrize("missing", ["patient", "drug"])
async def test_what_is_missing_is_waited_for_by_its_key(missing: str) -> None:
    """A worker died before it looked at the visit: its fact is still asked of the right person."""
    snapshot, known = visits.sound(), list(KNOWN)
    if missing == "patient":
        snapshot["patient"]["nik"] = None
        known = [row for row in KNOWN if row["type"] != "Patient"]
        key = f"patient/{snapshot['patient']['id']}"
    else:
        drug = snapshot["prescriptions"][0]["items"][0]["drug"]
        drug["kfa"] = None
        key = f"mapping/drug/{drug['id']}"
    report = await carry(nobody, snapshot, known)
    assert isinstance(report.outcome, Blocked)
    assert key in {problem.waits_for for problem in report.outcome.problems}
    assert not report.asked


async def test_a_diagnosis_voided_during_the_doubt_is_taken_back() -> None:
    """The Bundle had arrived with it, and nothing here knows its number."""
    snapshot = visits.sound()
    snapshot["voided"] = ["7a1f0000-0000-4000-8000-000000000001"]
    store = Store(
        named("Encounter", "encounter", snapshot["visit"]["id"]),
        named("Condition", "condition", snapshot["voided"][0], verificationStatus={}),
    )
    report = await carry(store, snapshot, list(KNOWN))
    assert Delivered() == report.outcome
    status = store.held["Condition/there-condition"]["verificationStatus"]
    assert "entered-in-error" == status["coding"][0]["code"]


async def test_what_others_wrote_about_the_visit_stays() -> None:
    """Another program's Observation hangs on the same Encounter."""
    snapshot = visits.sound()
    theirs = named("Observation", "observation", "LAB-77", status="final")
    store = Store(named("Encounter", "encounter", snapshot["visit"]["id"]), theirs)
    report = await carry(store, snapshot, list(KNOWN))
    assert Delivered() == report.outcome
    assert theirs == store.held["Observation/there-observation"]


def cancelled() -> Json:
    """The sound visit, cancelled since."""
    snapshot = visits.sound()
    at = snapshot["visit"]["finished_at"]
    snapshot["visit"] |= {"status": "cancelled", "cancelled_at": at}
    snapshot["status_history"][-1]["ended_at"] = at
    snapshot["status_history"].append({"status": "cancelled", "started_at": at, "ended_at": None})
    return snapshot


async def test_a_cancelled_visit_that_had_arrived_is_cancelled_there() -> None:
    """Also when its prescription can no longer be said in FHIR."""
    snapshot = cancelled()
    snapshot["prescriptions"][0]["items"][0]["drug"]["kfa"] = None
    row = snapshot["diagnoses"][0]["id"]
    store = Store(
        named("Encounter", "encounter", snapshot["visit"]["id"], status="finished"),
        named("Condition", "condition", row, verificationStatus={}),
    )
    report = await carry(store, snapshot, list(KNOWN))
    assert Delivered() == report.outcome
    assert "cancelled" == store.held["Encounter/there-encounter"]["status"]
    status = store.held["Condition/there-condition"]["verificationStatus"]
    assert "entered-in-error" == status["coding"][0]["code"]


async def test_a_cancelled_visit_is_not_called_unsent_before_it_was_asked_about() -> None:
    """Nobody can be asked without the patient's number, so the doubt stays."""
    known = [row for row in KNOWN if row["type"] != "Patient"]
    report = await carry(nobody, cancelled(), known)
    assert isinstance(report.outcome, Blocked)
    report = await carry(nobody, cancelled(), list(KNOWN))
    assert isinstance(report.outcome, Exempt)
    assert report.asked


@pytest.mark.parametrize(
    "bad",
    [{"meta": None}, {"meta": "x"}, {"identifier": "x"}, {"identifier": [None, 7, {"system": 3}]},
     {"verificationStatus": []}, {"verificationStatus": {"coding": [None]}}],
)  # fmt: skip
async def test_a_strange_resource_among_the_answers_is_passed_over(bad: Json) -> None:
    """It is nobody's; the visit goes on."""
    snapshot = visits.sound()
    store = Store(
        named("Encounter", "encounter", snapshot["visit"]["id"]),
        {**named("Condition", "condition", "strange"), **bad},
    )
    report = await carry(store, snapshot, list(KNOWN))
    assert Delivered() == report.outcome


async def test_a_refused_question_is_no_refusal_of_the_visit() -> None:
    """Whoever mends it starts another lease, and that one has to ask."""
    issue = {"severity": "error", "code": "value", "details": {"text": "Missing query parameters: subject"}}
    refusal = httpx.Response(400, json={"resourceType": "OperationOutcome", "issue": [issue]})
    report = await carry(lambda _: refusal, visits.sound(), list(KNOWN))
    assert isinstance(report.outcome, Blocked)
    assert not report.asked


def told_of_a_duplicate(request: httpx.Request) -> httpx.Response:
    """A ministry that holds the visit already and shows it to nobody."""
    if request.method == "GET":
        return searchset()
    text = "Found duplicate: Encounter (RuleNumber: 20002)"
    issue = {"severity": "error", "code": "duplicate", "details": {"text": text}}
    return httpx.Response(400, json={"resourceType": "OperationOutcome", "issue": [issue]})


async def test_a_holder_nobody_finds_is_looked_for_ever_more_seldom() -> None:
    """The index may lag: each rest is twice the one before, and the doubt stays."""
    rests = []
    for unfound in range(MOST_UNFOUND):
        report = await carry(told_of_a_duplicate, visits.sound(), list(KNOWN), unfound=unfound)
        assert isinstance(report.outcome, Uncertain)
        assert Failure.DUPLICATE == report.outcome.failure
        assert not report.asked
        rests.append(report.outcome.rest / REST)
    assert [1, 2, 4, 8, 16, 32] == rests


async def test_a_holder_nobody_finds_becomes_work_for_the_admin() -> None:
    """And still nothing is known: whoever starts it again has to ask first."""
    report = await carry(told_of_a_duplicate, visits.sound(), list(KNOWN), unfound=MOST_UNFOUND)
    assert isinstance(report.outcome, Blocked)
    [problem] = report.outcome.problems
    assert ("20002", Role.ADMIN, None) == (problem.rule, problem.role, problem.waits_for)
    assert "workers replay" in problem.reason
    assert not report.asked


async def test_what_was_said_to_be_there_is_not_sent_again() -> None:
    """Nothing new was found: only questions go out."""
    methods = []

    def ministry(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return told_of_a_duplicate(request)

    await carry(ministry, visits.sound(), list(KNOWN), unfound=1)
    assert {"GET"} == set(methods)


async def test_a_list_without_end_is_not_taken_for_all_there_is() -> None:
    """What stands on a page nobody read must not be sent a second time."""

    def endless(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            return taken(request)
        following = {"relation": "next", "url": f"{request.url.copy_set_param('page', 'next')}"}
        body = {"resourceType": "Bundle", "type": "searchset", "entry": [], "link": [following]}
        return httpx.Response(200, json=body)

    report = await carry(endless, visits.sound(), list(KNOWN))
    assert Postponed(Failure.UNREADABLE, REST) == report.outcome
    assert not report.asked
