"""Files where they could come under somebody else, stay behind unseen, or hold a worker and a person crosswise."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from sandbox.supabase.postgres import Postgres
from tests.database.bench import SQL, Bench, Row
from tests.database.desk import Worker, connected, report, waiting
from tests.database.test_results import linked

AVAILABLE = {"state": "available", "content_type": "application/pdf", "sha256": "aa", "stored_path": "x/y.pdf"}
BALANCE = "select coalesce(sum(abs(difference)), 0)::integer from integration.status() where clinic_id = $1"
LEARN = "select integration.result_file_learned($1, $2)"
BYTES = """insert into storage.objects (bucket_id, name)
           select 'result-intake', intake_path from public.result_files where id = $1"""
REGISTER = "select integration.register_file($1, 'dicom', $2, 'x.dcm', null, 1, $3)::text"
LEASE = "select * from integration.lease('files', $1, 50, 60)"
OTHERS = """update integration.deliveries set due_at = now() + interval '1 day'
             where target = 'files' and state in ('ready', 'uncertain') and subject_id <> $1"""


@pytest.fixture
async def ana(books: Postgres) -> AsyncIterator[Worker]:
    """A worker that examines files."""
    async with connected(books, "service_role") as connection:
        yield Worker(connection, "ana")


async def announced(bench: Bench, order: Row) -> UUID:
    """A file the laboratory announced."""
    return UUID((await bench.call("lab", "register_upload", UUID(order["id"]), "hasil.pdf"))["id"])


async def arrived(bench: Bench, order: Row) -> UUID:
    """A file in quarantine."""
    file = await announced(bench, order)
    await bench.connection.execute(BYTES, file)
    await bench.call("lab", "upload_done", file)
    return file


async def leased(bench: Bench, ana: Worker, file: UUID) -> Row:
    """The file's delivery in a worker's hands."""
    await bench.connection.execute(OTHERS, file)
    (row,) = [dict(row) for row in await ana.connection.fetch(LEASE, ana.name) if row["subject_id"] == file]
    return row


async def learn(bench: Bench, file: UUID, **facts: object) -> None:
    """What examination found."""
    await bench.connection.execute(LEARN, file, json.dumps({**AVAILABLE, **facts}))


async def may_open(bench: Bench, person: str, file: UUID) -> bool:
    """Whether somebody is given the file."""
    return await bench.refused(person, "open_file", file) is None


async def test_an_item_of_another_order_is_refused(bench: Bench) -> None:
    """Its patient would read the file, and its study would bear the other's number."""
    order, other = await bench.ordered("HB"), await bench.ordered("HB")
    stranger = UUID(other["items"][0]["id"])
    arguments = (UUID(order["id"]), "x.pdf", None, None, stranger)
    file = await arrived(bench, order)
    await learn(bench, file, state="held", sha256=None, stored_path=None)

    assert "P0002" == await bench.refused("lab", "register_upload", *arguments)
    assert "P0002" == await bench.refused("lab", "register_upload", *arguments[:4], uuid4())
    assert "P0002" == await bench.refused("lab", "assign_file", file, UUID(order["id"]), stranger)
    assert None is await bench.refused("lab", "assign_file", file, UUID(other["id"]), stranger)


async def test_a_file_is_not_assigned_while_it_is_examined(bench: Bench, ana: Worker) -> None:
    """What was compared with one patient must not be released under another."""
    first, second = await bench.ordered("HB"), await bench.ordered("HB")
    file = await arrived(bench, first)
    lease = await leased(bench, ana, file)
    assert "23514" == await bench.refused("lab", "assign_file", file, UUID(second["id"]))
    assert [("recorded", "delivered")] == await ana.record(report(lease, "delivered", learned=AVAILABLE))

    owner = await bench.connection.fetchrow("select order_id, state from public.result_files where id = $1", file)
    assert (UUID(first["id"]), "available") == tuple(owner)


