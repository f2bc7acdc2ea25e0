"""Snapshot in, FHIR out: files a clinician can read, one folder per visit.

``visits/<name>.json`` is what the database tells of a visit, ``fhir/<name>/`` what SatuSehat is sent.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.satusehat.mapping import Plan, Resource, plan, validate
from workers.satusehat.preflight import check
from workers.satusehat.snapshot import Known, VisitSnapshot, parse, parse_known

HERE = Path(__file__).parent
VISITS = sorted((HERE / "visits").glob("*.json"), key=lambda path: path.stem)


def _read(path: Path) -> tuple[VisitSnapshot, Known]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return parse(told["snapshot"]), parse_known(told["known"])


def _name(number: int, resource: Resource) -> str:
    code = resource.body.get("code", {}).get("coding", [{}])[0].get("code", "")
    return "-".join(part for part in (f"{number:02}", resource.type, code) if part) + ".json"


def _files(wanted: Plan) -> dict[str, Any]:
    sent = (*wanted.create, *wanted.update)
    files: dict[str, Any] = {_name(n, r): r.body for n, r in enumerate(sent, start=1)}
    if wanted.retract:
        files["retracted.json"] = [f"{held.type}/{held.remote_id}" for held in wanted.retract]
    return files


def _text(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _write(folder: Path, files: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, body in files.items():
        (folder / name).write_text(_text(body), encoding="utf-8")


@pytest.mark.parametrize("path", VISITS, ids=lambda path: path.stem)
def test_visit_becomes_the_expected_resources(path: Path, *, update_golden: bool) -> None:
    """A visit without flaws maps to exactly these resources, all of them valid FHIR."""
    snapshot, known = _read(path)
    assert check(snapshot, known) == ()
    files, folder = _files(plan(snapshot, known)), HERE / "fhir" / path.stem
    if update_golden:
        _write(folder, files)
    for resource in plan(snapshot, known).create:
        validate(resource.body)
    expected = {old.name: json.loads(old.read_text(encoding="utf-8")) for old in folder.glob("*.json")}
    assert expected == files
