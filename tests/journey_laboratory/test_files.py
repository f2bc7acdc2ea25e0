"""A file from the upload to the doctor's screen, and all the ways in which it does not get there."""

from collections.abc import AsyncIterator

import pytest

from sandbox.modality import Subject, image
from sandbox.supabase.stack import Stack
from tests.journey_laboratory.filing import Filing, filing, nobody_reads
from tests.unit.laboratory.files import documents, pictures
from workers.deliveries import connect
from workers.laboratory.files.deliver import FilesDelivery
from workers.outcome import Blocked, Delivered, Failure, Postponed

pytestmark = pytest.mark.stack
STRANGER = Subject("RM-ORANGLAIN", "BUDI^SANTOSO", "19700101", "M")


@pytest.fixture
async def files(stack: Stack) -> AsyncIterator[Filing]:
    """A new clinic's files."""
    async with filing(stack) as opened:
        yield opened


async def test_an_upload_is_read_by_nobody_until_it_was_examined(files: Filing) -> None:
    """Then the doctor opens it, what is stored is what was hashed, and the upload is gone."""
    order = await files.xray()
    file = await files.uploaded(order, documents.report(), "../../hasil\r\nlab.pdf", "application/pdf")
    await nobody_reads(files, file)

    async with files.daemon():
        row = await files.reaches(file, "available")

    content = await files.stored(row)
    assert documents.CANARY.encode() not in content
    assert ("application/pdf", 1, ["metadata_removed"]) == (row["content_type"], row["pages"], row["findings"])
    clinic = files.lab.bench.clinic
    assert [f"results/{clinic}/{order['id']}/{file}{end}" for end in ("-preview.jpg", "-thumbnail.jpg", ".pdf")] == (
        await files.objects(file))  # fmt: skip
    assert [] == await files.items(file)
    told = await files.lab.bench.call("doctor", "open_file", file)
    assert row["stored_path"] == told["path"]
    assert "P0002" == await files.lab.bench.refused("stranger", "open_file", file)


@pytest.mark.parametrize(("content", "name", "kind"), [
    (pictures.jpeg(exif=pictures.located()), "foto.JPG", "image/jpeg"),
    (pictures.png(), "foto.png", "image/png"),
])  # fmt: skip
async def test_pictures_go_out_without_what_came_with_them(files: Filing, content: bytes, name: str, kind: str) -> None:
    """Nobody learns where the telephone was."""
    file = await files.uploaded(await files.xray(), content, name, kind)
    async with files.daemon():
        row = await files.reaches(file, "available")
    assert pictures.GPS.encode() not in await files.stored(row)
    assert kind == row["content_type"]


@pytest.mark.parametrize(("content", "name", "reason"), [
    (b"MZ\x90\0 a program", "hasil.pdf", "unknown_kind"),
    (pictures.png(), "hasil.pdf", "disagrees"),
    (pictures.dicom(preamble=b"MZ"), "citra.dcm", "hostile_preamble"),
    (b"", "hasil.pdf", "empty"),
])  # fmt: skip
async def test_what_is_hostile_is_refused(files: Filing, content: bytes, name: str, reason: str) -> None:
    """The laboratory has one clear sentence to act on; nobody can read it, and nothing is lost."""
    file = await files.uploaded(await files.xray(), content, name)
    async with files.daemon():
        row = await files.reaches(file, "refused")
    [item] = await files.items(file)
    assert ("lab", "result_files.id", reason) == (item["role"], item["field"], item["rule"])
    assert item["reason"] == row["reason"]
    assert [f"result-intake/{row['intake_path']}"] == await files.objects(file)
    await nobody_reads(files, file)


async def test_a_file_larger_than_the_limit_is_refused_by_its_size(files: Filing) -> None:
    """One byte over."""
    content = documents.report()
    limits = {f"files_{kind}_limit_bytes": len(content) - 1 for kind in ("pdf", "image", "dicom")}
    file = await files.uploaded(await files.xray(), content, "hasil.pdf")
    async with files.daemon(**limits):
        await files.reaches(file, "refused")
    assert ["too_large"] == [item["rule"] for item in await files.items(file)]


