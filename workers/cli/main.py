"""``workers``: the operator's door. Exit codes: 0 done, 1 something needs a person, 2 used or set up wrongly."""

import sys

import typer

from workers.cli import acting, doctor, looking, running, satusehat
from workers.errors import DatabaseAway, WorkersError

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Carries a clinic's finished visits to SatuSehat, and shows how that is going.",
)  # fmt: skip
for module in (running, looking, acting, doctor):
    module.register(cli)
cli.add_typer(satusehat.cli, name="satusehat")


def main() -> None:
    """Entry point: every expected failure is one sentence on stderr and an exit code, never a traceback."""
    try:
        cli()
    except DatabaseAway as error:
        _complain(str(error))
        sys.exit(1)
    except WorkersError as error:
        _complain(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
