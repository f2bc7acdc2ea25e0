"""``workers windows``: the calendar of hours in which a target does not work."""

from datetime import time
from typing import Annotated

import typer

from workers.app import SATUSEHAT
from workers.bpjs.services import TARGETS as BPJS_TARGETS
from workers.cli.session import LARGEST_ID, AsJson, EnvFile, ask, complain, print_json, say, show_table, table

cli = typer.Typer(no_args_is_help=True, help="Hours of maintenance: deliveries wait, nothing is tried in vain.")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TARGETS = (SATUSEHAT, *BPJS_TARGETS)


def hour(text: str) -> time:
    """A time as HH:MM; raises typer.BadParameter."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write for instance 22:00") from None


Target = Annotated[str, typer.Option("--target", help=f"One of {', '.join(TARGETS)}.")]
From = Annotated[time, typer.Option("--from", parser=hour, metavar="HH:MM", help="By the clock of Jakarta.")]
To = Annotated[time, typer.Option("--to", parser=hour, metavar="HH:MM", help="Earlier than --from: on the next day.")]
Day = Annotated[str | None, typer.Option("--day", help=f"{', '.join(DAYS)}; without it every day.")]
Note = Annotated[str, typer.Option("--note", help="Where it was announced.")]


@cli.command(name="list")
def show(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """The calendar, announced and learned."""
    rows = ask(env_file, "windows")
    if json:
        print_json(rows)
    elif rows:
        shown = table("Maintenance (WIB)", "id", "target", "day", "from", "to", "known from")
        for row in rows:
            day = "daily" if row["weekday"] is None else DAYS[row["weekday"] - 1]
            known = f"failures, until {row['valid_until']}" if row["learned"] else row["note"] or "announced"
            shown.add_row(str(row["id"]), row["target"], day, row["starts_at"][:5], row["ends_at"][:5], known)
        show_table(shown)
    else:
        say("No hours of maintenance are known.")


@cli.command()
def add(  # a window has these parts
    target: Target, from_: From, to: To, day: Day = None, note: Note = "", env_file: EnvFile = None
) -> None:
    """Announce hours in which a target does not work."""
    if target not in TARGETS:
        raise typer.BadParameter(f"{target!r} is no target; write one of {', '.join(TARGETS)}")
    if day is not None and day.lower()[:3] not in DAYS:
        raise typer.BadParameter(f"{day!r} is no day; write one of {', '.join(DAYS)}")
    if from_ == to:
        raise typer.BadParameter("--from and --to are the same; a window has a length")
    arguments = {
        "p_target": target, "p_weekday": None if day is None else DAYS.index(day.lower()[:3]) + 1,
        "p_starts": from_.isoformat(), "p_ends": to.isoformat(), "p_note": note,
    }  # fmt: skip
    say(f"Window {ask(env_file, 'add_window', arguments)} is in the calendar.")


@cli.command()
def remove(
    id_: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID, help="As `workers windows list` shows.")],
    env_file: EnvFile = None,
) -> None:
    """Take hours out of the calendar; 1 when there is no such window."""
    if not ask(env_file, "remove_window", {"p_id": id_}):
        complain(f"There is no window {id_}; `workers windows list` shows them.")
        raise typer.Exit(1)
    say(f"Window {id_} is gone.")