async def test_somebody_elses_image_waits_for_a_person(files: Filing) -> None:
    """Held, not visible, a task for the laboratory; confirmed, it goes on by itself (FILE-12)."""
    order = await files.xray()
    file = await files.uploaded(order, pictures.dicom(image(STRANGER, order["accession_number"])), "IM0001")

    async with files.daemon():
        held = await files.reaches(file, "held")
        [item] = await files.items(file)
        assert ("lab", "result_files.identity_confirmed_at") == (item["role"], item["field"])
        assert {"identity_patient_number_differs", "identity_patient_name_differs"} <= set(held["findings"])
        for word in ("BUDI", "SANTOSO", "ORANGLAIN", "1970"):
            assert word not in f"{item} {held['reason']} {held['findings']}"
        await nobody_reads(files, file)

        await files.lab.bench.call("lab", "confirm_file", file, "Dicocokkan dengan gelang pasien")
        row = await files.reaches(file, "available")
        assert [] == await files.items(file)

    assert row["study_uid"]
    assert await files.lab.bench.call("doctor", "open_file", file, "thumbnail")


async def test_the_patients_own_image_needs_nobody(files: Filing) -> None:
    """The identity inside agrees with the order."""
    order = await files.xray()
    mine = image(await files.patient(order), order["accession_number"])
    file = await files.uploaded(order, pictures.dicom(mine), "IM0001", "application/dicom")
    async with files.daemon():
        row = await files.reaches(file, "available")
    assert [] == row["findings"]


async def test_what_is_discarded_is_gone(files: Filing) -> None:
    """Held or available: its bytes are deleted, the record of it stays."""
    order = await files.xray()
    async with files.daemon():
        held = await files.uploaded(order, pictures.dicom(image(STRANGER)), "IM0001")
        shown = await files.uploaded(order, documents.report(), "hasil.pdf")
        for file, state in ((held, "held"), (shown, "available")):
            await files.reaches(file, state)
            await files.lab.bench.call("lab", "discard_file", file, "Salah unggah")
            await files.reaches(file, "discarded")
            assert [] == await files.objects(file)
            assert [] == await files.items(file)
            await nobody_reads(files, file)


async def test_the_same_attempt_twice_is_one_file(files: Filing, stack: Stack) -> None:
    """A worker that dies before its word is recorded has left everything the next one needs."""
    file = await files.uploaded(await files.xray(), documents.report(), "hasil.pdf")
    async with FilesDelivery(files.workers, files.lab.settings()) as deliver:
        first, second = await deliver(await files.lease(file)), await deliver(await files.lease(file))
    assert (Delivered(), first.learned) == (first.outcome, second.learned)
    assert 3 == len(await files.objects(file))

    async with files.daemon():
        row = await files.reaches(file, "available")
    await files.stored(row)


async def test_storage_that_is_away_costs_nothing(files: Filing) -> None:
    """The file waits; nothing is refused, nothing removed."""
    file = await files.uploaded(await files.xray(), documents.report(), "hasil.pdf")
    nowhere = await connect("http://127.0.0.1:9", "a-key-that-opens-nothing")
    async with FilesDelivery(nowhere, files.lab.settings()) as deliver:
        report = await deliver(await files.lease(file))
    assert isinstance(report.outcome, Postponed)
    assert (Failure.UNREACHABLE, None) == (report.outcome.failure, report.learned)
    assert 1 == len(await files.objects(file))
    await nowhere.postgrest.aclose()


async def test_bytes_that_never_came_are_asked_for(files: Filing) -> None:
    """Somebody removed the upload: the laboratory is told, and nothing is made up."""
    file = await files.uploaded(await files.xray(), documents.report(), "hasil.pdf")
    await files.workers.storage.from_("result-intake").remove([(await files.file(file))["intake_path"]])
    async with files.daemon():
        await files.reaches(file, "quarantined")
    assert ["result_files.id"] == [item["field"] for item in await files.items(file)]


async def test_a_changed_byte_is_noticed(files: Filing) -> None:
    """What is stored is held against its hash when it is looked at again (FILE-14)."""
    file = await files.uploaded(await files.xray(), documents.report(), "hasil.pdf")
    async with files.daemon():
        row = await files.reaches(file, "available")
    bucket = files.workers.storage.from_("results")
    content = bytearray(await files.stored(row))
    async with FilesDelivery(files.workers, files.lab.settings()) as deliver:
        assert Delivered() == (await deliver(await files.lease(file))).outcome
        content[100] ^= 1
        await bucket.upload(row["stored_path"], bytes(content), {"upsert": "true", "content-type": "application/pdf"})
        report = await deliver(await files.lease(file))
        assert isinstance(report.outcome, Blocked)
        assert "result_files.sha256" == report.outcome.problems[0].field
