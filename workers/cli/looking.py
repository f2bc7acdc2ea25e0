"""``workers status``, ``workers show`` and ``workers kpi``: nothing is changed by looking."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.padding import Padding

from workers.app import App
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
FOUR_WEEKS = timedelta(days=27)
"""Back from today, so that with today they are 28 days."""

DeliveryId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST_ID)]
Since = Annotated[
    date, typer.Option("--since", parser=day, metavar="DAY", help="First service day: 2026-11-23, or 7d.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(status)
    cli.command()(show)
    cli.command()(kpi)


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
        _indented(f"{row['type']}/{row['remote_id']} ← {row['key']}")
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
    _print_problems(delivery["problems"])


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


def kpi(
    env_file: EnvFile = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="List so many visits at most.")] = 200,
    json: AsJson = False,
) -> None:
    """Show the share of finished visits in SatuSehat, what keeps it from 100 %, and how long claims take."""
    shares, open_visits, cycles = with_app(env_file, lambda app: _kpi(app, limit))
    if json:
        print_json({"shares": shares, "undelivered": open_visits, "claims": cycles})
        return
    shown = table("Visits in SatuSehat", "clinic", "period", "delivered#", "finished#", "share#")
    for row in shares:
        share = f"{100 * row['numerator'] / row['denominator']:.1f} %" if row["denominator"] else "–"
        period = row["period"].replace("_", " ")
        shown.add_row(row["clinic"], period, str(row["numerator"]), str(row["denominator"]), share)
    show_table(shown)
    out.print()
    _print_open(open_visits, limit)
    if cycles:
        out.print()
        _print_cycles(cycles)


Rows = list[dict[str, Any]]


async def _kpi(app: App, limit: int) -> tuple[Rows, Rows, Rows]:
    today = datetime.now(ZoneInfo(app.settings.schedule_time_zone)).date()
    first = (today - FOUR_WEEKS).isoformat()
    shares = await app.deliveries.call("kpi")
    undelivered = await app.deliveries.rows("undelivered", {"p_since": first, "p_limit": limit})
    return shares, undelivered, await app.deliveries.call("claim_kpi")


def _print_cycles(cycles: Rows) -> None:
    shown = table("Claim cycle, visit finished to approved, four weeks", "clinic", "approved#", "open#", "pending#",
                  "median days#", "baseline#", "target#", "change#")  # fmt: skip
    for row in cycles:
        days = [_or_dash(row[name]) for name in ("median_days", "baseline_days", "target_days")]
        shown.add_row(row["clinic"], str(row["approved"]), str(row["open"]), str(row["pending"]), *days, _change(row))
    show_table(shown)


def _change(row: dict[str, Any]) -> str:
    """Against the baseline, in per cent; −40 is the target."""
    if row["median_days"] is None or not row["baseline_days"]:
        return "–"
    return f"{100 * (float(row['median_days']) / float(row['baseline_days']) - 1):+.0f} %"


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)


def _print_open(rows: list[dict[str, Any]], limit: int) -> None:
    if not rows:
        say("Nothing keeps it from 100 %.")
        return
    say("What keeps it from 100 %")
    for row in rows:
        name = f"delivery {row['id']}" if row["id"] else "no delivery, see `workers backfill`"
        say(f"{row['service_date']}  {row['registration_number']}  {row['clinic']}: {row['state']} ({name})")
        _print_problems(row["problems"])
        if not row["problems"] and row["failure"]:
            _indented(f"last failure: {row['failure']}")
    if len(rows) == limit:
        say(f"Only the first {limit} are listed; --limit lists more.")


def _print_problems(problems: Iterable[dict[str, Any]]) -> None:
    for line in dict.fromkeys(map(_problem_line, problems)):  # one that waits for several rows is told once
        _indented(line)


def _problem_line(problem: dict[str, Any]) -> str:
    rule = f" (rule {problem['rule']})" if problem.get("rule") else ""
    return f"{problem['role']}, {problem['field']}{rule}: {problem['reason']}"


def _indented(text: str) -> None:
    """One line below another, folded with its indent on a terminal."""
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, 4), expand=False))
    else:
        say(f"    {text}")
