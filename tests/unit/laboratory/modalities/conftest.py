"""The receiver in front of a small honest clinic: a database and a Storage that remember, and can be away."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import IO, Any
from uuid import uuid4

import pydicom
import pytest

from sandbox.modality import Modality
from tests.unit.laboratory.files import conftest as files
from workers.errors import DatabaseAway
from workers.laboratory.files.store import StoreAway
from workers.laboratory.modalities.receiver import Receiver, set_up_libraries
from workers.laboratory.modalities.taking import Taking
from workers.settings import Settings

CLINIC = uuid4()
TITLE = "KLINIK"


def settings(**changes: object) -> Settings:
    """Settings with an open door."""
    return files.settings(laboratory_clinic_id=CLINIC, **{"laboratory_dicom_port": 0, **changes})


class Clinic:
    """What ``register_file``, ``file_arrived`` and Storage do, and in which order they were asked."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str | None], dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.arrived: list[str] = []
        self.asked: list[str] = []
        self.database_away = self.storage_away = self.last_word_lost = 0
        self.pausing: asyncio.Event | None = None
        self.reached = asyncio.Event()

    async def call(self, name: str, arguments: Mapping[str, Any], /) -> Any:
        """Both functions."""
        self.asked.append(name)
        if self.database_away:
            self.database_away -= 1
            raise DatabaseAway(name, "57P03")
        if name == "file_arrived" and self.last_word_lost:
            self.last_word_lost -= 1
            raise DatabaseAway(name, "57P03")
        if name == "file_arrived":
            self.arrived.append(arguments["p_file"])
            return None
        key = (arguments["p_content_hash"], arguments["p_accession"])
        file = self.files.setdefault(key, {"id": str(uuid4()), **arguments})
        return {"id": file["id"], "bucket": "result-intake", "path": file["id"], "known": file["id"] in self.arrived}

    async def put(self, bucket: str, path: str, content: IO[bytes], content_type: str, /) -> None:
        """Storage."""
        self.asked.append(f"put {bucket} {content_type}")
        self.reached.set()
        if self.pausing is not None:
            await self.pausing.wait()
        if self.storage_away:
            self.storage_away -= 1
            raise StoreAway
        content.seek(0)
        self.objects[path] = content.read()
        assert hashlib.sha256(self.objects[path]).hexdigest() in {digest for digest, _ in self.files}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries as the daemon sets them up, and as they were again afterwards."""
    monkeypatch.setattr("pynetdicom._config.STORE_RECV_CHUNKED_DATASET", False)
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.WARN)
    set_up_libraries()


@pytest.fixture
def clinic() -> Clinic:
    """An empty one."""
    return Clinic()


@pytest.fixture
async def receiver(clinic: Clinic) -> AsyncIterator[Receiver]:
    """An open door with room for images of two megabytes."""
    chosen = settings(laboratory_dicom_ae_title=TITLE, files_dicom_limit_bytes=2 * 1024 * 1024)
    made = Receiver(chosen, Taking(CLINIC, clinic.call, clinic.put, 2)).open()
    yield made
    await made.close()


@pytest.fixture
def modality(receiver: Receiver) -> Modality:
    """A machine that knows the door."""
    return Modality("127.0.0.1", receiver.port, TITLE, pause_s=0.01)
