"""`python -m sandbox up` and what else the sandbox can be asked to do."""

import asyncio
from typing import Annotated

import typer

from sandbox.demo.story import demo
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


@app.command("demo")
def demo_command(
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything running until Ctrl-C.")] = False,
) -> None:
    """Play a clinic's morning, with an outage and a killed worker; exit code 0 when the books balance."""
    raise typer.Exit(0 if asyncio.run(demo(stay)) else 1)


def main() -> None:
    """Run a command; what goes wrong is one message and exit code 1."""
    try:
        app()
    except SandboxError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
