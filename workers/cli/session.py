"""What every command shares: settings, one built App, and how to print."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from workers import app as program
from workers import log
from workers.app import App
from workers.settings import Settings, load

T = TypeVar("T")

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Settings file instead of .env.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script instead of a table.")]

out = Console()


def settings(env_file: Path | None, *, quiet: bool = True) -> Settings:
    """Read the settings and set up logging; a command that prints tables logs warnings only."""
    read = load(env_file)
    level = "WARNING" if quiet and read.log_level == "INFO" else read.log_level
    log.configure(level, as_json=read.log_format == "json")
    return read


def with_app(env_file: Path | None, work: Callable[[App], Awaitable[T]], *, quiet: bool = True) -> T:
    """Build the program, do the work, close it again."""

    async def inside() -> T:
        async with program.built(settings(env_file, quiet=quiet)) as app:
            return await work(app)

    return asyncio.run(inside())


def ask(env_file: Path | None, call: str, arguments: dict[str, Any] | None = None) -> Any:
    """Call one function of ``integration`` and return what it answers."""
    return with_app(env_file, lambda app: app.deliveries.call(call, arguments))


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(title: str, *columns: str) -> Table:
    """A table in the house's style; columns that end in ``#`` are numbers."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column.rstrip("#"), justify="right" if column.endswith("#") else "left")
    return made
