"""From the machine to the order: an image is where it belongs, or waits for somebody who knows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest

from sandbox.modality import Modality, Subject, image
from sandbox.modality.sender import SUCCESS, UNSENT
from sandbox.supabase.stack import Stack
from tests.database.bench import Row
from tests.database.desk import connected
from tests.journey_laboratory.filing import Filing, filing
from tests.unit.laboratory.modalities.conftest import TITLE
from workers.laboratory.modalities import Receiver, receiving

pytestmark = [
    pytest.mark.stack,
    # pynetdicom's requestor drops the socket of a connection that was refused, without closing it.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
]
FILES = "select id from public.result_files where clinic_id = $1 order by registered_at"


@pytest.fixture
async def files(stack: Stack) -> AsyncIterator[Filing]:
    """A new clinic's files."""
    async with filing(stack) as opened:
        yield opened


@asynccontextmanager
async def door(files: Filing, port: int = 0) -> AsyncIterator[tuple[Receiver, Modality]]:
    """The receiver, and a machine that knows it."""
    settings = files.lab.settings(
        laboratory_mllp_port=None, laboratory_dicom_port=port, laboratory_dicom_ae_title=TITLE
    )
    async with receiving(settings, files.lab.deliveries.call, files.workers) as receiver:
        yield receiver, Modality("127.0.0.1", receiver.port, TITLE, pause_s=0.05)


@asynccontextmanager
async def reconnected(files: Filing) -> AsyncIterator[Filing]:
    """The same clinic on a new connection."""
    async with connected(files.stack.postgres) as connection:
        yield replace(files, lab=replace(files.lab, bench=replace(files.lab.bench, connection=connection)))


async def all_of(files: Filing) -> list[UUID]:
    """Every file of the clinic."""
    return [row["id"] for row in await files.lab.bench.connection.fetch(FILES, files.lab.bench.clinic)]


def number(order: Row) -> str:
    """The number on the worklist of the machine."""
    return str(order["accession_number"])


async def test_an_image_comes_to_its_order(files: Filing) -> None:
    """Sent, taken, examined, shown; sent again, it is the same file."""
    order = await files.xray()
    async with door(files) as (_, modality), files.daemon():
        picture = await modality.send(number(order), await files.patient(order))
        [file] = await all_of(files)
        row = await files.reaches(file, "available")
        assert SUCCESS == await modality.once(picture)
        assert [file] == await all_of(files)

    assert (UUID(order["id"]), "dicom", f"{picture.SOPInstanceUID}.dcm", str(picture.StudyInstanceUID), 512) == tuple(
        row[name] for name in ("order_id", "source", "file_name", "study_uid", "width"))  # fmt: skip
    assert await files.lab.bench.call("doctor", "open_file", file, "preview")
    await files.stored(row)


async def test_a_clip_without_a_number_waits_for_somebody(files: Filing) -> None:
    """The laboratory chooses the order, and it goes there by itself."""
    order = await files.xray()
    async with door(files) as (_, modality), files.daemon():
        await modality.send(None, Subject(), "US", frames=4)
        [file] = await all_of(files)
        await files.reaches(file, "held")
        assert [("lab", "result_files.order_id")] == [(i["role"], i["field"]) for i in await files.items(file)]
        await files.lab.bench.call("lab", "assign_file", file, UUID(order["id"]))
        row = await files.reaches(file, "available")
    assert (4, True) == (row["pages"], order["id"] in row["stored_path"])
    assert [] == await files.items(file)


async def test_another_patients_image_under_this_number_is_held(files: Filing) -> None:
    """The operator chose the wrong line of the worklist."""
    order = await files.xray()
    async with door(files) as (_, modality), files.daemon():
        await modality.send(number(order), Subject("RM-LAIN", "BUDI^SANTOSO", "19700101", "M"))
        [file] = await all_of(files)
        await files.reaches(file, "held")
    assert "P0002" == await files.lab.bench.refused("doctor", "open_file", file)


async def test_a_database_that_restarts_loses_no_image(files: Filing) -> None:
    """The machine is told to send again until it is there, once."""
    orders = [await files.xray() for _ in range(4)]
    subjects = [await files.patient(order) for order in orders]
    async with door(files) as (_, modality):
        sending = [
            asyncio.create_task(modality.send(number(order), subject))
            for order, subject in zip(orders, subjects, strict=True)
        ]
        await files.stack.postgres.restart("immediate")
        await asyncio.gather(*sending)
    async with reconnected(files) as again, again.daemon():
        for file in await all_of(again):
            await again.reaches(file, "available")
        assert 4 == len(await all_of(again))


async def test_a_receiver_that_was_away_is_found_again(files: Filing) -> None:
    """The machine keeps what it has."""
    order = await files.xray()
    subject = await files.patient(order)
    async with door(files) as (first, modality):
        port = first.port
    sending = asyncio.create_task(modality.send(number(order), subject))
    assert UNSENT == await modality.once(image(subject))
    async with door(files, port):
        await sending
    assert 1 == len(await all_of(files))
