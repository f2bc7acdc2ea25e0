"""``workers run`` and ``workers once``."""

import asyncio

import typer

from workers import app as program
from workers.app import App
from workers.cli.session import AsJson, EnvFile, print_json, with_app


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(run)
    cli.command()(once)


def run(env_file: EnvFile = None) -> None:
    """Run the daemon until SIGTERM or Ctrl-C; what is in flight is finished or given back."""

    async def daemon(app: App) -> None:
        stop = asyncio.Event()
        program.stop_on_signals(stop)
        await program.run(app, stop)

    with_app(env_file, daemon, quiet=False)


def once(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Carry everything that is due now, then exit; 1 when something is left for a person or for later."""

    async def work(app: App) -> tuple[dict[str, int], int]:
        carried = await program.once(app)
        days = await app.deliveries.call("status")
        waiting = sum(day[state] for day in days for state in ("ready", "leased", "uncertain", "blocked", "rejected"))
        return carried, waiting

    carried, waiting = with_app(env_file, work)
    if json:
        print_json({"carried": carried, "left": waiting})
    else:
        typer.echo(", ".join(f"{target}: {count} carried" for target, count in carried.items()) + f"; {waiting} left")
    raise typer.Exit(1 if waiting else 0)
