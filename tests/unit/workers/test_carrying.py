"""One visit on its way: what is asked, what is sent, and how each answer ends it. A handler is the ministry."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.satusehat import visits
from workers.clock import elapsed
from workers.deliveries import Lease
from workers.outcome import Blocked, Delivered, Failure, Outcome, Postponed, Rejected, Report, Uncertain
from workers.satusehat.client import SatusehatClient
from workers.satusehat.deliver import SatusehatDelivery
from workers.traffic import Pace

REST = timedelta(seconds=60)
FHIR = "https://ministry.test/fhir-r4/v1"
Handler = Callable[[httpx.Request], httpx.Response]
KNOWN = visits._DENGUE["known"]


class Clients:
    """The clients of one organization, whichever is asked for."""

    organizations = ("10000004",)

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._client = SatusehatClient(http, FHIR, httpx.Auth(), Pace(1e6))

    def of(self, organization_id: str | None) -> SatusehatClient | None:
        """The one client there is."""
        return self._client if organization_id else None


class Ministry:
    """Answers from a handler and keeps what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path.removeprefix("/fhir-r4/v1").strip("/")))
        return self._handler(request)


async def carry(ministry: Ministry, known: Any = KNOWN, *, ask_first: bool = False, holds_s: float = 120.0) -> Report:
    """Carry the sound visit to its end."""
    lease = Lease(
        id=1, target="satusehat", kind="visit", subject_id="s", clinic_id="c", generation=1, lease_number=1, attempt=1,
        ask_first=ask_first, suspect=False, snapshot=visits.sound(), known=list(known),
        deadline=elapsed() + holds_s, started_at=datetime.now(UTC),
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.MockTransport(ministry)) as http:
        return await SatusehatDelivery(Clients(http), timedelta(seconds=30), REST)(lease)


def searchset(*resources: dict[str, Any]) -> httpx.Response:
    """A search's answer."""
    body = {"resourceType": "Bundle", "type": "searchset", "total": len(resources),
            "entry": [{"resource": one} for one in resources]}  # fmt: skip
    return httpx.Response(200, json=body)


def taken(request: httpx.Request) -> httpx.Response:
    """A transaction that was carried out: an answer per entry, in order."""
    entries = json.loads(request.content)["entry"]
    answers = [
        {"response": {"status": "201 Created", "etag": 'W/"v1"', "resourceType": e["resource"]["resourceType"],
                      "resourceID": f"id-{n}",
                      "location": f"{FHIR}/{e['resource']['resourceType']}/id-{n}/_history/v1"}}
        for n, e in enumerate(entries)
    ]  # fmt: skip
    return httpx.Response(200, json={"resourceType": "Bundle", "type": "transaction-response", "entry": answers})


async def test_the_first_time_one_bundle_is_sent() -> None:
    """Everybody is known: one request, and every resource's id is reported."""
    ministry = Ministry(taken)
    report = await carry(ministry)
    assert Delivered() == report.outcome
    assert [("POST", "")] == ministry.asked
    assert len(report.accepted) > 5
    assert all(one.remote_id and one.content_hash for one in report.accepted)
    assert 1 == report.requests


def _raising(error: type[httpx.RequestError]) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("invented", request=request)

    return handler


@pytest.mark.parametrize(
    ("handler", "outcome", "failure"),
    [
        (_raising(httpx.ReadTimeout), Uncertain, Failure.NO_REPLY),
        (_raising(httpx.ReadError), Uncertain, Failure.NO_REPLY),
        (_raising(httpx.RemoteProtocolError), Uncertain, Failure.NO_REPLY),
        (_raising(httpx.ConnectError), Postponed, Failure.UNREACHABLE),
        (_raising(httpx.PoolTimeout), Postponed, Failure.UNREACHABLE),
        (lambda _: httpx.Response(503, text="no healthy upstream"), Uncertain, Failure.SERVER_ERROR),
        (lambda _: httpx.Response(504, text="Gateway Timeout"), Uncertain, Failure.SERVER_ERROR),
        (lambda _: httpx.Response(429, headers={"retry-after": "7"}), Postponed, Failure.THROTTLED),
        (lambda _: httpx.Response(200, text="<html>"), Uncertain, Failure.UNREADABLE),
        (lambda _: httpx.Response(200, json={"resourceType": "Bundle"}), Uncertain, Failure.UNREADABLE),
    ],
)
async def test_an_answer_that_proves_nothing_is_a_doubt(
    handler: Handler, outcome: type[Postponed | Uncertain], failure: Failure
) -> None:
    """Certainly unsent is postponed; anything that may have been taken rests before it is asked about."""
    report = await carry(Ministry(handler))
    assert isinstance(report.outcome, outcome)
    assert failure == report.outcome.failure
    if isinstance(report.outcome, Uncertain):
        assert REST == report.outcome.rest
    if failure is Failure.THROTTLED:
        assert Postponed(Failure.THROTTLED, timedelta(seconds=7)) == report.outcome


