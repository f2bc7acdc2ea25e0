"""A folder, and a clinic that takes what is dropped into it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from workers.laboratory.folder import Folder

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


def names(path: Path) -> set[str]:
    """Everything below."""
    return {str(one.relative_to(path)) for one in path.rglob("*") if not one.is_dir()}


async def looked(folder: Folder, times: int = 2) -> int:
    """Look so often; how many were taken."""
    return sum([await folder.look() for _ in range(times)])
