"""``workers bpjs``: memberships on demand, BPJS's lists, and lanes that rest."""

from typing import Annotated
from uuid import UUID

import typer

from workers.app import App
from workers.bpjs.eligibility import Eligibilities, Eligibility
from workers.bpjs.synchronize import Kept, everything
from workers.cli.session import AsJson, EnvFile, complain, print_json, say, show_table, table, with_app

cli = typer.Typer(no_args_is_help=True, help="Memberships, lists and lanes at BPJS.")
Patient = Annotated[UUID, typer.Argument(metavar="PATIENT", help="Id of the row in public.patients.")]


@cli.command()
def check(patient: Patient, env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Ask whether a patient is insured; the last known answer when BPJS is slow; 1 when nothing is known."""
    found = with_app(env_file, lambda app: Eligibilities(app.deliveries, app.bpjs, app.settings).of(patient))
    if found is None:
        complain(f"There is no patient {patient} at a clinic that is connected to BPJS.")
        raise typer.Exit(1)
    if json:
        shown = ("status", "reason", "class_name", "facility_code", "arrears", "as_of", "birth_date_agrees")
        print_json({"fresh": found.fresh, **{name: found.row[name] for name in shown}})
    else:
        _say_membership(found)
    raise typer.Exit(0 if found.row["as_of"] else 1)


def _say_membership(found: Eligibility) -> None:
    if found.age is None:
        say("BPJS has not answered yet; the question stays queued.")
        return
    minutes = int(found.age.total_seconds() // 60)
    age = "now" if found.fresh and not minutes else f"{minutes} min ago"
    reason, facility = found.row["reason"] or "-", found.row["facility_code"] or "-"
    say(f"{found.row['status']} ({reason}), facility {facility}, said {age}")
    if found.row["birth_date_agrees"] is False:
        say("BPJS has another date of birth for this NIK: check the NIK.")


@cli.command()
def sync(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Fetch BPJS's lists (poli, doctors, procedures, …) now; 1 when one could not be fetched."""

    async def work(app: App) -> list[Kept]:
        return [kept async for kept in everything(app.deliveries, app.bpjs, app.settings)]

    kept = with_app(env_file, work)
    if json:
        print_json([{"clinic": k.clinic, "list": k.kind, "entries": k.entries, "failure": k.failure} for k in kept])
    elif kept:
        shown = table("BPJS's lists", "clinic", "list", "entries")
        for one in kept:
            entries = f"not fetched: {one.failure}" if one.entries is None else str(one.entries)
            shown.add_row(one.clinic, one.kind, entries)
        show_table(shown)
    else:
        say("No first-level clinic is connected to BPJS with credentials here.")
    raise typer.Exit(1 if any(one.entries is None for one in kept) else 0)


@cli.command()
def reopen(env_file: EnvFile = None) -> None:
    """Let lanes that rest because BPJS refused the credentials try once more."""

    async def work(app: App) -> None:
        await app.deliveries.call("reopen", {"p_facilities": list(app.bpjs.facilities)})

    with_app(env_file, work)
    say("Lanes of the configured facilities may try once more; `workers doctor` shows those that rest again.")