async def test_a_decision_and_an_examination_never_wait_crosswise(
    bench: Bench, ana: Worker, books: Postgres, other: asyncpg.Connection
) -> None:
    """The laboratory discards in the instant in which the worker records: one is told to come again."""
    file = await arrived(bench, await bench.ordered("HB"))
    lease = await leased(bench, ana, file)
    discarding = other.transaction()
    await discarding.start()
    await other.execute(
        "select set_config('request.jwt.claims', $1, true)", json.dumps({"sub": str(bench.users["lab"])})
    )
    await other.execute("select private.file_for($1, '{quarantined}')", file)
    async with asyncio.timeout(5):
        assert [("busy", None)] == await ana.record(report(lease, "delivered", learned=AVAILABLE))
        await other.execute("select private.discard_file($1, 'Salah berkas')", file)
    await discarding.commit()

    assert [("recorded", "ready")] == await ana.record(report(lease, "delivered", learned=AVAILABLE))
    assert "discarded" == await bench.connection.fetchval("select state from public.result_files where id = $1", file)


async def test_an_ending_and_an_examination_never_wait_crosswise(
    bench: Bench, ana: Worker, books: Postgres, other: asyncpg.Connection
) -> None:
    """A doctor reports the study while the worker records its image: the worker waits at the order alone."""
    order = await bench.ordered("XR-THORAX")
    await bench.call("doctor", "start_examination", order["id"])
    await bench.call("doctor", "enter_results", order["id"], [{"code": "XR-THORAX", "text": "Biasa"}])
    told = json.loads(
        await bench.connection.fetchval(REGISTER, bench.clinic, order["items"][0]["accession_number"], uuid4().hex)
    )
    file = UUID(told["id"])
    await bench.connection.execute("select integration.file_arrived($1)", file)
    lease = await leased(bench, ana, file)
    async with connected(books) as watcher:
        reporting = other.transaction()
        await reporting.start()
        await other.execute(
            "update public.diagnostic_order_items set conclusion = 'Normal' where order_id = $1", UUID(order["id"])
        )
        await other.execute("select 1 from public.diagnostic_orders where id = $1 for no key update", UUID(order["id"]))
        recording = await waiting(
            watcher, ana.record(report(lease, "delivered", learned={**AVAILABLE, "study_uid": "1.2.3"}))
        )
        async with asyncio.timeout(5):
            await other.execute(
                "update public.result_files set released_at = null where order_id = $1", UUID(order["id"])
            )
        await reporting.commit()

    assert [("recorded", "delivered")] == await recording
    item = await bench.connection.fetchrow(
        "select conclusion, study_uid from public.diagnostic_order_items where order_id = $1", UUID(order["id"])
    )
    assert ("Normal", "1.2.3") == tuple(item)


async def test_bytes_of_a_discarded_announcement_are_removed(bench: Bench) -> None:
    """They came, and nobody had said so: a worker is asked to take them away."""
    file = await announced(bench, await bench.ordered("HB"))
    await bench.connection.execute(BYTES, file)
    await bench.call("lab", "discard_file", file, "Salah berkas")

    assert "ready" == (await bench.connection.fetchrow(SQL["delivery"], file))["state"]
    assert 0 == await bench.connection.fetchval(BALANCE, bench.clinic)


async def test_bytes_that_come_after_the_discard_are_removed(bench: Bench) -> None:
    """The instrument's computer was still sending; nothing is left in quarantine for ever."""
    order = await bench.ordered("HB")
    told = json.loads(await bench.connection.fetchval(REGISTER, bench.clinic, order["accession_number"], uuid4().hex))
    file = UUID(told["id"])
    await bench.call("lab", "discard_file", file, "Salah berkas")
    assert None is await bench.connection.fetchrow(SQL["delivery"], file)
    await bench.connection.execute("select integration.file_arrived($1)", file)

    assert "ready" == (await bench.connection.fetchrow(SQL["delivery"], file))["state"]
    assert "discarded" == await bench.connection.fetchval("select state from public.result_files where id = $1", file)
    assert 0 == await bench.connection.fetchval(BALANCE, bench.clinic)


async def test_a_discarded_file_may_come_again(bench: Bench) -> None:
    """As another file; a refused one is known, and stays refused."""
    order = await bench.ordered("HB")
    content = uuid4().hex

    async def registered() -> Row:
        return json.loads(
            await bench.connection.fetchval(REGISTER, bench.clinic, order["accession_number"].lower(), content)
        )

    first = await registered()
    await bench.connection.execute("select integration.file_arrived($1)", UUID(first["id"]))
    await learn(bench, UUID(first["id"]), state="refused", sha256=None, stored_path=None)
    again = await registered()
    await bench.call("lab", "discard_file", UUID(first["id"]), "Salah berkas")

    assert (first["id"], True) == (again["id"], again["known"])
    assert first["id"] != (await registered())["id"]


