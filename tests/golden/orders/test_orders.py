"""Order in, FHIR out: files a clinician can read, one folder per order.

``orders/<name>.json`` is what the database tells of an order, ``fhir/<name>/`` what SatuSehat is sent. A
file with ``previous`` is an amendment: the folder holds what is sent on top of what was sent then.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.test_visits import _files, _write
from tests.unit.satusehat.visits import accepted
from workers.satusehat.diagnostics.mapping import plan
from workers.satusehat.diagnostics.preflight import check
from workers.satusehat.diagnostics.snapshot import parse
from workers.satusehat.facts import parse_known
from workers.satusehat.mapping import validate

HERE = Path(__file__).parent
ORDERS = sorted(HERE.glob("*.json"), key=lambda path: path.stem)


@pytest.mark.parametrize("path", ORDERS, ids=lambda path: path.stem)
def test_order_becomes_the_expected_resources(path: Path, *, update_golden: bool) -> None:
    """An order without flaws maps to exactly these resources, all of them valid FHIR."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    snapshot, known = parse(told["snapshot"]), parse_known(told["known"])
    if "previous" in told:
        known = accepted(plan(parse(told["previous"]), known), known)
    assert check(snapshot, known) == ()
    wanted = plan(snapshot, known)
    files, folder = _files(wanted), HERE.parent / "fhir" / path.stem
    if update_golden:
        _write(folder, files)
    for resource in (*wanted.create, *wanted.update):
        validate(resource.body)
    assert {old.name: json.loads(old.read_text(encoding="utf-8")) for old in folder.glob("*.json")} == files
