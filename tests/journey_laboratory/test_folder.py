"""From the folder to the bucket: through the official client, once, whatever happens in between."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.supabase.stack import Stack
from tests.journey.stage import until
from tests.journey_laboratory.intake import Intake, intake, tube
from workers.deliveries import connect
from workers.errors import DatabaseAway
from workers.laboratory.files.store import Store
from workers.laboratory.folder import Call, Put, run

pytestmark = pytest.mark.stack
PDF = b"%PDF-1.7\n" + b"hasil " * 50_000
FILES = """select f.state::text, f.file_name, f.accession_number, f.content_hash, o.accession_number as ordered,
                  b.metadata ->> 'size' as bytes, d.state::text as delivery
             from public.result_files f left join public.diagnostic_orders o on o.id = f.order_id
             left join storage.objects b on b.bucket_id = 'result-intake' and b.name = f.intake_path
             left join integration.deliveries d on d.subject_id = f.id
            where f.clinic_id = $1 order by f.registered_at"""


@pytest.fixture
async def lab(stack: Stack) -> AsyncIterator[Intake]:
    """A new clinic's laboratory."""
    async with intake(stack) as opened:
        yield opened


@asynccontextmanager
async def storage(lab: Intake) -> AsyncIterator[Put]:
    """The bucket, by the workers' key."""
    client = await connect(lab.stack.url, lab.stack.service_key)
    yield Store(client, lambda _step, _status: None).put
    await client.postgrest.aclose()


@asynccontextmanager
async def watched(lab: Intake, folder: Path, put: Put, call: Call | None = None) -> AsyncIterator[None]:
    """The folder is watched while the block lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(lab.settings(laboratory_folder=str(folder)), call or lab.deliveries.call, put, stop))
    yield
    stop.set()
    await task


async def moved(folder: Path, count: int) -> None:
    """Wait until so many lie in ``done/``."""

    async def there() -> bool:
        return count == len(list((folder / "done").glob("*")))

    await until(there, f"{count} files are done")


async def test_dropped_files_arrive(lab: Intake, tmp_path: Path) -> None:
    """Under their order where the name tells it, on the worklist where not; ready to be examined."""
    order = await lab.bench.ordered("HB")
    async with storage(lab) as put, watched(lab, tmp_path, put):
        (tmp_path / f"{tube(order)}_Siti.pdf").write_bytes(PDF)
        (tmp_path / "scan.pdf").write_bytes(PDF + b"2")
        await moved(tmp_path, 2)
    rows = {row["file_name"]: dict(row) for row in await lab.bench.connection.fetch(FILES, lab.bench.clinic)}
    named = rows[f"{tube(order)}_Siti.pdf"]
    assert (tube(order), order["accession_number"]) == (named["accession_number"], named["ordered"])
    assert (hashlib.sha256(PDF).hexdigest(), str(len(PDF))) == (named["content_hash"], named["bytes"])
    assert (None, None) == (rows["scan.pdf"]["accession_number"], rows["scan.pdf"]["ordered"])
    assert {("quarantined", "ready")} == {(row["state"], row["delivery"]) for row in rows.values()}


@pytest.mark.parametrize("lost", ["register_file", "file_arrived"])
async def test_an_answer_that_is_lost_makes_no_second_file(lab: Intake, tmp_path: Path, lost: str) -> None:
    """It was done, and nobody heard so: it is done again, harmlessly."""
    losses = [lost]

    async def call(name: str, arguments: Mapping[str, Any], /) -> Any:
        answer = await lab.deliveries.call(name, arguments)
        if name in losses:
            losses.remove(name)
            raise DatabaseAway(name, "503")
        return answer

    order = await lab.bench.ordered("HB")
    async with storage(lab) as put, watched(lab, tmp_path, put, call):
        (tmp_path / f"{tube(order)}.pdf").write_bytes(PDF)
        await moved(tmp_path, 1)
    rows = await lab.bench.connection.fetch(FILES, lab.bench.clinic)
    assert [("quarantined", str(len(PDF)), "ready")] == [(row["state"], row["bytes"], row["delivery"]) for row in rows]
    assert [] == losses
