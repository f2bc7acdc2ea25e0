"""Files dropped into the folder: each is taken once, whole, and none is ever deleted."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from workers.errors import DatabaseAway, DatabaseError
from workers.laboratory.files.store import StoreAway, StoreRefused
from workers.laboratory.folder import Folder, accession_of

CLINIC = UUID("4b7c4ac0-0000-4000-8000-000000000001")
PDF = b"%PDF-1.7 result of somebody"
LIMITS = {"": 1000, ".dcm": 5000}
REPORT = "L2611240012A_Siti.pdf"


class Intake:
    """Database and bucket: registers by content and number, and counts what it was asked."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str | None], dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.steps: list[str] = []
        self.troubles: dict[str, Exception] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self.heard: Callable[[str], object] = lambda _step: None

    async def call(self, name: str, arguments: Mapping[str, Any], /) -> Any:
        """As ``Deliveries.call``."""
        self._step(name)
        if name == "file_arrived":
            next(f for f in self.files.values() if f["id"] == arguments["p_file"])["known"] = True
            return None
        assert (str(CLINIC), "folder") == (arguments["p_clinic"], arguments["p_source"])
        key = (arguments["p_content_hash"], arguments["p_accession"])
        number = len(self.files) + 1
        new = {"id": f"file-{number}", "bucket": "result-intake", "path": f"{CLINIC}/file-{number}", "known": False}
        return dict(self.files.setdefault(key, new | {"told": dict(arguments)}))

    async def put(self, bucket: str, path: str, content: IO[bytes], _kind: str) -> None:
        """As ``Store.put``."""
        self._step("put")
        content.seek(0)
        self.objects[f"{bucket}/{path}"] = content.read()
        self.meanwhile()

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.heard(name)
        if (trouble := self.troubles.pop(name, None)) is not None:
            raise trouble


@pytest.fixture
def intake() -> Intake:
    """Empty."""
    return Intake()


@pytest.fixture
def folder(tmp_path: Path, intake: Intake) -> Folder:
    """Watched."""
    return Folder(tmp_path, CLINIC, LIMITS, intake.call, intake.put)


def names(path: Path) -> set[str]:
    """Everything below."""
    return {str(one.relative_to(path)) for one in path.rglob("*") if not one.is_dir()}


async def looked(folder: Folder, times: int = 2) -> int:
    """Look so often; how many were taken."""
    return sum([await folder.look() for _ in range(times)])


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


async def test_a_folder_that_is_away_is_waited_for(intake: Intake, tmp_path: Path) -> None:
    """A network drive comes and goes."""
    folder = Folder(tmp_path / "drive", CLINIC, LIMITS, intake.call, intake.put)
    assert 0 == await looked(folder)
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / REPORT).write_bytes(PDF)
    assert 1 == await looked(folder)


async def test_two_workers_watch_one_folder(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """The one that comes second finds nothing to move."""
    (tmp_path / REPORT).write_bytes(PDF)
    (tmp_path / "done").mkdir()
    intake.meanwhile = lambda: (tmp_path / REPORT).rename(tmp_path / "done" / REPORT)
    assert 0 == await looked(folder, 3)
    assert {f"done/{REPORT}"} == names(tmp_path)


@pytest.mark.parametrize("when", ["put", "file_arrived", "register_file"])
async def test_a_file_replaced_while_it_is_taken_is_taken_too(
    folder: Folder, intake: Intake, tmp_path: Path, when: str
) -> None:
    """Many a program writes beside it and renames: the corrected report must not go to done/ unread."""

    def replaced(step: str) -> None:
        if step == when and not (tmp_path / "done").exists():
            (tmp_path / "new.tmp").write_bytes(b"%PDF-1.7 corrected")
            (tmp_path / "new.tmp").replace(tmp_path / REPORT)

    intake.heard = replaced
    (tmp_path / REPORT).write_bytes(PDF)
    assert 0 == await looked(folder)
    intake.heard = lambda _step: None
    assert 1 == await looked(folder)
    assert b"%PDF-1.7 corrected" in intake.objects.values()
    assert b"%PDF-1.7 corrected" == (tmp_path / "done" / REPORT).read_bytes()


async def test_of_a_full_folder_only_what_is_in_hand_is_finished(
    folder: Folder, intake: Intake, tmp_path: Path
) -> None:
    """Ten thousand files must not keep a daemon from stopping."""
    stop = asyncio.Event()
    intake.meanwhile = stop.set
    for number in range(20):
        (tmp_path / f"L26112400{number:02}.pdf").write_bytes(PDF + bytes([number]))
    await folder.look()
    assert 1 == await folder.look(stop)
    assert 1 == len(intake.objects)


async def test_what_cannot_be_moved_is_not_read_again(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """A folder that is read-only, or full, is not asked for the same bytes at every look."""
    (tmp_path / "done").write_bytes(b"no folder")
    (tmp_path / REPORT).write_bytes(PDF)
    assert 0 == await looked(folder)
    steps = list(intake.steps)
    assert 0 == await looked(folder, 3)
    assert steps == intake.steps
    (tmp_path / "done").unlink()
    assert 1 == await looked(folder, 1)


async def test_a_name_with_a_line_end_is_a_name(folder: Folder, intake: Intake, tmp_path: Path) -> None:
    """Whatever a scanner's program writes."""
    (tmp_path / "L2611240012A\nhasil.pdf").write_bytes(PDF)
    assert 1 == await looked(folder)
    assert ["L2611240012A"] == [number for _, number in intake.files]


async def test_a_file_that_somebody_still_holds_is_waited_for(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a share, a program that has its report open for itself shows as a missing permission; it is no refusal."""

    def locked(*_arguments: object) -> int:
        raise PermissionError

    (tmp_path / REPORT).write_bytes(PDF)
    with monkeypatch.context() as held:
        held.setattr("workers.laboratory.folder.os.open", locked)
        assert 0 == await looked(folder, 3)
    assert {REPORT} == names(tmp_path)
    assert 1 == await looked(folder, 1)
