"""Opening a file: whom the database lets gets an address for a minute; everybody else one sentence."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from edge_bridge.files import files
from sandbox.supabase.stack import Stack
from tests.journey_laboratory.filing import Filing, filing
from tests.unit.laboratory.files import documents
from workers.deliveries import connect

pytestmark = pytest.mark.stack


@dataclass(frozen=True, slots=True)
class Counter:
    """The door, the laboratory behind it, and a file that may be read."""

    http: httpx.AsyncClient
    filing: Filing
    file: UUID

    async def open(self, token: str | None, file: object = None, **query: str) -> httpx.Response:
        """Ask for the file."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.post(f"/files/{file or self.file}/open", headers=headers, params=query)

    async def reads(self) -> list[tuple[UUID, str]]:
        """Who was given which version."""
        rows = await self.filing.lab.bench.connection.fetch(
            "select user_id, version from public.file_reads where file_id = $1 order by at", self.file
        )
        return [(row[0], row[1]) for row in rows]


def door(client: Any) -> httpx.AsyncClient:
    """A client at a door with this room alone."""
    api = FastAPI()
    api.include_router(files(client))
    return httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://door")


@pytest.fixture(scope="module")
async def counter(stack: Stack) -> AsyncIterator[Counter]:
    """One clinic with one available file."""
    async with filing(stack) as opened, door(opened.workers) as http:
        file = await opened.uploaded(await opened.xray(), documents.report(), "hasil lab.pdf", "application/pdf")
        async with opened.daemon():
            await opened.reaches(file, "available")
        yield Counter(http, opened, file)


