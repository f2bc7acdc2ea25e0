"""``workers laboratory``: the standard catalogue, labels for tubes, and what waits for the laboratory."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from workers.app import App
from workers.cli.session import AsJson, EnvFile, ask, complain, print_json, say, show_table, table, with_app
from workers.laboratory.files.store import Store, StoreRefused, TooLarge

RESULTS = "results"

cli = typer.Typer(no_args_is_help=True, help="The laboratory: catalogue, labels, worklist.")

Clinic = Annotated[UUID | None, typer.Option("--clinic", help="This clinic alone (its id).", show_default=False)]
Accession = Annotated[str, typer.Argument(metavar="ACCESSION", help="The order's accession number: L2611240012.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where the PDF goes.")]


@cli.command()
def setup(clinic: Clinic = None, env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Give clinics the standard tests they do not have yet; what they changed stays."""
    told = ask(env_file, "install_examinations", {"p_clinic": str(clinic) if clinic else None})
    if json:
        print_json(told)
    for row in told if not json else ():
        say(f"{row['clinic']}: {row['installed']} examinations added.")
    if not told:
        complain("There is no such clinic; `workers doctor` lists them.")
        raise typer.Exit(2)


@cli.command()
def labels(
    accession: Accession, out: Out = Path("labels.pdf"), clinic: Clinic = None, env_file: EnvFile = None
) -> None:
    """Print the labels of an order's tubes into a PDF (50 × 25 mm, Code 128)."""
    from workers.laboratory.labels import label, pdf  # noqa: PLC0415  # a fifth of a second of every command

    asked = {"p_accession": accession.strip().upper(), "p_clinic": str(clinic) if clinic else None}
    rows = ask(env_file, "specimen_labels", asked)
    if not rows:
        complain(f"No order {accession} with tubes; write the order's number, without the letter of a tube.")
        raise typer.Exit(2)
    try:
        out.write_bytes(pdf(label(row) for row in rows))
    except OSError as error:
        complain(f"{out} cannot be written ({error.strerror}); choose another place with --out.")
        raise typer.Exit(2) from None
    say(f"{len(rows)} label{'s' if len(rows) > 1 else ''} in {out}.")


@cli.command()
def worklist(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Show what waits for somebody in the laboratory; 1 when anything does."""
    rows = with_app(env_file, lambda app: app.deliveries.rows("laboratory_worklist"))
    if json:
        print_json(rows)
    elif not rows:
        say("Nothing waits for the laboratory.")
    else:
        _print_worklist(rows)
    raise typer.Exit(1 if rows else 0)


@cli.command()
def verify(env_file: EnvFile = None, *, json: AsJson = False) -> None:
    """Compare every available file in Storage with the fingerprint recorded of it; 1 when one differs or is gone."""
    wrong = with_app(env_file, _verify)
    if json:
        print_json(wrong)
    for row in wrong if not json else ():
        say(f"{row['clinic']}: file {row['id']} {row['what']}; restore it from the backup of Storage.")
    if not wrong and not json:
        say("Every file is as it was released.")
    raise typer.Exit(1 if wrong else 0)


async def _verify(app: App) -> list[dict[str, str]]:
    store, wrong, after, compared = Store(app.client), [], None, 0
    while rows := await app.deliveries.call("stored_files", {"p_after": after}):
        for row in rows:
            what = await _compared(store, row["path"], row["sha256"], app.settings.files_dicom_limit_bytes)
            wrong += [{"id": row["id"], "clinic": row["clinic"], "what": what}] if what else []
        after, compared = rows[-1]["id"], compared + len(rows)
        if sys.stderr.isatty():
            complain(f"{compared} files compared …")
    return wrong


async def _compared(store: Store, path: str, sha256: str, most_bytes: int) -> str | None:
    """What is wrong with a stored file; None when nothing is."""
    with tempfile.TemporaryFile() as copy:
        try:
            found = await store.fetch(RESULTS, path, copy, 2 * most_bytes)
        except (StoreRefused, TooLarge):
            return "is gone or no longer readable"
    return None if found == sha256 else "is not what was released"


def _print_worklist(rows: list[dict[str, Any]]) -> None:
    shown = table("What waits for the laboratory", "clinic", "what", "analyser", "code", "waiting#", "oldest (UTC)!")
    for row in rows:
        what = row["what"].replace("_", " ")
        shown.add_row(
            row["clinic"], what, row["analyser"] or "", row["code"] or "", str(row["waiting"]), row["oldest"][:16]
        )
    show_table(shown)
