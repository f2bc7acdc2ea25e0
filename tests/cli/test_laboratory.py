"""``laboratory``: the catalogue comes, labels are printed, and what waits is counted."""

import hashlib
import json
from pathlib import Path

import pypdfium2
import zxingcpp

from sandbox.supabase.client import client
from tests.cli.desk import Desk, Said
from tests.database.bench import seen

ANALYSER = """insert into public.analysers (clinic_id, name, sending_application)
              select id, 'Alat', 'ALAT' from public.clinics"""
AVAILABLE = """
    insert into public.result_files (clinic_id, file_name, intake_path, state, stored_path, sha256, arrived_at)
    select id, 'hasil.pdf', $1, 'available', $1, $2, now() from public.clinics
"""
ORDER = """
    with o as (
        insert into public.diagnostic_orders (clinic_id, patient_id, visit_id, accession_number, category)
        select clinic_id, patient_id, id, 'L2611240012', 'laboratory' from public.visits where id = $1 returning *)
    insert into public.specimens (clinic_id, order_id, accession_number, type_code, type_display, container)
    select clinic_id, id, 'L2611240012' || letter, '119297000', 'Blood', 'Tabung' from o, unnest('{A,B}'::text[]) letter
"""


async def receive(desk: Desk, *codes: str) -> None:
    """An analyser nobody mapped sends codes of its own."""
    await desk.scene.sql(ANALYSER)
    message = {"sending_application": "ALAT", "control_id": "1", "sha256": "1",
               "observations": [seen(code, "1", None, "L0A") for code in codes]}  # fmt: skip
    await desk.scene.sql("select integration.receive_results(null, $1)", json.dumps(message))


async def ordered(desk: Desk) -> str:
    """The number of an order with two tubes."""
    visit = await desk.scene.visit()
    await desk.scene.sql(ORDER, visit)
    return "L2611240012"


def scanned(file: Path) -> list[str]:
    """What a scanner reads, page by page."""
    document = pypdfium2.PdfDocument(file)
    return [zxingcpp.read_barcodes(page.render(scale=203 / 72).to_pil())[0].text for page in document]


async def test_setup_gives_each_clinic_what_it_lacks(desk: Desk) -> None:
    """And nothing the second time."""
    await desk.scene.sql("delete from public.examinations where code = 'HIV'")
    first, second = [await desk.type("laboratory", "setup", "--json") for _ in range(2)]
    assert [1, 0] == [sum(row["installed"] for row in said.json) for said in (first, second)]
    assert "0 examinations added" in (await desk.type("laboratory", "setup")).out


async def test_labels_of_an_order(desk: Desk, tmp_path: Path) -> None:
    """One page a tube, readable by a scanner; typed in small letters too."""
    number, file = await ordered(desk), tmp_path / "tubes.pdf"
    said = await desk.type("laboratory", "labels", number.lower(), "--out", str(file))
    assert (0, f"2 labels in {file}.") == (said.code, said.out.strip())
    assert [f"{number}A", f"{number}B"] == scanned(file)


async def test_labels_that_cannot_be(desk: Desk, tmp_path: Path) -> None:
    """No such order; no such place."""
    unknown = await desk.type("laboratory", "labels", "L9901010001")
    assert (2, True) == (unknown.code, "No order L9901010001" in unknown.err)
    nowhere = await desk.type("laboratory", "labels", await ordered(desk), "--out", str(tmp_path / "none" / "x.pdf"))
    assert (2, True) == (nowhere.code, "--out" in nowhere.err)


async def test_the_worklist_is_counted_without_patients(desk: Desk) -> None:
    """By reason and code; exit code 1 while anything waits."""
    empty = await desk.type("laboratory", "worklist")
    assert (0, "Nothing waits for the laboratory.") == (empty.code, empty.out.strip())
    await receive(desk, "HGB", "HGB", "XYZ")
    said: Said = await desk.type("laboratory", "worklist", "--json")
    assert 1 == said.code
    assert [("unknown_code", "HGB", 2), ("unknown_code", "XYZ", 1)] == [
        (row["what"], row["code"], row["waiting"]) for row in said.json
    ]
    assert "unknown code" in (await desk.type("laboratory", "worklist")).out


async def test_files_are_compared_with_what_was_released(desk: Desk) -> None:
    """As they were: well; changed or gone: named, with what to do."""
    stack = desk.scene.running.stack
    content = b"%PDF-1.7 invented"
    names = {"same": content, "changed": content + b"!"}
    async with client(stack.url, stack.service_key) as service:
        for name, stored in names.items():
            await service.storage.from_("results").upload(f"verify/{name}", stored, {"upsert": "true"})
    assert "Every file is as it was released." in (await desk.type("laboratory", "verify")).out
    for name in (*names, "gone"):
        await desk.scene.sql(AVAILABLE, f"verify/{name}", hashlib.sha256(content).hexdigest())
    said = await desk.type("laboratory", "verify", "--json")

    assert 1 == said.code
    assert {"is not what was released", "is gone or no longer readable"} == {row["what"] for row in said.json}
    assert 2 == len(said.json)