async def test_refused_content_names_who_must_act() -> None:
    """A rule number becomes a problem with a reason and a role."""
    text = "Code not found: 'Z99.99' in system: http://hl7.org/fhir/sid/icd-10 (RuleNumber: 10134)"
    issue = {"severity": "error", "code": "value", "details": {"text": text}}
    refusal = httpx.Response(400, json={"resourceType": "OperationOutcome", "issue": [issue]})
    report = await carry(Ministry(lambda _: refusal))
    assert isinstance(report.outcome, Rejected)
    [problem] = report.outcome.problems
    assert "10134" == problem.rule
    assert problem.reason
    assert "Z99.99" not in problem.reason


async def test_a_lease_too_short_for_an_answer_sends_nothing() -> None:
    """A process that was stopped finds out before it writes."""
    ministry = Ministry(taken)
    report = await carry(ministry, holds_s=5.0)
    assert Postponed(Failure.STOPPED, timedelta()) == report.outcome
    assert [] == ministry.asked


async def test_a_doubt_is_asked_about_before_anything_is_sent() -> None:
    """Nothing is there: the answer settles the doubt, and the Bundle goes out after it."""
    ministry = Ministry(lambda request: searchset() if request.method == "GET" else taken(request))
    report = await carry(ministry, ask_first=True)
    assert Delivered() == report.outcome
    assert report.asked
    assert [("GET", "Encounter"), ("POST", "")] == ministry.asked


async def test_a_doubt_that_cannot_be_asked_about_stays() -> None:
    """While searches fail nothing is sent, however often it is tried."""
    ministry = Ministry(lambda request: httpx.Response(503) if request.method == "GET" else taken(request))
    report = await carry(ministry, ask_first=True)
    assert isinstance(report.outcome, Postponed)
    assert not report.asked
    assert {"GET"} == {method for method, _ in ministry.asked}


def _without(type_: str) -> list[dict[str, Any]]:
    return [row for row in KNOWN if row["type"] != type_]


def patient(ihs: str, **changes: Any) -> dict[str, Any]:
    """A record of the master index with everything masked."""
    nik = {"system": "https://fhir.kemkes.go.id/id/nik", "value": "#" * 16, "use": "official"}
    return {"resourceType": "Patient", "id": ihs, "identifier": [nik], "active": True, **changes}


def _ending(report: Report) -> tuple[type[Outcome], set[str | None]]:
    found = report.outcome.problems if isinstance(report.outcome, Blocked) else ()
    return type(report.outcome), {problem.waits_for for problem in found}


async def test_one_record_is_taken() -> None:
    """A number found is part of the report, so that it is never looked for again."""
    ministry = Ministry(lambda r: searchset(patient("P1")) if r.method == "GET" else taken(r))
    report = await carry(ministry, _without("Patient"))
    assert Delivered() == report.outcome
    assert "P1" in {one.remote_id for one in report.accepted if one.type == "Patient"}


@pytest.mark.parametrize(
    "hits",
    [
        [],
        [patient("P1"), patient("P2")],
        [patient("P1", birthDate="1901-01-01")],
        [patient("P1", identifier=[{"system": "https://fhir.kemkes.go.id/id/nik", "value": "3171000000000001"}])],
    ],
    ids=["nobody", "two who cannot be told apart", "another birth date", "another NIK"],
)
async def test_nobody_is_guessed(hits: list[dict[str, Any]]) -> None:
    """Unless exactly one record agrees with all that is readable, the visit waits for the patient's data."""
    key = f"patient/{visits.sound()['patient']['id']}"
    report = await carry(Ministry(lambda _: searchset(*hits)), _without("Patient"))
    assert (Blocked, {key}) == _ending(report)
    assert all("P1" != one.remote_id for one in report.accepted)


async def test_two_records_are_told_apart_by_name_and_birth_date() -> None:
    """The search that adds name and birth date confirms one of them."""
    both = [patient("P1"), patient("P2")]

    def ministry(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return taken(request)
        return searchset(*(both[1:] if "name" in request.url.params else both))

    report = await carry(Ministry(ministry), _without("Patient"))
    assert Delivered() == report.outcome
    assert "P2" in {one.remote_id for one in report.accepted if one.type == "Patient"}
