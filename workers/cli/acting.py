"""``workers simulate``, ``workers replay``, ``workers exempt`` and ``workers backfill``."""

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from workers.app import App
from workers.bpjs.pcare import simulate as pcare_simulation
from workers.cli.looking import DeliveryId, Since
from workers.cli.session import (
    LARGEST_ID,
    AsJson,
    EnvFile,
    ask,
    complain,
    day,
    print_json,
    say,
    show_table,
    table,
    with_app,
)
from workers.deliveries import PAGE_ROWS
from workers.satusehat import simulate as simulation

SIMULATED = {
    "visit": ("satusehat", simulation.simulate),
    "diagnostic_order": ("satusehat", simulation.simulate),
    "pcare_visit": ("pcare", pcare_simulation.simulate),
}
STATES = ("ready", "delivered", "blocked", "rejected", "exempt")
"""Those a person may name; what is in flight is never touched."""

Day = Annotated[
    date | None, typer.Option(parser=day, metavar="DAY", help="Changed since (before) the start of this day.")
]
DeliveryIds = Annotated[
    list[int] | None, typer.Option("--id", min=1, max=LARGEST_ID, help="A delivery; may be repeated.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(simulate)
    cli.command()(replay)
    cli.command()(exempt)
    cli.command()(backfill)


def simulate(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="visit or diagnostic_order (SatuSehat), or pcare_visit (P-Care).")
    ],
    subject: Annotated[UUID, typer.Argument(metavar="ID")],
    env_file: EnvFile = None,
) -> None:
    """Print what would be sent and what would be refused, as JSON; sends nothing, looks nothing up. 1 when refused."""
    if kind not in SIMULATED:
        raise typer.BadParameter(f"KIND is one of {', '.join(SIMULATED)}: workers simulate visit ID")
    target, simulated = SIMULATED[kind]
    preview = ask(env_file, "preview", {"p_kind": kind, "p_subject": str(subject), "p_target": target})
    if preview is None:
        complain(f"There is no visit {subject}; the ID is that of its row in public.visits.")
        raise typer.Exit(2)
    predicted = simulated(preview["snapshot"], preview["known"])
    print_json(predicted)
    raise typer.Exit(1 if predicted["problems"] else 0)


def replay(  # noqa: PLR0913  # one option per way to name deliveries
    ids: DeliveryIds = None,
    state: Annotated[str | None, typer.Option(help="Those in this state.")] = None,
    rule: Annotated[str | None, typer.Option(help="Those refused by this rule number.")] = None,
    since: Day = None,
    until: Day = None,
    env_file: EnvFile = None,
    *,
    ask_first: Annotated[bool, typer.Option("--ask", help="Ask the target what it holds before sending.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only a preview is shown.")] = False,
    json: AsJson = False,
) -> None:
    """Wish deliveries anew, by id, state, rule or time: preview first, then --yes. Cannot duplicate."""
    if state is not None and state not in STATES:
        raise typer.BadParameter(f"--state is one of {', '.join(STATES)}")
    wanted = {"ids": ids, "state": state, "rule": rule, "since": since, "until": until}
    wanted = {name: value for name, value in wanted.items() if value}
    if not wanted:
        raise typer.BadParameter("say which: --id, --state, --rule, --since or --until")
    rows = with_app(env_file, lambda app: _replay(app, wanted, ask_first=ask_first, apply=yes))
    if json:
        print_json({"applied": yes, "deliveries": rows})
    else:
        _print_replay(rows, applied=yes)
    unmatched = sorted(set(ids or ()) - {row["id"] for row in rows})
    if unmatched:
        complain(f"Not matched: {', '.join(map(str, unmatched))}. Unknown, in flight, or ruled out by another option.")
        raise typer.Exit(1)


async def _replay(app: App, wanted: dict[str, Any], *, ask_first: bool, apply: bool) -> list[dict[str, Any]]:
    zone = ZoneInfo(app.settings.schedule_time_zone)
    moments = {
        name: datetime.combine(value, time(), zone).isoformat()
        for name, value in wanted.items() if isinstance(value, date)
    }  # fmt: skip
    wish = {"p_filter": {**wanted, **moments}, "p_ask": ask_first, "p_apply": False}
    rows = await app.deliveries.rows("replay", wish)
    if not apply:
        return rows
    done: list[dict[str, Any]] = []
    for first in range(0, len(rows), PAGE_ROWS):  # just those that are shown, and as many as an answer holds
        ids = [row["id"] for row in rows[first : first + PAGE_ROWS]]
        wish = {"p_filter": {**wanted, **moments, "ids": ids}, "p_ask": ask_first, "p_apply": True}
        done += await app.deliveries.call("replay", wish)
    return done


def _print_replay(rows: list[dict[str, Any]], *, applied: bool) -> None:
    if not rows:
        say("No delivery matches (those in flight are never replayed).")
        return
    shown = table("Replayed" if applied else "To be replayed", "ID#", "target", "state", "day!", "failure", "rules")
    for row in rows:
        shown.add_row(str(row["id"]), row["target"], row["state"], row["service_date"], row["failure"] or "",
                      ", ".join(row["rules"]))  # fmt: skip
    show_table(shown)
    if not applied:
        say("Nothing was changed. Repeat with --yes to do it.")


def exempt(
    delivery_id: DeliveryId,
    reason: Annotated[str, typer.Option(help="Why it is not to be sent; kept on record.")],
    env_file: EnvFile = None,
) -> None:
    """Take one delivery out for good, with a reason on record; `workers replay` brings it back."""
    if not reason.strip():
        raise typer.BadParameter("--reason must say why; it is kept on record")
    refusal = with_app(env_file, lambda app: _exempt(app, delivery_id, reason.strip()))
    if refusal:
        complain(refusal)
        raise typer.Exit(2)
    say(f"Delivery {delivery_id} is exempt.")


async def _exempt(app: App, delivery_id: int, reason: str) -> str | None:
    """None when done, or why not."""
    if await app.deliveries.call("exempt", {"p_id": delivery_id, "p_reason": reason}):
        return None
    story = await app.deliveries.call("story", {"p_id": delivery_id})
    if story is None:
        return f"There is no delivery {delivery_id}; `workers kpi` lists the open ones."
    state = story["delivery"]["state"]
    if state in {"leased", "uncertain"}:
        return f"Delivery {delivery_id} is in flight ({state}); try again when it has ended."
    return f"Delivery {delivery_id} is {state}; only one that is ready, blocked or rejected can be exempted."


def backfill(
    since: Since,
    env_file: EnvFile = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only the number is shown.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Visits per call.")] = 500,
) -> None:
    """Add deliveries for finished visits that have none; live visits go first."""
    arguments = {"p_target": "satusehat", "p_since": since.isoformat()}
    missing = ask(env_file, "backfill_preview", arguments)
    if not missing:
        say(f"Every finished visit since {since} has a delivery.")
    elif not yes:
        say(f"{missing} finished visits since {since} have no delivery. Add them with --yes.")
    else:
        added = with_app(env_file, lambda app: _add(app, arguments, missing, batch))
        say(f"Deliveries added: {added}.")


async def _add(app: App, arguments: dict[str, Any], missing: int, batch: int) -> int:
    added: int = 0
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("Adding deliveries", total=missing)
        while True:
            [step] = await app.deliveries.call("backfill", {**arguments, "p_limit": batch})
            added += step["inserted"]
            progress.update(bar, completed=added, total=added + step["remaining"])
            if step["remaining"] == 0 or step["inserted"] == 0:
                return added
