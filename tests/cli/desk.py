"""The desk a clinic's admin sits at: a settings file, and ``workers`` typed at it."""

import asyncio
import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from tests.journey.stage import Scene
from workers.app import built, once
from workers.cli.main import main


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; fails when there is anything else."""
        return json.loads(self.out)

    def refused(self, code: int, *words: str) -> None:
        """One clear sentence on stderr with these words, nothing on stdout, no traceback."""
        assert code == self.code, self
        assert "" == self.out
        assert 1 == len(self.err.strip().splitlines()), self.err
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


@dataclass(frozen=True, slots=True)
class Desk:
    """A scene, and the settings file that leads to it."""

    scene: Scene
    file: Path

    async def type(self, *words: str, file: Path | None = None) -> Said:
        """Type ``workers <words> --env-file …`` and wait for its end."""
        return await typed(*words, "--env-file", str(file or self.file))

    def variant(self, **changes: object) -> Path:
        """The settings file with changes; None leaves a name out."""
        return write_settings(self.file.with_name("variant.env"), self.scene.values(**changes))

    async def carry(self) -> None:
        """What a daemon would have done by now."""
        async with built(self.scene.settings()) as app:
            await once(app)


async def typed(*words: str) -> Said:
    """Type ``workers <words>``: the real entry point, in a thread of its own."""
    return await asyncio.to_thread(_run, words)


def _run(words: tuple[str, ...]) -> Said:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    structlog.reset_defaults()
    return Said(code, out.getvalue(), err.getvalue())


def write_settings(file: Path, values: Mapping[str, object]) -> Path:
    """Settings in dotenv format, as an admin would keep them."""
    lines = []
    for name, value in values.items():
        if value is not None:
            shown = value if isinstance(value, str) else json.dumps(value)
            lines.append(f"WORKERS_{name.upper()}='{shown}'\n")
    file.write_text("".join(lines), encoding="utf-8")
    return file
