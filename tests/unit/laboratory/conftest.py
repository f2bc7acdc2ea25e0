"""The watched folder of a small honest clinic."""

from pathlib import Path

import pytest

from tests.unit.laboratory.dropped import CLINIC, LIMITS, Intake
from workers.laboratory.folder import Folder


@pytest.fixture
def intake() -> Intake:
    """Empty."""
    return Intake()


@pytest.fixture
def folder(tmp_path: Path, intake: Intake) -> Folder:
    """Watched."""
    return Folder(tmp_path, CLINIC, LIMITS, intake.call, intake.put)
