"""The files that tell other programs how to reach a running sandbox."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path


def dotenv(settings: Mapping[str, str]) -> str:
    """Settings in dotenv format; single quotes keep JSON values as they are."""
    return "".join(f"{name}='{value}'\n" for name, value in settings.items())


def as_json(content: object) -> str:
    """JSON for people to read."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


@contextlib.contextmanager
def kept(file: Path, text: str) -> Iterator[None]:
    """Keep a file, readable by its owner alone, while the block lasts.

    A stale file would mislead, so it goes at the end, unless somebody else wrote a newer one.
    """
    _write(file, text)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if file.read_text() == text:
                file.unlink()


def _write(file: Path, text: str) -> None:
    """All at once: a reader never sees half of it."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent)  # made with mode 0600
    with os.fdopen(handle, "w") as output:
        output.write(text)
    Path(draft).replace(file)