async def test_a_file_of_an_amended_result_waits_for_the_next_review(bench: Bench) -> None:
    """The old one says what is no longer true, the new one was seen by nobody."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HB", visit=visit)
    old = await arrived(bench, order)
    await learn(bench, old)
    await bench.call("doctor", "review_order", order["id"])
    assert await may_open(bench, patient, old)
    changed = [{"code": "HB", "numeric": "8", "unit": "g/dL"}]
    await bench.call("lab", "amend_results", order["id"], changed, "Tertukar")
    new = await arrived(bench, order)
    await learn(bench, new)
    assert [False, False] == [await may_open(bench, patient, file) for file in (old, new)]
    await bench.call("doctor", "review_order", order["id"])

    assert [True, True] == [await may_open(bench, patient, file) for file in (old, new)]


async def test_a_file_of_a_held_result_is_released_by_name(bench: Bench) -> None:
    """Each time: the doctor released what there was."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HIV", values=[{"code": "HIV", "coded": "R"}], visit=visit)
    await bench.call("doctor", "review_order", order["id"], True)
    file = await arrived(bench, order)
    await learn(bench, file)
    assert not await may_open(bench, patient, file)
    await bench.call("doctor", "review_order", order["id"], True)

    assert await may_open(bench, patient, file)


async def test_a_file_of_a_panel_with_a_held_test_is_held(bench: Bench) -> None:
    """Whatever the panel says of itself."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    await bench.call("admin", "define_examination", bench.clinic, {
        "code": "ANC", "name": "Kehamilan", "kind": "panel", "value_type": "none", "members": ["HIV"],
        "specimen_code": "119364003", "release_policy": "immediate"})  # fmt: skip
    order = await bench.reached("final", "ANC", values=[{"code": "HIV", "coded": "R"}], visit=visit)
    file = await arrived(bench, order)
    await learn(bench, file)
    await bench.call("doctor", "review_order", order["id"])

    assert not await may_open(bench, patient, file)


async def test_examined_again_it_is_told_once(bench: Bench) -> None:
    """A replay is no news; and what is found wanting then is taken back."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HB", visit=visit)
    await bench.call("doctor", "review_order", order["id"])
    file = await arrived(bench, order)
    await learn(bench, file)
    await learn(bench, file)
    assert 1 == [row["kind"] for row in await bench.notifications(order)].count("file_available")
    await learn(bench, file, state="held", sha256=None, stored_path=None)

    assert not await may_open(bench, patient, file)


@pytest.mark.parametrize(
    "ending", ["expected", "quarantined", "held", "refused", "available", "discarded", "unmatched"]
)
async def test_the_books_balance_wherever_a_file_ends(bench: Bench, ending: str) -> None:
    """And a delivery that is missing is found by a backfill, once."""
    order = await bench.ordered("HB")
    file = await announced(bench, order)
    if ending == "unmatched":
        file = UUID(json.loads(await bench.connection.fetchval(REGISTER, bench.clinic, "X", uuid4().hex))["id"])
    if ending != "expected":
        await bench.connection.execute("select integration.file_arrived($1)", file)
    if ending in {"held", "refused"}:
        await learn(bench, file, state=ending, sha256=None, stored_path=None)
    if ending in {"available", "discarded"}:
        await learn(bench, file)
    if ending == "discarded":
        await bench.call("lab", "discard_file", file, "Salah berkas")
    assert 0 == await bench.connection.fetchval(BALANCE, bench.clinic)

    await bench.connection.execute("delete from integration.deliveries where subject_id = $1", file)
    backfill = "select inserted from integration.backfill('files', '2014-06-03', 500, $1)"
    found = [await bench.connection.fetchval(backfill, bench.clinic) for _ in range(2)]
    assert ([0 if ending == "expected" else 1, 0], 0) == (found, await bench.connection.fetchval(BALANCE, bench.clinic))
