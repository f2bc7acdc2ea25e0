"""`python -m sandbox up` and what else the sandbox can be asked to do."""

import asyncio

import typer

from sandbox.errors import SandboxError
from sandbox.up import up

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Run a clinic and the ministry on this machine, instead of the outside world.",
)


@app.callback()
def commands() -> None:
    """A callback makes typer keep the subcommand's name while there is only one."""


@app.command("up")
def up_command() -> None:
    """Start Supabase and the simulators, and stay until Ctrl-C."""
    asyncio.run(up())


def main() -> None:
    """Run a command; what goes wrong is one message and exit code 1."""
    try:
        app()
    except SandboxError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
