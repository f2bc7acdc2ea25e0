"""``workers``: the operator's door. Exit codes: 0 done, 1 something needs a person, 2 used or set up wrongly."""

import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from workers.cli import acting, bpjs, doctor, figures, laboratory, looking, running, satusehat, windows
from workers.cli.session import complain
from workers.errors import DatabaseAway, WorkersError

NEEDS_A_PERSON, USED_WRONGLY, INTERRUPTED = 1, 2, 130

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Carries a clinic's visits and results to SatuSehat and BPJS, and shows how that is going.",
)  # fmt: skip
for module in (running, looking, figures, acting, doctor):
    module.register(cli)
cli.add_typer(satusehat.cli, name="satusehat")
cli.add_typer(bpjs.cli, name="bpjs")
cli.add_typer(laboratory.cli, name="laboratory")
cli.add_typer(windows.cli, name="windows")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: every expected failure is one sentence on stderr and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal shows ? for a sign it lacks
    code = _code(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # `workers kpi | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _code(arguments: Sequence[str] | None) -> int:
    try:
        return int(cli(args=arguments, prog_name="workers", standalone_mode=False) or 0)
    except TyperException as error:
        _explain(error)
        return USED_WRONGLY
    except DatabaseAway as error:
        complain(str(error))
        return NEEDS_A_PERSON
    except WorkersError as error:
        complain(str(error))
        return USED_WRONGLY
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted; what was done stays done, the rest can be asked for again.")
        return INTERRUPTED


def _explain(error: TyperException) -> None:
    """What was typed wrongly and where to read more; nothing when the help was printed instead."""
    sentence = " ".join(error.format_message().split())
    if not sentence:
        return
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "workers"
    complain(f"{sentence if sentence.endswith(('.', '?')) else sentence + '.'} See `{command} --help`.")
