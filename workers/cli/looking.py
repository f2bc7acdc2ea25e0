"""``workers status`` and ``workers show``: nothing is changed by looking."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.padding import Padding

from workers.cli.session import (
    LARGEST_ID,
    AsJson,
    EnvFile,
    ask,
    complain,
    day,
    out,
    print_json,
    say,
    show_table,
    table,
    with_app,
)

STATES = ("delivered", "ready", "leased", "uncertain", "blocked", "rejected", "exempt")

DeliveryId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID)]
Since = Annotated[
    date, typer.Option("--since", parser=day, metavar="DAY", help="First service day: 2026-11-23, or 7d.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(status)
    cli.command()(show)


def status(since: Since = "7d", env_file: EnvFile = None, *, json: AsJson = False) -> None:  # type: ignore[assignment]  # the parser reads the default
    """Show the conservation law per target, clinic and day; 1 when it does not hold."""
    days = with_app(env_file, lambda app: app.deliveries.rows("status", {"p_since": since.isoformat()}))
    broken = any(one["difference"] for one in days)
    if json:
        print_json({"holds": not broken, "days": days})
    else:
        _print_days(days, since)
    if broken:
        first = min(one["service_date"] for one in days if one["difference"])
        complain(f"The law is broken: visits without a delivery. Run `workers backfill --since {first}`.")
    raise typer.Exit(1 if broken else 0)


def _print_days(days: list[dict[str, Any]], since: date) -> None:
    if not days:
        say(f"No finished visits since {since}.")
    for (target, clinic), rows in groupby(days, lambda one: (one["target"], one["clinic"])):
        shown = table(f"{clinic} → {target}", "day!", "eligible#", *(f"{s}#" for s in STATES), "difference#")
        for row in rows:
            counts = (row[name] for name in ("eligible", *STATES, "difference"))
            shown.add_row(row["service_date"], *(str(count) for count in counts))
        show_table(shown)


def show(delivery_id: DeliveryId, env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Tell the whole story of one delivery."""
    story = ask(env_file, "story", {"p_id": delivery_id})
    if story is None:
        complain(f"There is no delivery {delivery_id}; `workers kpi` lists the open ones.")
        raise typer.Exit(2)
    if json:
        print_json(story)
        return
    _print_delivery(story["delivery"])
    _print_attempts(story["attempts"])
    if story["holds"]:
        say("SatuSehat holds")
    for row in story["holds"]:
        indented(f"{row['type']}/{row['remote_id']} ← {row['key']}")
    for row in story["differences"]:
        say(f"difference: {row['difference']} {row['local_key']} → {row['cure']}")


def _print_delivery(delivery: dict[str, Any]) -> None:
    say(f"Delivery {delivery['id']}: {delivery['kind']} {delivery['subject_id']} → {delivery['target']}")
    say(
        f"{delivery['state']}, generation {delivery['generation']} "
        f"(delivered {delivery['delivered_generation']}), service day {delivery['service_date']}"
    )
    if delivery["state"] in {"ready", "uncertain"}:
        say(f"due at {delivery['due_at'][:19]} UTC, last failure: {delivery['failure'] or 'none'}")
    if delivery["exempt_reason"]:
        say(f"exempt because: {delivery['exempt_reason']}")
    print_problems(delivery["problems"])


def _print_attempts(attempts: list[dict[str, Any]]) -> None:
    shown = table("Attempts", "ended (UTC)!", "worker", "gen.#", "outcome", "failure", "http#", "steps")
    for row in attempts:
        shown.add_row(
            row["ended_at"][:19], row["worker"], str(row["generation"]), row["outcome"], row["failure"] or "",
            str(row["http_status"] or ""), "; ".join(row["steps"]),
        )  # fmt: skip
    if attempts:
        show_table(shown)
    else:
        say("Never attempted.")


def print_problems(problems: Iterable[dict[str, Any]]) -> None:
    """Each problem once, below the line of what it keeps back."""
    for line in dict.fromkeys(map(_problem_line, problems)):  # one that waits for several rows is told once
        indented(line)


def _problem_line(problem: dict[str, Any]) -> str:
    rule = f" (rule {problem['rule']})" if problem.get("rule") else ""
    return f"{problem['role']}, {problem['field']}{rule}: {problem['reason']}"


def indented(text: str) -> None:
    """One line below another, folded with its indent on a terminal."""
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, 4), expand=False))
    else:
        say(f"    {text}")
