"""What every command shares: settings, one built App, how arguments are read and how answers are printed."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from workers import app as program
from workers import log
from workers.app import App
from workers.reading import load
from workers.settings import Settings

T = TypeVar("T")

LARGEST_ID = 2**63 - 1
NARROW = 90
"""Below this many columns, long headings of numbers are broken in two."""

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Settings file instead of .env.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script instead of a table.")]

# A clinic's name and a reason may hold brackets or colons: what is printed is never read as markup.
out = Console(markup=False, highlight=False, emoji=False)
uncut = Console(markup=False, highlight=False, emoji=False, width=10_000)


def settings(env_file: Path | None, *, quiet: bool = True) -> Settings:
    """Read the settings and set up logging; a command that prints answers logs errors only."""
    read = load(env_file)
    level = "ERROR" if quiet and read.log_level != "DEBUG" else read.log_level
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


def day(text: str) -> date:
    """A day as YYYY-MM-DD, or ``7d`` for so many days ago; raises typer.BadParameter."""
    try:
        if text.endswith("d") and text[:-1].isdecimal():
            return datetime.now(UTC).date() - timedelta(days=int(text[:-1]))
        return date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no day; write 2026-11-23, or 7d for seven days ago.") from None


def complain(sentence: str) -> None:
    """One sentence on stderr, for the person at the keyboard."""
    typer.echo(sentence, err=True)


def print_json(value: object) -> None:
    """One JSON document on stdout, in letters the terminal knows."""
    speaks_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    typer.echo(json.dumps(value, ensure_ascii=not speaks_utf8, indent=2, default=str))


def say(sentence: object) -> None:
    """Prose on stdout: folded between words on a terminal, one line in a pipe."""
    out.print(sentence, soft_wrap=not out.is_terminal)


def table(title: str, *columns: str) -> Table:
    """A table in the house's style: columns that end in ``#`` are numbers, ``!`` are never folded."""
    made = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, collapse_padding=True
    )
    for column in columns:
        name, number = column.rstrip("#!"), column.endswith("#")
        made.add_column(
            _heading(name) if number else name, justify="right" if number else "left", overflow="fold",
            no_wrap=column.endswith("!"),
        )  # fmt: skip
    return made


def show_table(made: Table) -> None:
    """Print a table: folded to fit a terminal, as wide as it wants to be in a pipe."""
    (out if out.is_terminal else uncut).print(made)


def _heading(word: str) -> str:
    if not out.is_terminal or out.width >= NARROW or len(word) <= 7:
        return word
    return f"{word[:5]}-\n{word[5:]}"
