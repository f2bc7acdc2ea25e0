"""``workers status``, ``workers show`` and ``workers kpi``: nothing is changed by looking."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer

from workers.cli.session import AsJson, EnvFile, ask, out, print_json, table

STATES = ("delivered", "ready", "leased", "uncertain", "blocked", "rejected", "exempt")


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(status)
    cli.command()(show)
    cli.command()(kpi)


def parse_day(text: str | None) -> date | None:
    """A day as YYYY-MM-DD, or ``7d`` for so many days ago."""
    if text is None:
        return None
    try:
        if text.endswith("d") and text[:-1].isdigit():
            return datetime.now(UTC).date() - timedelta(days=int(text[:-1]))
        return date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text} is no day; write 2026-11-23, or 7d for seven days ago") from None


Since = Annotated[str | None, typer.Option("--since", help="First service day: 2026-11-23, or 7d.")]


def status(since: Since = "7d", env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Show the conservation law per target, clinic and day; 1 when it does not hold."""
    first = parse_day(since)
    days = ask(env_file, "status", {"p_since": first.isoformat() if first else None})
    broken = any(day["difference"] for day in days)
    if json:
        print_json({"holds": not broken, "days": days})
    else:
        _print_days(days)
        if broken:
            out.print("[red]The law is broken:[/] visits without a delivery. Run `workers backfill --since …`.")
    raise typer.Exit(1 if broken else 0)


def _print_days(days: list[dict[str, Any]]) -> None:
    shown = table("Deliveries", "target", "clinic", "day", "eligible#", *(f"{s}#" for s in STATES), "difference#")
    for day in days:
        counts = [str(day[state]) for state in STATES]
        shown.add_row(
            day["target"],
            day["clinic"],
            day["service_date"],
            str(day["eligible"]),
            *counts,
            str(day["difference"]),
        )
    out.print(shown if days else "No finished visits since then.")


def show(
    delivery_id: Annotated[int, typer.Argument(metavar="ID")],
    env_file: EnvFile = None,
    *,
    json: AsJson = False,
) -> None:
    """Tell the whole story of one delivery."""
    story = ask(env_file, "story", {"p_id": delivery_id})
    if story is None:
        typer.echo(f"There is no delivery {delivery_id}; `workers kpi` lists the open ones.", err=True)
        raise typer.Exit(2)
    if json:
        print_json(story)
        return
    _print_delivery(story["delivery"])
    _print_attempts(story["attempts"])
    held = table("SatuSehat holds", "key", "type", "id", "version")
    for row in story["holds"]:
        held.add_row(row["key"], row["type"], row["remote_id"], row["version"] or "")
    out.print(held)
    for row in story["differences"]:
        out.print(f"difference: {row['difference']} {row['local_key']} → {row['cure']}")


def _print_delivery(delivery: dict[str, Any]) -> None:
    out.print(
        f"[bold]Delivery {delivery['id']}[/] {delivery['kind']} {delivery['subject_id']} → {delivery['target']}: "
        f"[bold]{delivery['state']}[/], generation {delivery['generation']} "
        f"(delivered {delivery['delivered_generation']}), service day {delivery['service_date']}"
    )
    if delivery["state"] in {"ready", "uncertain"}:
        out.print(f"due at {delivery['due_at']}, last failure: {delivery['failure'] or 'none'}")
    for problem in delivery["problems"]:
        rule = f" (rule {problem['rule']})" if problem.get("rule") else ""
        out.print(f"• {problem['role']}: {problem['reason']} [{problem['field']}]{rule}", markup=False)


def _print_attempts(attempts: list[dict[str, Any]]) -> None:
    shown = table("Attempts", "ended", "worker", "generation#", "outcome", "failure", "http#", "steps")
    for row in attempts:
        shown.add_row(
            row["ended_at"][:19], row["worker"], str(row["generation"]), row["outcome"], row["failure"] or "",
            str(row["http_status"] or ""), "; ".join(row["steps"]),
        )  # fmt: skip
    out.print(shown)


def kpi(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Show the share of finished visits in SatuSehat, and the visits that keep it from 100 %."""
    shares = ask(env_file, "kpi")
    first = (datetime.now(UTC) - timedelta(days=29)).date()
    open_visits = ask(env_file, "undelivered", {"p_since": first.isoformat()})
    if json:
        print_json({"shares": shares, "undelivered": open_visits})
        return
    shown = table("Visits in SatuSehat", "clinic", "period", "delivered#", "finished#", "share#")
    for row in shares:
        share = f"{100 * row['numerator'] / row['denominator']:.1f} %" if row["denominator"] else "–"
        shown.add_row(row["clinic"], row["period"], str(row["numerator"]), str(row["denominator"]), share)
    out.print(shown)
    _print_open(open_visits)


def _print_open(rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print("Nothing keeps it from 100 %.")
        return
    shown = table("What keeps it from 100 %", "ID#", "day", "visit", "state", "role", "field", "reason")
    for row in rows:
        problems = row["problems"] or [{"role": "", "field": "", "reason": row["failure"] or ""}]
        for number, problem in enumerate(problems):
            head = [str(row["id"] or ""), row["service_date"], row["registration_number"], row["state"]]
            shown.add_row(*(head if number == 0 else [""] * 4), problem["role"], problem["field"], problem["reason"])
    out.print(shown)
