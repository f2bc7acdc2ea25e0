"""``workers bpjs``: memberships on demand, BPJS's lists, what became of claims, and lanes that rest."""

from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

import typer

from workers.app import App
from workers.bpjs.eligibility import Eligibilities, Eligibility
from workers.bpjs.synchronize import Kept, everything
from workers.bpjs.vclaim import monitoring
from workers.bpjs.vclaim.monitoring import Watched
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


@cli.command()
def claims(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Read what BPJS's monitoring says of claims and visits now; 1 when a clinic could not be looked at."""

    async def work(app: App) -> list[Watched]:
        return [seen async for seen in monitoring.everything(app.deliveries, app.bpjs, app.settings)]

    seen = with_app(env_file, work)
    if json:
        names = ("clinic", "moved", "differences", "failure")
        print_json([{name: getattr(one, name) for name in names} for one in seen])
    elif seen:
        shown = table("Claims at BPJS", "clinic", "claims moved#", "new differences#")
        for one in seen:
            differences = f"not compared: {one.failure}" if one.differences is None else str(one.differences)
            shown.add_row(one.clinic, str(one.moved), differences)
        show_table(shown)
    else:
        say("No referral-level clinic is connected to BPJS with credentials here.")
    raise typer.Exit(1 if any(one.differences is None for one in seen) else 0)


def _days(text: str) -> Decimal:
    try:
        days = Decimal(text)
    except InvalidOperation:
        days = Decimal(0)
    if not Decimal(0) < days <= Decimal(1000):  # NaN and infinity fall out here too
        raise typer.BadParameter("DAYS is a number of days like 21 or 12.5")
    return days


@cli.command()
def baseline(
    days: Annotated[Decimal, typer.Argument(parser=_days, metavar="DAYS", help="Median, visit finished to approved.")],
    facility: Annotated[str, typer.Option("--facility", help="The clinic's BPJS code; all clinics without it.")] = "",
    env_file: EnvFile = None,
) -> None:
    """Remember how long claims took before, so that `workers kpi` can show what was gained."""

    async def work(app: App) -> list[str]:
        known = await app.deliveries.call("bpjs_facilities")
        named = [clinic for clinic in known if facility in ("", clinic["facility_code"])]
        for clinic in named:
            await app.deliveries.call("set_claim_baseline", {"p_clinic": clinic["clinic_id"], "p_days": str(days)})
        return [clinic["name"] for clinic in named]

    named = with_app(env_file, work)
    if not named:
        complain("There is no such clinic connected to BPJS.")
        raise typer.Exit(1)
    say(f"Claims took {days} days before at {', '.join(named)}; the target is 40 % less.")
