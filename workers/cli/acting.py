"""``workers simulate``, ``workers replay``, ``workers exempt`` and ``workers backfill``."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.progress import Progress

from workers.app import App
from workers.cli.looking import parse_day
from workers.cli.session import AsJson, EnvFile, ask, out, print_json, table, with_app
from workers.satusehat import simulate as simulation

STATES = ("ready", "delivered", "blocked", "rejected", "exempt")


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(simulate)
    cli.command()(replay)
    cli.command()(exempt)
    cli.command()(backfill)


def simulate(
    kind: Annotated[str, typer.Argument(help="What: visit.")],
    subject: Annotated[UUID, typer.Argument(metavar="ID")],
    env_file: EnvFile = None,
) -> None:
    """Print what would be sent and what would be refused, as JSON; sends nothing, looks nothing up. 1 when refused."""
    if kind != "visit":
        raise typer.BadParameter("only visits can be simulated: workers simulate visit ID")
    preview = ask(env_file, "preview", {"p_kind": kind, "p_subject": str(subject), "p_target": "satusehat"})
    if preview is None:
        typer.echo(f"There is no {kind} {subject}.", err=True)
        raise typer.Exit(2)
    predicted = simulation.simulate(preview["snapshot"], preview["known"])
    print_json(predicted)
    raise typer.Exit(1 if predicted["problems"] else 0)


def replay(  # noqa: PLR0913  # one option per way to name deliveries
    ids: Annotated[list[int] | None, typer.Option("--id", help="A delivery; may be repeated.")] = None,
    state: Annotated[str | None, typer.Option(help="Those in this state.")] = None,
    rule: Annotated[str | None, typer.Option(help="Those refused by this rule number.")] = None,
    since: Annotated[str | None, typer.Option(help="Changed since this day.")] = None,
    until: Annotated[str | None, typer.Option(help="Changed before this day.")] = None,
    env_file: EnvFile = None,
    *,
    ask_first: Annotated[bool, typer.Option("--ask", help="Ask the target what it holds before sending.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only a preview is shown.")] = False,
    json: AsJson = False,
) -> None:
    """Wish deliveries anew, by id, state, rule or time: preview first, then --yes. Cannot duplicate."""
    if state is not None and state not in STATES:
        raise typer.BadParameter(f"--state is one of {', '.join(STATES)}")
    wanted = _filter(ids, state, rule, since, until)
    if not wanted:
        raise typer.BadParameter("say which: --id, --state, --rule, --since or --until")
    rows = ask(env_file, "replay", {"p_filter": wanted, "p_ask": ask_first, "p_apply": yes})
    if json:
        print_json({"applied": yes, "deliveries": rows})
        return
    shown = table("To be replayed" if not yes else "Replayed", "ID#", "target", "state", "day", "failure", "rules")
    for row in rows:
        shown.add_row(
            str(row["id"]),
            row["target"],
            row["state"],
            row["service_date"],
            row["failure"] or "",
            ", ".join(row["rules"]),
        )
    out.print(shown if rows else "No delivery matches (those in flight are never replayed).")
    if rows and not yes:
        out.print("Nothing was changed. Repeat with --yes to do it.")


def _filter(
    ids: list[int] | None, state: str | None, rule: str | None, since: str | None, until: str | None
) -> dict[str, Any]:
    first, last = parse_day(since), parse_day(until)
    wanted = {
        "ids": [str(number) for number in ids] if ids else None, "state": state, "rule": rule,
        "since": first.isoformat() if first else None, "until": last.isoformat() if last else None,
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if value is not None}


def exempt(
    delivery_id: Annotated[int, typer.Argument(metavar="ID")],
    reason: Annotated[str, typer.Option(help="Why it is not to be sent; kept on record.")],
    env_file: EnvFile = None,
) -> None:
    """Take one delivery out for good, with a reason on record; `workers replay` brings it back."""
    if not ask(env_file, "exempt", {"p_id": delivery_id, "p_reason": reason}):
        typer.echo(
            f"Delivery {delivery_id} cannot be exempted: it is in flight, delivered or unknown, or no reason is given.",
            err=True,
        )
        raise typer.Exit(2)
    typer.echo(f"Delivery {delivery_id} is exempt.")


def backfill(
    since: Annotated[str, typer.Option(help="First service day: 2026-01-01, or 30d.")],
    env_file: EnvFile = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only the number is shown.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Visits per call.")] = 500,
) -> None:
    """Add deliveries for finished visits that have none; live visits go first."""
    first = parse_day(since)
    assert first is not None  # noqa: S101  # the option is mandatory
    arguments = {"p_target": "satusehat", "p_since": first.isoformat()}
    missing = ask(env_file, "backfill_preview", arguments)
    if not yes or not missing:
        typer.echo(
            f"{missing} finished visits since {first} have no delivery." + (" Add them with --yes." if missing else "")
        )
        return
    added = with_app(env_file, lambda app: _add(app, arguments, missing, batch))
    typer.echo(f"{added} deliveries added.")


async def _add(app: App, arguments: dict[str, Any], missing: int, batch: int) -> int:
    added: int = 0
    with Progress(console=out) as progress:
        bar = progress.add_task("Adding deliveries", total=missing)
        while True:
            [step] = await app.deliveries.call("backfill", {**arguments, "p_limit": batch})
            added += step["inserted"]
            progress.update(bar, completed=added)
            if step["remaining"] == 0 or step["inserted"] == 0:
                return added
