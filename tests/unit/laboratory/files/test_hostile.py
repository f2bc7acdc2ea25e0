"""Bytes that mean harm, or nothing: refused, never a crash, and never more than they may take."""

import asyncio
import os
import signal
import zlib
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import uid

from sandbox.modality import image
from tests.unit.laboratory.files import documents, pictures
from tests.unit.laboratory.files.conftest import MIB, judged
from tests.unit.laboratory.files.conftest import settings as workers_settings
from workers.laboratory.files.examiner import CellLost, Examined, Examiner, tray
from workers.laboratory.files.kinds import Kind, detect
from workers.laboratory.files.verdict import Refused, Safe

HEADS = (b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", bytes(128) + b"DICM")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
HONEST = {
    "a.pdf": documents.report(), "a.jpg": pictures.jpeg(), "b.jpg": pictures.jpeg(progressive=True),
    "a.png": pictures.png(), "a.dcm": pictures.dicom(image(pictures.SUBJECT, "R1", "US")),
}  # fmt: skip


@given(st.binary(max_size=4096))
def test_arbitrary_bytes_are_refused(content: bytes) -> None:
    """What is none of the four kinds never goes out."""
    assert isinstance(judged(content).verdict, Refused)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(HEADS), st.binary(max_size=2048))
def test_arbitrary_bytes_behind_a_right_beginning_are_refused(head: bytes, content: bytes) -> None:
    """The parsers meet what they never should."""
    assert isinstance(judged(head + content).verdict, Refused)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(HONEST)), st.data())
def test_one_changed_byte_never_crashes(name: str, data: st.DataObject) -> None:
    """Refused, or another file that is safe all the same."""
    content = bytearray(HONEST[name])
    at = data.draw(st.integers(0, min(len(content), 4_000) - 1))
    content[at] = data.draw(st.integers(0, 255))
    told = judged(bytes(content), name)
    assert isinstance(told.verdict, Refused) or detect(told.safe) is told.verdict.kind


