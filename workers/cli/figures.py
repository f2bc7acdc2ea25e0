"""``workers kpi``: the product's own figures, counted by the database."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from workers.app import App
from workers.cli.looking import indented, print_problems
from workers.cli.session import AsJson, EnvFile, out, print_json, say, show_table, table, with_app

FOUR_WEEKS = timedelta(days=27)
"""Back from today, so that with today they are 28 days."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database counted."""

    shares: Rows
    undelivered: Rows
    claims: Rows
    laboratory: Rows


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(kpi)


def kpi(
    env_file: EnvFile = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="List so many visits at most.")] = 200,
    json: AsJson = False,
) -> None:
    """Show the share of finished visits in SatuSehat, what keeps it from 100 %, how long claims take, and how many
    results of the laboratory reach the record without retyping."""
    found = with_app(env_file, lambda app: _kpi(app, limit))
    if json:
        print_json(asdict(found))
        return
    _print_shares(found.shares)
    out.print()
    _print_open(found.undelivered, limit)
    if found.claims:
        out.print()
        _print_cycles(found.claims)
    if found.laboratory:
        out.print()
        _print_laboratory(found.laboratory)


def _print_shares(shares: Rows) -> None:
    shown = table("Visits in SatuSehat", "clinic", "period", "delivered#", "finished#", "share#")
    for row in shares:
        share = f"{100 * row['numerator'] / row['denominator']:.1f} %" if row["denominator"] else "–"
        period = row["period"].replace("_", " ")
        shown.add_row(row["clinic"], period, str(row["numerator"]), str(row["denominator"]), share)
    show_table(shown)


async def _kpi(app: App, limit: int) -> Figures:
    today = datetime.now(ZoneInfo(app.settings.schedule_time_zone)).date()
    first = (today - FOUR_WEEKS).isoformat()
    shares = await app.deliveries.call("kpi")
    undelivered = await app.deliveries.rows("undelivered", {"p_since": first, "p_limit": limit})
    return Figures(
        shares, undelivered, await app.deliveries.call("claim_kpi"), await app.deliveries.call("laboratory_kpi")
    )


def _print_cycles(cycles: Rows) -> None:
    shown = table("Claim cycle, visit finished to approved, four weeks", "clinic", "approved#", "open#", "pending#",
                  "median days#", "baseline#", "target#", "change#")  # fmt: skip
    for row in cycles:
        days = [_or_dash(row[name]) for name in ("median_days", "baseline_days", "target_days")]
        shown.add_row(row["clinic"], str(row["approved"]), str(row["open"]), str(row["pending"]), *days, _change(row))
    show_table(shown)


def _print_laboratory(rows: Rows) -> None:
    """The share of final examinations that nobody retyped, and how fast critical ones were answered."""
    columns = ("without retyping#", "final#", "share#", "median minutes#", "critical#", "acknowledged#",
               "median minutes#", "worklist#", "files held#")  # fmt: skip
    shown = table("Laboratory results without retyping, four weeks", "clinic", *columns)
    for row in rows:
        share = f"{100 * row['without_retyping'] / row['items']:.1f} %" if row["items"] else "–"
        names = ("median_minutes", "critical", "acknowledged", "median_acknowledged_minutes", "worklist", "files_held")
        counts = (row["without_retyping"], row["items"], share, *(row[name] for name in names))
        shown.add_row(row["clinic"], *map(_or_dash, counts))
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
        print_problems(row["problems"])
        if not row["problems"] and row["failure"]:
            indented(f"last failure: {row['failure']}")
    if len(rows) == limit:
        say(f"Only the first {limit} are listed; --limit lists more.")
