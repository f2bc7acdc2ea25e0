"""``workers satusehat``: master data, comparison and retraction at SatuSehat."""

import re
from typing import Annotated

import typer

from workers.app import App
from workers.cli.looking import Since
from workers.cli.session import AsJson, EnvFile, complain, print_json, say, show_table, table, with_app
from workers.satusehat import places, reconcile, retracting

cli = typer.Typer(no_args_is_help=True, help="Master data at SatuSehat, and the comparison with it.")
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it only a preview is shown.")]
GOOD_ENDINGS = frozenset({"created", "adopted", "would be created"})


@cli.command()
def setup(env_file: EnvFile = None, *, yes: Yes = False) -> None:
    """Create the Locations (poli, rooms) SatuSehat lacks, adopt those it has; 1 when some could not be."""

    async def work(app: App) -> list[places.Place]:
        return [place async for place in places.set_up(app.deliveries, app.satusehat, apply=yes)]

    found = with_app(env_file, work)
    if not found:
        say("Every location is known to SatuSehat.")
        return
    shown = table("Locations", "code", "name", "result")
    for place in found:
        shown.add_row(place.code, place.name, place.result)
    show_table(shown)
    if any(place.result == "would be created" for place in found):
        say("Repeat with --yes to create them.")
    if any(place.result not in GOOD_ENDINGS for place in found):
        complain("Some locations could not be set up; `workers doctor` says what is wrong, then repeat.")
        raise typer.Exit(1)


@cli.command(name="reconcile")
def reconcile_now(since: Since = "35d", env_file: EnvFile = None, *, json: AsJson = False) -> None:  # type: ignore[assignment]  # the parser reads the default
    """Compare what we believe with what SatuSehat holds, now; 1 when something differs or could not be compared."""

    async def work(app: App) -> tuple[reconcile.Reconciled, list[dict[str, str]]]:
        done = await reconcile.everything(app.deliveries, app.satusehat, since)
        return done, await app.deliveries.rows("open_differences")

    done, rows = with_app(env_file, work)
    if json:
        print_json({"checked": done.checked, "skipped": done.skipped, "complete": done.complete, "differences": rows})
    else:
        _print_differences(done, rows)
    if not done.complete:
        complain(f"Not everything could be compared (visits skipped: {done.skipped}); "
                 "`workers doctor` says what is wrong, then repeat.")  # fmt: skip
    raise typer.Exit(1 if rows or not done.complete else 0)


def _print_differences(done: reconcile.Reconciled, rows: list[dict[str, str]]) -> None:
    say(f"Visits compared: {done.checked}.")
    for row in rows:
        say(f"{row['difference']}: {row['resource_type']}/{row['remote_id']} ← {row['local_key']}")
        say(f"    cure: {row['cure']}")
    say(f"Open differences: {len(rows)}." if rows else "No open difference.")


@cli.command()
def retract(
    resource_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as Encounter.")],
    remote_id: Annotated[str, typer.Argument(metavar="ID", help="Its id at SatuSehat.")],
    organization: Annotated[str | None, typer.Option(help="Whose; needed with several credentials.")] = None,
    env_file: EnvFile = None,
    *,
    yes: Yes = False,
) -> None:
    """Mark one resource at SatuSehat as entered in error (nothing can be deleted there)."""
    if not re.fullmatch(r"[A-Z][A-Za-z]{1,40}", resource_type):
        raise typer.BadParameter(f"{resource_type!r} is no FHIR type; write for instance Encounter")
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,64}", remote_id) or not remote_id.strip("."):
        raise typer.BadParameter(f"{remote_id!r} is no id at SatuSehat; `workers show` lists them")
    if not yes:
        say(f"{resource_type}/{remote_id} would be marked entered-in-error. Repeat with --yes to do it.")
        return
    sentence, done = with_app(
        env_file, lambda app: retracting.retract_one(app.satusehat, organization, resource_type, remote_id)
    )
    if not done:
        complain(sentence)
        raise typer.Exit(1)
    say(sentence)
