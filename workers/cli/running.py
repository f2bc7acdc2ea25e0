"""``workers run`` and ``workers once``."""

import asyncio

import typer

from workers import app as program
from workers.app import App
from workers.cli.session import AsJson, EnvFile, print_json, say, with_app

OPEN_STATES = ("ready", "leased", "uncertain", "blocked", "rejected")


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
    carried, left = with_app(env_file, _carry)
    if json:
        print_json({"carried": carried, "left": left})
    else:
        counts = ", ".join(f"{target}: {count} carried" for target, count in carried.items() if count)
        say(f"{counts or 'Nothing was due'}; {left} left" + (" (`workers kpi` says why)." if left else "."))
    raise typer.Exit(1 if left else 0)


async def _carry(app: App) -> tuple[dict[str, int], int]:
    stop = asyncio.Event()
    program.stop_on_signals(stop)
    stopping = asyncio.create_task(_stop_loops(app, stop))
    try:
        carried = await program.once(app)
    finally:
        stopping.cancel()
    days = await app.deliveries.rows("status")
    return carried, sum(day[state] for day in days for state in OPEN_STATES)


async def _stop_loops(app: App, stop: asyncio.Event) -> None:
    await stop.wait()
    for loop in app.loops:
        loop.stop()
