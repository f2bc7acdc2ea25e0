"""The bytes of stored objects, on disk under names of our own."""

import asyncio
import mimetypes
from pathlib import Path
from uuid import UUID, uuid4


class Files:
    """A folder with one file per version of an object; no name chosen by a caller touches the disk."""

    def __init__(self, folder: str) -> None:
        """Makes the folder when it is missing."""
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def write(self, content: bytes) -> str:
        """Keep some bytes and return the version under which they are found again."""
        version = str(uuid4())
        await asyncio.to_thread((self._folder / version).write_bytes, content)
        return version

    def path(self, version: str) -> Path:
        """Where a version's bytes lie."""
        return self._folder / str(UUID(version))

    def remove(self, version: str) -> None:
        """Forget a version."""
        self.path(version).unlink(missing_ok=True)


def content_type(declared: str | None, name: str) -> str:
    """What a file is, by its sender's word or else by its name."""
    if declared and declared != "application/octet-stream":
        return declared.split(";")[0].strip()
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
