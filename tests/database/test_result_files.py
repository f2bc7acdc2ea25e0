"""Files of results: announced, arrived, decided about; read by those who may, and every reading is kept."""

import json
from uuid import UUID, uuid4

import pytest

from tests.database.bench import SQL, Bench, Row
from tests.database.test_results import linked

STATE = "select state from public.result_files where id = $1"
ARRIVED = """insert into storage.objects (bucket_id, name)
             select 'result-intake', intake_path from public.result_files where id = $1"""
LEARN = "select integration.result_file_learned($1, $2)"
READS = "select count(*) from public.file_reads where file_id = $1"
LEARNED = {"state": "available", "content_type": "application/pdf", "sha256": "aa", "stored_path": "x/y.pdf"}
PEOPLE = ("owner", "admin", "doctor", "nurse", "lab", "pharmacist", "cashier", "front_desk", "stranger")


async def uploaded(bench: Bench, order: Row, name: str = "hasil.pdf") -> UUID:
    """A file the laboratory announced and uploaded."""
    told = await bench.call("lab", "register_upload", UUID(order["id"]), name)
    file = UUID(told["id"])
    await bench.connection.execute(ARRIVED, file)
    await bench.call("lab", "upload_done", file)
    return file


async def learn(bench: Bench, file: UUID, **facts: object) -> None:
    """What examination found."""
    await bench.connection.execute(LEARN, file, json.dumps({**LEARNED, **facts}))


async def state(bench: Bench, file: UUID) -> str:
    """How far a file is."""
    return await bench.connection.fetchval(STATE, file)


async def test_a_file_that_arrived_is_owed_an_examination(bench: Bench) -> None:
    """Announced it is expected; said to be there, it is quarantined and a delivery waits."""
    order = await bench.ordered("HB")
    told = await bench.call("lab", "register_upload", UUID(order["id"]), "hasil.pdf")
    file = UUID(told["id"])
    assert "23514" == await bench.refused("lab", "upload_done", file)  # nothing is there yet
    await bench.connection.execute(ARRIVED, file)
    await bench.call("lab", "upload_done", file)

    delivery = await bench.connection.fetchrow(SQL["delivery"], file)
    assert ("quarantined", "files", "ready") == (await state(bench, file), delivery["target"], delivery["state"])
    assert 0 == await bench.connection.fetchval(SQL["difference"], bench.clinic)


async def test_a_closed_browser_costs_no_file(bench: Bench) -> None:
    """The bytes came and nobody said so: found half a minute later."""
    told = await bench.call("lab", "register_upload", UUID((await bench.ordered("HB"))["id"]), "hasil.pdf")
    file = UUID(told["id"])
    await bench.connection.execute(ARRIVED, file)
    assert 0 == await bench.connection.fetchval("select integration.find_arrivals()")
    await bench.connection.execute(SQL["hurry"], file)

    assert 1 == await bench.connection.fetchval("select integration.find_arrivals()")
    assert "quarantined" == await state(bench, file)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x\\hasil.pdf", "a\r\nb.pdf", "", "ñ" * 500, "hasil\u202efdp.exe"]
)
async def test_a_name_is_shown_and_never_a_path(bench: Bench, name: str) -> None:
    """Whatever the sender calls it."""
    told = await bench.call("lab", "register_upload", UUID((await bench.ordered("HB"))["id"]), name)
    shown = await bench.connection.fetchval("select file_name from public.result_files where id = $1", UUID(told["id"]))

    assert told["path"] == f"{bench.clinic}/{told['id']}"
    assert 1 <= len(shown) <= 200
    assert not set(shown) & set("/\\\r\n\u202e")


async def test_nobody_reads_a_file_before_it_is_available(bench: Bench) -> None:
    """Nor after it was refused or discarded; those who may leave a trace each time."""
    order = await bench.reached("final", "HB")
    file = await uploaded(bench, order)
    for person in PEOPLE:
        assert "P0002" == await bench.refused(person, "open_file", file), person
    await learn(bench, file)
    may = {person for person in PEOPLE if await bench.refused(person, "open_file", file) is None}
    assert {"doctor", "nurse", "lab"} == may
    assert 3 == await bench.connection.fetchval(READS, file)
    assert "P0002" == await bench.refused("doctor", "open_file", file, "thumbnail")  # there is none

    await bench.call("lab", "discard_file", file, "Salah berkas")
    assert "P0002" == await bench.refused("doctor", "open_file", file)


