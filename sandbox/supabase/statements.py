"""SQL statements with names, read from .sql files that lie beside the code."""

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(file: Path) -> Mapping[str, str]:
    """The statements of a file, each introduced by a line `-- name: <name>`."""
    _, *parts = _NAME.split(file.read_text())
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))