@pytest.mark.parametrize("name", HONEST)
def test_a_file_cut_off_anywhere_never_crashes(name: str) -> None:
    """At every 64th byte; a picture or image that lost its end is refused."""
    content = HONEST[name]
    step = 64 if len(content) < 20_000 else 64 * (len(content) // 20_000)
    for length in range(0, len(content), step):
        told = judged(content[:length], name)
        assert isinstance(told.verdict, Refused) or name == "a.pdf", length
        assert isinstance(told.verdict, Refused) or detect(told.safe) is Kind.PDF


@pytest.mark.parametrize("name", ["a.pdf", "a.com", "a.txt", "berkas"])
def test_eicar_is_refused(name: str) -> None:
    """Under whatever name (FILE-7)."""
    assert "unknown_kind" == judged(EICAR, name).reason


def test_eicar_inside_a_pdf_does_not_go_out() -> None:
    """As an attachment it is taken out with all others."""
    change, _ = documents.ACTIVE["embedded file"]
    content = documents.changed(change).replace(documents.CANARY.encode(), EICAR)
    assert EICAR not in judged(content, "a.pdf").safe


async def examined(examiner: Examiner, content: bytes, name: str = "berkas") -> tuple[Examined, dict[str, bytes]]:
    """Examine in a cell; the verdict and what was written."""
    with tray() as files:
        files.source.write(content)
        files.source.flush()
        told = await examiner.examine(files, name, None)
        written = {}
        for part in ("safe", "preview", "thumbnail"):
            getattr(files, part).seek(0)
            written[part] = getattr(files, part).read()
        return told, written


async def test_a_cell_says_the_same(examiner: Examiner) -> None:
    """What is examined apart is what is examined here, for each kind."""
    for name, content in HONEST.items():
        told, written = await examined(examiner, content, name)
        here = judged(content, name)
        assert here.verdict == told.verdict
        assert (here.safe, here.preview, here.thumbnail) == tuple(written.values())


def bombs() -> dict[str, bytes]:
    """A few kilobytes that want gigabytes."""
    hidden = documents.report()
    packed = zlib.compress(b"0 0 " + bytes(600 * MIB), 1)
    objects = b"".join((
        b"9 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed), packed,
        b"\nendstream\nendobj\n"))  # fmt: skip
    dataset = image(pictures.SUBJECT)
    dataset.PixelData = bytes(190 * MIB)
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    return {
        "object stream": hidden[:9] + objects + hidden[9:],
        "deflated": pictures.dicom(dataset),
        "wide codestream": _wide_codestream(),
    }


def _wide_codestream() -> bytes:
    """A JPEG 2000 picture of 30000 × 30000 behind a header that speaks of 512 × 512."""
    dataset = image(pictures.SUBJECT)
    dataset.compress(uid.JPEG2000Lossless, generate_instance_uid=False)
    content = pictures.dicom(dataset)
    side, wide = (512).to_bytes(4, "big"), (30_000).to_bytes(4, "big")
    at = content.index(b"\xff\x51")
    return content[:at] + content[at : at + 40].replace(side, wide) + content[at + 40 :]


async def test_bombs_end_as_refusals(examiner: Examiner) -> None:
    """The child stays within its bounds, and the parent does not grow."""
    await examined(examiner, documents.report(), "a.pdf")
    process = psutil.Process()
    reasons = {"object stream": "too_complex", "deflated": "too_complex", "wide codestream": "pixels_missing"}
    for name, content in bombs().items():
        before = process.memory_info().rss
        told, _ = await examined(examiner, content)
        assert reasons[name] == told.verdict.model_dump()["refused"]
        assert told.cpu_seconds < 4
        assert told.peak_bytes < 256 * MIB + 150 * MIB, name
        assert process.memory_info().rss - before < 64 * MIB, name


async def test_what_takes_too_long_is_refused() -> None:
    """The clock ends it, and the cell goes on with the next."""
    examiner = Examiner(workers_settings(files_scan_seconds=0.05))
    try:
        slow, _ = await examined(examiner, documents.report(pages=400), "a.pdf")
        assert "too_long" == slow.verdict.model_dump()["refused"]
        quick, _ = await examined(examiner, b"MZ")
        assert "unknown_kind" == quick.verdict.model_dump()["refused"]
    finally:
        await examiner.aclose()


async def test_a_cell_that_dies_is_replaced(examiner: Examiner) -> None:
    """Whoever was in it is told to come again; nobody is refused for it."""
    await examined(examiner, documents.report(), "a.pdf")
    cell = psutil.Process().children()[-1]
    os.kill(cell.pid, signal.SIGKILL)
    await asyncio.to_thread(cell.wait)
    with pytest.raises(CellLost):
        await examined(examiner, documents.report(), "a.pdf")
    told, _ = await examined(examiner, documents.report(), "a.pdf")
    assert isinstance(told.verdict, Safe)


async def test_a_cell_knows_no_secret(examiner: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that opens what strangers sent has nothing of the daemon's environment, nor its files."""
    monkeypatch.setenv("WORKERS_SUPABASE_SERVICE_KEY", "CANARY")
    await examined(examiner, documents.report(), "a.pdf")
    cell = psutil.Process().children()[-1]
    assert "WORKERS_SUPABASE_SERVICE_KEY" not in cell.environ()
    assert not cell.net_connections(kind="inet")


async def test_many_at_once(examiner: Examiner) -> None:
    """Each has a cell of its own, and gets its own answer."""
    contents = [*HONEST.items()] * 2
    told = await asyncio.gather(*(examined(examiner, content, name) for name, content in contents[:4]))
    assert [detect(content) for _, content in contents[:4]] == [one.verdict.kind for one, _ in told]  # type: ignore[union-attr]


def named(folder: Path) -> list[Path]:
    """What lies in a folder."""
    return list(folder.iterdir())


async def test_no_trace_is_left_on_disk(examiner: Examiner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of an examination have no name anybody could find."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with tray() as files:
        files.source.write(pictures.dicom())
        files.source.flush()
        assert not named(tmp_path)
        await examiner.examine(files, "a.dcm", None)
        assert not named(tmp_path)