async def test_a_patient_opens_their_own_file_once_it_is_released(bench: Bench) -> None:
    """With the results it belongs to, and not another's."""
    visit = await bench.visit()
    patient, other = await linked(bench, visit), await linked(bench, await bench.visit())
    order = await bench.reached("preliminary", "HB", visit=visit)
    file = await uploaded(bench, order)
    await learn(bench, file)
    await bench.call("lab", "finalize_order", order["id"])
    assert "P0002" == await bench.refused(patient, "open_file", file)
    await bench.call("doctor", "review_order", order["id"])

    assert None is await bench.refused(patient, "open_file", file)
    assert "P0002" == await bench.refused(other, "open_file", file)


async def test_a_file_that_comes_late_follows_what_is_released(bench: Bench) -> None:
    """The doctor had seen the results: the report's file is the patient's as soon as it is safe."""
    visit = await bench.visit()
    patient = await linked(bench, visit)
    order = await bench.reached("final", "HB", visit=visit)
    await bench.call("doctor", "review_order", order["id"])
    file = await uploaded(bench, order)
    assert "P0002" == await bench.refused(patient, "open_file", file)
    await learn(bench, file)

    assert None is await bench.refused(patient, "open_file", file)
    assert "file_available" in [row["kind"] for row in await bench.notifications(order)]


async def test_an_instruments_file_is_the_same_file_again(bench: Bench) -> None:
    """By content and number; another number is another file; without an order it is on the worklist."""
    order = await bench.ordered("HB")
    register = "select integration.register_file($1, 'folder', $2, 'x.pdf', null, 1, $3)::text"
    content = uuid4().hex
    first, again, other = [
        json.loads(await bench.connection.fetchval(register, bench.clinic, number, content))
        for number in (order["accession_number"], order["accession_number"], "TIDAK-ADA")
    ]
    assert (first["id"], False) == (again["id"], again["known"])
    assert first["id"] != other["id"]
    await bench.connection.execute("select integration.file_arrived($1)", UUID(first["id"]))
    known = json.loads(await bench.connection.fetchval(register, bench.clinic, order["accession_number"], content))
    assert (first["id"], True) == (known["id"], known["known"])

    await bench.connection.execute("select integration.file_arrived($1)", UUID(other["id"]))
    before = await bench.connection.fetchrow(SQL["delivery"], UUID(other["id"]))
    await bench.call("lab", "assign_file", UUID(other["id"]), UUID(order["id"]))
    after = await bench.connection.fetchrow(SQL["delivery"], UUID(other["id"]))
    assert before["generation"] < after["generation"]


async def test_only_the_laboratory_decides_about_a_held_file(bench: Bench) -> None:
    """With how it was made sure; what was decided makes the file ready to be examined again."""
    file = await uploaded(bench, await bench.ordered("HB"))
    await learn(bench, file, state="held", sha256=None, stored_path=None)
    for person in PEOPLE:
        if person != "lab":
            assert "P0002" == await bench.refused(person, "confirm_file", file, "Dipastikan lewat KTP"), person
    assert "23514" == await bench.refused("lab", "confirm_file", file, "ya")
    await bench.call("lab", "confirm_file", file, "Dipastikan lewat KTP")

    assert "quarantined" == await state(bench, file)
    assert "23514" == await bench.refused("lab", "confirm_file", file, "Dipastikan lewat KTP")


async def test_what_was_discarded_stays_so(bench: Bench) -> None:
    """Also when the examination that was under way ends after it."""
    file = await uploaded(bench, await bench.ordered("HB"))
    await bench.call("lab", "discard_file", file, "Salah berkas")
    await learn(bench, file)

    assert "discarded" == await state(bench, file)
    assert 0 == await bench.connection.fetchval(SQL["difference"], bench.clinic)


async def test_announcing_without_end_is_refused(bench: Bench) -> None:
    """A quota for what is announced and never comes."""
    order = UUID((await bench.ordered("HB"))["id"])
    for _ in range(200):
        await bench.call("lab", "register_upload", order, "x.pdf")

    assert "23514" == await bench.refused("lab", "register_upload", order, "x.pdf")
