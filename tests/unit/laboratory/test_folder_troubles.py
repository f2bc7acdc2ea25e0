"""The folder when shares, names and other people make trouble: nothing is lost, nothing is taken twice."""

import asyncio
from pathlib import Path

import pytest

from tests.unit.laboratory.dropped import CLINIC, LIMITS, PDF, REPORT, Intake, looked, names
from workers.laboratory.folder import Folder


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
