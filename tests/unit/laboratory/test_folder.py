"""Files dropped into the folder: each is taken once, whole, and none is ever deleted."""

import hashlib
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.unit.laboratory.dropped import PDF, REPORT, Intake, looked, names
from workers.errors import DatabaseAway, DatabaseError
from workers.laboratory.files.store import StoreAway, StoreRefused
from workers.laboratory.folder import Folder, accession_of


async def test_a_report_is_taken(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """Announced with its number and fingerprint, uploaded, reported, moved."""
    (tmp_path / REPORT).write_bytes(PDF)
    assert 1 == await looked(folder)
    assert ["register_file", "put", "file_arrived"] == intake.steps
    told = next(iter(intake.files.values()))["told"]
    expected = ("L2611240012A", REPORT, "application/pdf", len(PDF), hashlib.sha256(PDF).hexdigest())
    keys = ("p_accession", "p_file_name", "p_declared_type", "p_byte_size", "p_content_hash")
    assert expected == tuple(told[key] for key in keys)
    assert [PDF] == list(intake.objects.values())
    assert {f"done/{REPORT}"} == names(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("L2611240012.pdf", "L2611240012"), ("l2611240012a.PDF", "L2611240012A"),
        ("R2611240003A_foto 1.jpg", "R2611240003A"),
        ("L2611240012B-2.pdf", "L2611240012B"), ("L2611240012", "L2611240012"), ("L26112400123.pdf", None),
        ("L2611240012Aibu.pdf", None), ("scan0001.pdf", None), ("x_L2611240012.pdf", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_tells_its_accession_number(name: str, expected: str | None) -> None:
    """At its beginning and whole, or not at all."""
    assert expected == accession_of(name)


async def test_a_name_without_a_number_is_taken_too(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """For the laboratory to say whose it is; also one that is no UTF-8."""
    (tmp_path / "scan 1.pdf").write_bytes(PDF)
    (tmp_path / os.fsdecode(b"\xff.txt")).write_bytes(b"x")
    assert 2 == await looked(folder)
    assert {None} == {accession for _, accession in intake.files}


async def test_what_still_grows_is_left(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """Until two looks find the same."""
    file = tmp_path / REPORT
    for size in (5, 10, 15):
        file.write_bytes(PDF[:size])
        assert 0 == await folder.look()
    assert [] == intake.steps
    assert 1 == await looked(folder)


@pytest.mark.parametrize("partial", [".tmp", ".part", ".crdownload", "~"])
async def test_a_partial_name_is_left(folder: Folder, tmp_path: Path, partial: str) -> None:
    """Also the finished name beside it, which only holds the place."""
    (tmp_path / f"{REPORT}{partial}").write_bytes(PDF)
    (tmp_path / REPORT).write_bytes(b"placeholder")
    (tmp_path / ".hidden").write_bytes(PDF)
    assert 0 == await looked(folder, 3)
    (tmp_path / f"{REPORT}{partial}").rename(tmp_path / REPORT)
    assert 1 == await looked(folder, 3)


@pytest.mark.parametrize("step", ["register_file", "put", "file_arrived"])
async def test_a_step_that_fails_is_done_again(folder: Folder, intake: Intake, tmp_path: Path, step: str) -> None:
    """At the next look; one file comes of it."""
    (tmp_path / REPORT).write_bytes(PDF)
    intake.troubles[step] = StoreAway() if step == "put" else DatabaseAway(step, "503")
    assert 0 == await looked(folder)
    assert {REPORT} == names(tmp_path)
    assert 1 == await folder.look()
    assert 1 == len(intake.files) == len(intake.objects)


async def test_a_crash_before_the_move_uploads_nothing_again(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """The same content under the same number is known."""
    for _ in range(2):
        (tmp_path / REPORT).write_bytes(PDF)
        assert 1 == await looked(folder)
    assert ["register_file", "put", "file_arrived", "register_file"] == intake.steps
    assert {f"done/{REPORT}", "done/L2611240012A_Siti-2.pdf"} == names(tmp_path)


async def test_a_file_changed_during_the_upload_is_taken_as_it_is_then(
    folder: Folder, intake: Intake, tmp_path: Path
) -> None:
    """What was uploaded is not reported."""
    (tmp_path / REPORT).write_bytes(PDF)

    def grow() -> None:
        intake.meanwhile = lambda: None
        (tmp_path / REPORT).write_bytes(PDF * 2)

    intake.meanwhile = grow
    assert 0 == await looked(folder)
    assert "file_arrived" not in intake.steps
    assert 1 == await looked(folder)
    assert [PDF * 2] == [intake.objects[f"result-intake/{f['path']}"] for f in intake.files.values() if f["known"]]


async def test_what_is_too_large_is_put_aside(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """By the cap of its kind, or by the bucket's; with one line that names nobody."""
    (tmp_path / "L2611240001_Siti.pdf").write_bytes(b"x" * 1001)
    (tmp_path / "L2611240002_Siti.dcm").write_bytes(b"x" * 1001)
    with capture_logs() as logs:
        assert 1 == await looked(folder)
    assert {"refused/L2611240001_Siti.pdf", "done/L2611240002_Siti.dcm"} == names(tmp_path)
    assert ["too_large"] == [one["reason"] for one in logs if one["event"] == "folder.file_refused"]
    (tmp_path / REPORT).write_bytes(PDF)
    intake.troubles["put"] = StoreRefused("413")
    assert 0 == await looked(folder)
    assert f"refused/{REPORT}" in names(tmp_path)


async def test_an_empty_file_is_waited_for(folder: Folder, tmp_path: Path) -> None:
    """A scanner may fill it yet; after a while it is put aside."""
    (tmp_path / REPORT).touch()
    assert 0 == await looked(folder, 3)
    assert {REPORT} == names(tmp_path)
    os.utime(tmp_path / REPORT, (0, 0))
    assert 0 == await looked(folder)
    assert {f"refused/{REPORT}"} == names(tmp_path)


async def test_a_refusal_is_said_once_and_names_nobody(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """The file stays; other files are taken."""
    (tmp_path / REPORT).write_bytes(PDF)
    with capture_logs() as logs:
        for _ in range(5):
            intake.troubles["register_file"] = DatabaseError("register_file", "23514", "Siti")
            await folder.look()
    assert ["23514"] == [one["reason"] for one in logs if one["event"] == "folder.file_waits"]
    assert "Siti" not in repr(logs)
    (tmp_path / "R2611240003A.jpg").write_bytes(PDF)
    assert 2 == await looked(folder)


async def test_links_and_folders_are_left(folder: Folder, tmp_path: Path) -> None:
    """A link could name any file of this machine."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_bytes(b"secret")
    (tmp_path / REPORT).symlink_to(tmp_path / "secret" / "file")
    os.mkfifo(tmp_path / "L2611240013.pdf")
    assert 0 == await looked(folder, 3)
