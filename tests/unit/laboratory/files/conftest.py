"""One examination in this process, and cells for those that must be apart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO

import pydicom
import pytest

from workers.laboratory.files.examine import Sheets, examine
from workers.laboratory.files.examiner import Examiner
from workers.laboratory.files.request import Claims
from workers.laboratory.files.verdict import Refused, Safe, Verdict
from workers.settings import Settings

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and what was written."""

    verdict: Verdict
    safe: bytes
    preview: bytes
    thumbnail: bytes

    @property
    def kept(self) -> Safe:
        """The verdict of a file that may go out."""
        assert isinstance(self.verdict, Safe), self.verdict
        return self.verdict

    @property
    def reason(self) -> str:
        """Why it may not."""
        assert isinstance(self.verdict, Refused), self.verdict
        return self.verdict.refused.value


def judged(content: bytes, name: str = "berkas", declared: str | None = None, **limits: int) -> Outcome:
    """Examine some bytes here."""
    sheets = Sheets(BytesIO(content), BytesIO(), BytesIO(), BytesIO())
    caps = {"pdf_limit_bytes": 20 * MIB, "image_limit_bytes": 15 * MIB, "dicom_limit_bytes": 200 * MIB, **limits}
    verdict = examine(sheets, Claims(file_name=name, declared_type=declared, **caps))
    written = (sheets.safe, sheets.preview, sheets.thumbnail)
    return Outcome(verdict, *(file.getvalue() for file in written))  # type: ignore[attr-defined]  # they are BytesIO


def settings(**changes: object) -> Settings:
    """Settings of a worker that needs no network."""
    values: dict[str, object] = {
        "supabase_url": "http://127.0.0.1:9", "supabase_service_key": "a-key-that-opens-nothing",
        "satusehat_auth_url": "http://127.0.0.1:9", "satusehat_fhir_url": "http://127.0.0.1:9",
    }  # fmt: skip
    return Settings(_env_file=None, **{**values, **changes})


@pytest.fixture(autouse=True)
def _as_in_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pydicom.config.settings, "writing_validation_mode", pydicom.config.IGNORE)
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.IGNORE)


@pytest.fixture
async def examiner() -> AsyncIterator[Examiner]:
    """Cells with little room and little time."""
    made = Examiner(settings(files_memory_limit_bytes=256 * MIB, files_scan_seconds=5))
    yield made
    await made.aclose()
