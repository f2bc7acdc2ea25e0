"""Snapshot in, P-Care's bodies out; ``visits.json`` names what differs from an ordinary visit."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.bpjs.merging import merged
from workers.bpjs.pcare import bodies
from workers.bpjs.pcare.checks import problems
from workers.bpjs.pcare.snapshot import PcareVisit

HERE = Path(__file__).parent / "pcare"
VISITS: dict[str, Any] = json.loads((HERE / "visits.json").read_text(encoding="utf-8"))
NUMBER = "0114A0011126Y000007"


def _visit(name: str) -> PcareVisit:
    return PcareVisit.model_validate(merged(VISITS["ordinary"], VISITS[name]))


def _sent(visit: PcareVisit) -> dict[str, Any]:
    return {
        "POST pendaftaran": bodies.registration(visit),
        "POST kunjungan": bodies.encounter(visit, None),
        "PUT kunjungan": {"noKunjungan": bodies.encounter(visit, NUMBER)["noKunjungan"]},
        "POST tindakan": [bodies.procedure(row, NUMBER) for row in visit.procedures],
        "POST obat/kunjungan": [bodies.drug(row, NUMBER) for row in visit.drugs],
    }


@pytest.mark.parametrize("name", sorted(VISITS))
def test_visit_becomes_the_expected_bodies(name: str, *, update_golden: bool) -> None:
    """A visit without flaws becomes exactly these bodies."""
    visit, path = _visit(name), HERE / f"{name}.json"
    assert () == problems(visit)
    text = json.dumps(_sent(visit), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