async def test_a_doctor_gets_an_address_for_a_minute(counter: Counter) -> None:
    """It needs no key, bears no name anybody gave the file, and the reading is written down."""
    answer = await counter.open(counter.filing.token("doctor"))

    assert (200, "no-store", "nosniff") == (
        answer.status_code, answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"])  # fmt: skip
    told = answer.json()
    assert {
        "expires_in": 60,
        "content_type": "application/pdf",
        "file_name": "hasil lab.pdf",
        "url": told["url"],
    } == told
    async with httpx.AsyncClient() as anybody:
        served = await anybody.get(told["url"])
    assert await counter.filing.stored(await counter.filing.file(counter.file)) == served.content
    name = f"{counter.file}.pdf"
    assert f"attachment; filename={name}; filename*=UTF-8''{name};" == served.headers["Content-Disposition"]
    assert "hasil" not in told["url"]
    assert (counter.filing.lab.bench.users["doctor"], "original") == (await counter.reads())[-1]
    assert 60 == _lifetime_s(told["url"])


@pytest.mark.parametrize("version", ["preview", "thumbnail"])
async def test_previews_are_shown_not_saved(counter: Counter, version: str) -> None:
    """A picture for the page."""
    told = (await counter.open(counter.filing.token("nurse"), version=version)).json()
    assert ("image/jpeg", f"hasil lab-{version}.jpg") == (told["content_type"], told["file_name"])
    async with httpx.AsyncClient() as anybody:
        served = await anybody.get(told["url"])
    assert b"\xff\xd8\xff" == served.content[:3]
    assert "Content-Disposition" not in served.headers
    assert version == (await counter.reads())[-1][1]


@pytest.mark.parametrize("role", ["stranger", "cashier", "front_desk", "pharmacist"])
async def test_whoever_may_not_learns_nothing(counter: Counter, role: str) -> None:
    """The same answer as for a file that is not there, and nothing is written down."""
    before = await counter.reads()
    token = counter.filing.token(role)
    answers = [await counter.open(token), await counter.open(token, uuid4()), await counter.open(token, "x'; --")]
    assert {(404, "Berkas tidak ditemukan.")} == {(one.status_code, one.json()["detail"]) for one in answers}
    assert before == await counter.reads()


async def test_a_file_that_is_not_available_is_not_there(counter: Counter) -> None:
    """In quarantine, for the doctor and for the laboratory that uploaded it."""
    order = await counter.filing.xray()
    waiting = await counter.filing.uploaded(order, documents.report(), "a.pdf")
    for role in ("doctor", "lab"):
        assert 404 == (await counter.open(counter.filing.token(role), waiting)).status_code


async def test_without_a_users_own_token_nothing_is_asked(counter: Counter) -> None:
    """Nor with ours: our key alone would be the service."""
    good, before = counter.filing.token("doctor"), await counter.reads()
    forged = f"{good.rpartition('.')[0]}.{'A' * 43}"
    tokens = [None, "", "x", f"{good} ", good[:-3], forged, counter.filing.token("doctor", exp=1_000_000_000),
              counter.filing.stack.service_key, counter.filing.stack.anon_key, "a.b.c", f"{good}.{good}"]  # fmt: skip
    assert [401] * len(tokens) == [(await counter.open(token)).status_code for token in tokens]
    twice = [("Authorization", f"Bearer {good}")] * 2
    assert 401 == (await counter.http.post(f"/files/{counter.file}/open", headers=twice)).status_code
    basic = {"Authorization": f"Basic {good}", "apikey": good}
    assert 401 == (await counter.http.post(f"/files/{counter.file}/open", headers=basic)).status_code
    assert before == await counter.reads()


async def test_other_versions_and_verbs_are_not_understood(counter: Counter) -> None:
    """Only what is written down."""
    token = counter.filing.token("doctor")
    assert 422 == (await counter.open(token, version="../x")).status_code
    assert 405 == (await counter.http.get(f"/files/{counter.file}/open")).status_code


@pytest.mark.parametrize(
    "name", ['a"; x=".pdf', "a\r\nSet-Cookie: x=1.pdf", "hasil é 検査.pdf", "../../etc/passwd", "%0d%0a"]
)
async def test_no_name_reaches_a_header_as_it_is(counter: Counter, name: str) -> None:
    """RFC 6266: encoded, whatever a sender wrote (FILE-11)."""
    update = "update public.result_files set file_name = $2 where id = $1"
    await counter.filing.lab.bench.connection.execute(update, counter.file, name)
    try:
        told = (await counter.open(counter.filing.token("doctor"))).json()
    finally:
        await counter.filing.lab.bench.connection.execute(update, counter.file, "hasil lab.pdf")
    assert name == told["file_name"]
    async with httpx.AsyncClient() as anybody:
        served = await anybody.get(told["url"])
    assert 200 == served.status_code
    assert "set-cookie" not in served.headers
    disposition = served.headers["Content-Disposition"]
    assert disposition.isascii()
    assert not set('"\r\n ') & set(disposition.removeprefix("attachment; filename=").split(";")[0])


async def test_supabase_away_is_said(counter: Counter) -> None:
    """Come again; not 'not found'."""
    nowhere = await connect("http://127.0.0.1:9", "a-key-that-opens-nothing")
    async with door(nowhere) as http:
        headers = {"Authorization": f"Bearer {counter.filing.token('doctor')}"}
        answer = await http.post(f"/files/{counter.file}/open", headers=headers)
    await nowhere.postgrest.aclose()
    assert (503, "5", "no-store") == (
        answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"])  # fmt: skip


async def test_nothing_of_it_is_logged(counter: Counter, caplog: pytest.LogCaptureFixture) -> None:
    """No token, no path, no address; as the daemon sets its libraries up."""
    token = counter.filing.token("doctor")
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "aiohttp", "asyncio"):
            caplog.set_level(logging.CRITICAL, logger=name)
        told = (await counter.open(token)).json()
    said = caplog.text
    for word in (token, str(counter.file), told["url"], "hasil"):
        assert word not in said


def _lifetime_s(url: str) -> int:
    claims = httpx.URL(url).params["token"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return int(told["exp"]) - int(told["iat"])
