"""``workers satusehat``: master data, comparison and retraction at SatuSehat."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from workers.app import App
from workers.cli.looking import Since, parse_day
from workers.cli.session import AsJson, EnvFile, out, print_json, table, with_app
from workers.satusehat import places, reconcile, retracting

cli = typer.Typer(no_args_is_help=True, help="Master data at SatuSehat, and the comparison with it.")
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it only a preview is shown.")]


@cli.command()
def setup(env_file: EnvFile = None, *, yes: Yes = False) -> None:
    """Create the Locations (poli, rooms) SatuSehat lacks, adopt those it has; 1 when some could not be."""

    async def work(app: App) -> list[places.Place]:
        return [place async for place in places.set_up(app.deliveries, app.satusehat, apply=yes)]

    found = with_app(env_file, work)
    shown = table("Locations", "code", "name", "result")
    for place in found:
        shown.add_row(place.code, place.name, place.result)
    out.print(shown if found else "Every location is known to SatuSehat.")
    done = all(place.result in {"created", "adopted", "would be created"} for place in found)
    raise typer.Exit(0 if done else 1)


@cli.command(name="reconcile")
def reconcile_now(since: Since = "35d", env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Compare what we believe with what SatuSehat holds, now; 1 when something differs."""
    first = parse_day(since) or (datetime.now(UTC) - timedelta(days=35)).date()

    async def work(app: App) -> tuple[reconcile.Reconciled, list[dict[str, str]]]:
        done = await reconcile.everything(app.deliveries, app.satusehat, first)
        return done, await app.deliveries.call("open_differences")

    done, rows = with_app(env_file, work)
    if json:
        print_json({"checked": done.checked, "differences": rows})
    else:
        shown = table(f"{done.checked} visits compared", "difference", "type", "key", "id", "cure")
        for row in rows:
            shown.add_row(row["difference"], row["resource_type"], row["local_key"], row["remote_id"], row["cure"])
        out.print(shown)
        out.print("No difference." if not rows else f"{len(rows)} differences.")
    raise typer.Exit(1 if rows else 0)


@cli.command()
def retract(
    resource_type: Annotated[str, typer.Argument(metavar="TYPE")],
    remote_id: Annotated[str, typer.Argument(metavar="ID")],
    organization: Annotated[str | None, typer.Option(help="Whose; needed with several credentials.")] = None,
    env_file: EnvFile = None,
    *,
    yes: Yes = False,
) -> None:
    """Mark one resource at SatuSehat as entered in error (nothing can be deleted there)."""
    if not yes:
        typer.echo(f"{resource_type}/{remote_id} would be marked entered-in-error. Repeat with --yes to do it.")
        return
    sentence, done = with_app(
        env_file, lambda app: retracting.retract_one(app.satusehat, organization, resource_type, remote_id)
    )
    typer.echo(sentence, err=not done)
    raise typer.Exit(0 if done else 1)
