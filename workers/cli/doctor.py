"""``workers doctor``: one line for each thing that must be right, with what to do when it is not."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from workers.app import App
from workers.bpjs import probe as bpjs_probe
from workers.bpjs.services import TARGETS, services_of
from workers.cli.session import AsJson, EnvFile, out, print_json, with_app
from workers.errors import DatabaseAway, DatabaseError
from workers.messaging import probe as messaging_probe
from workers.satusehat import probe
from workers.settings import Settings

MOST_SKEW_S = 30.0
OLD_TRANSACTION_S = 300.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is right, and what to do when not."""

    name: str
    right: bool
    detail: str


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(doctor)


def doctor(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Check settings, keys, schema, publication, migrations, credentials and clocks; 1 when something is wrong."""
    findings = with_app(env_file, _examine)
    if json:
        print_json([{"check": f.name, "ok": f.right, "detail": f.detail} for f in findings])
    else:
        for finding in findings:
            out.print(f"{'ok ' if finding.right else 'BAD'}  {finding.name}: {finding.detail}", soft_wrap=True)
    raise typer.Exit(0 if all(f.right for f in findings) else 1)


async def _examine(app: App) -> list[Finding]:
    findings = [Finding("settings", True, f"read, environment {app.settings.environment}")]
    try:
        async for finding in _supabase(app):
            findings.append(finding)  # noqa: PERF401  # what was found before a failure is kept
    except DatabaseAway:
        url = app.settings.supabase_url
        findings.append(
            Finding("supabase", False, f"{url} does not answer; check WORKERS_SUPABASE_URL, and that it runs")
        )
    except DatabaseError as error:
        findings.append(Finding("supabase", False, str(error)))
    async for name, right, detail in probe.checks(app.satusehat, app.settings.satusehat_fhir_url):
        findings.append(Finding(name, right, detail))
    async for name, right, detail in bpjs_probe.checks(app.bpjs):
        findings.append(Finding(name, right, detail))
    async for name, right, detail in messaging_probe.checks(app.settings):
        findings.append(Finding(name, right, detail))
    return [*findings, _instruments(app.settings)]


def _instruments(settings: Settings) -> Finding:
    """Which doors for instruments this worker opens."""
    ports = {
        "analysers (MLLP)": (settings.laboratory_mllp_host, settings.laboratory_mllp_port),
        "modalities (DICOM)": (settings.laboratory_dicom_host, settings.laboratory_dicom_port),
    }
    doors = [f"{name} at {host} port {port}" for name, (host, port) in ports.items() if port is not None]
    folder = settings.laboratory_folder
    if folder is not None and not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        return Finding(
            "instruments", False, f"{folder} is no folder this user may write to; see WORKERS_LABORATORY_FOLDER"
        )
    doors += [f"the folder {folder}"] if folder else []
    return Finding("instruments", True, ", ".join(doors) or "this worker listens to none")


async def _supabase(app: App) -> AsyncIterator[Finding]:
    asked = datetime.now(UTC)
    told = await app.deliveries.call("self_check")
    yield Finding("supabase", True, f"answers as {told['role']}, schema integration is exposed")
    for finding in _database(told, asked):
        yield finding
    yield await _realtime(app)
    clinics = await app.deliveries.rows("clinics")
    if not clinics:
        yield Finding("clinics", False, "there is none; insert yours into public.clinics")
    for clinic in clinics:
        if clinic["target"] in (None, "satusehat"):
            yield _clinic(app, clinic)
        elif clinic["target"] in TARGETS:
            yield _bpjs_lane(app, clinic)
        elif clinic["paused_until"]:
            yield _resting(clinic)
    yield _locations(await app.deliveries.rows("unregistered_locations", {"p_target": "satusehat"}))


def _database(told: dict[str, Any], asked: datetime) -> list[Finding]:
    skew = abs((datetime.fromisoformat(told["now"]) - asked).total_seconds())
    oldest = float(told["oldest_transaction_seconds"] or 0)
    return [
        Finding("clock", skew <= MOST_SKEW_S,
                f"{skew:.1f} s from the database's" + ("" if skew <= MOST_SKEW_S else "; set this machine's clock")),
        _migrations(told["migration"]),
        Finding("publication", bool(told["published"]),
                "deliveries ring" if told["published"] else
                "add integration.deliveries to publication supabase_realtime; until then only the poll looks"),
        Finding("transactions", oldest < OLD_TRANSACTION_S,
                f"oldest open for {oldest:.0f} s" + ("" if oldest < OLD_TRANSACTION_S else "; end it")),
    ]  # fmt: skip


def _migrations(applied: str | None) -> Finding:
    known = _newest_migration()
    if applied is None:
        return Finding("migrations", False, "the project's history is empty; run `supabase db push`")
    if known is not None and applied < known:
        return Finding("migrations", False, f"{applied} is applied, {known} exists; run `supabase db push`")
    return Finding("migrations", True, f"{applied} is applied")


def _newest_migration() -> str | None:
    folder = Path(str(files("workers"))).parent / "supabase" / "migrations"
    return max((path.name.split("_")[0] for path in folder.glob("*.sql")), default=None)


async def _realtime(app: App) -> Finding:
    listening = asyncio.create_task(app.realtime.run())
    try:
        async with asyncio.timeout(10):
            await app.realtime.live.wait()
    except TimeoutError:
        return Finding("realtime", False, "does not go live within 10 s; work is found by the poll alone until it does")
    finally:
        listening.cancel()
    return Finding("realtime", True, "live")


def _clinic(app: App, clinic: dict[str, Any]) -> Finding:
    name, organization = f"clinic {clinic['name']}", clinic["organization_id"]
    if clinic["target"] is None:
        return Finding(name, False, "has no lane; insert one into integration.lanes")
    if clinic["paused_until"]:
        return Finding(name, False, f"rests until {clinic['paused_until'][:19]} UTC: {clinic['paused_reason']}")
    if not organization:
        return Finding(name, False, "has no satusehat_organization_id; fill it in public.clinics")
    if app.satusehat.of(organization) is None:
        return Finding(
            name, False, f"no credential for organization {organization}; add it to WORKERS_SATUSEHAT_CREDENTIALS"
        )
    return Finding(name, True, f"organization {organization}, delivers visits since {clinic['since']}")


def _resting(clinic: dict[str, Any]) -> Finding:
    name = f"clinic {clinic['name']} at {clinic['target']}"
    return Finding(name, False, f"rests until {clinic['paused_until'][:19]} UTC: {clinic['paused_reason']}")


def _bpjs_lane(app: App, clinic: dict[str, Any]) -> Finding:
    name, facility = f"clinic {clinic['name']} at {clinic['target']}", clinic["facility_code"]
    if clinic["paused_until"]:
        return Finding(
            name, False,
            f"rests until {clinic['paused_until'][:19]} UTC: {clinic['paused_reason']} "
            "Once mended: `workers bpjs reopen`.",
        )  # fmt: skip
    if not any(app.bpjs.of(service, facility) for service in services_of(clinic["target"])):
        return Finding(name, False, f"no credentials for facility {facility}; add them to WORKERS_BPJS_FACILITIES")
    return Finding(name, True, f"facility {facility}, delivers since {clinic['since']}")


def _locations(unregistered: list[dict[str, Any]]) -> Finding:
    if not unregistered:
        return Finding("locations", True, "SatuSehat knows every one")
    codes = ", ".join(row["code"] for row in unregistered[:5]) + (" …" if len(unregistered) > 5 else "")
    return Finding("locations", False, f"not at SatuSehat: {codes}; run `workers satusehat setup --yes`")
