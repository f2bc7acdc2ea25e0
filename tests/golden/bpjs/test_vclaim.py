"""Snapshot in, VClaim's bodies out; ``visits.json`` names what differs from an ordinary visit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden.bpjs.merging import merged
from workers.bpjs.vclaim import bodies, checks
from workers.bpjs.vclaim.snapshot import ClaimVisit, LetterVisit, SepVisit

HERE = Path(__file__).parent / "vclaim"
VISITS: dict[str, Any] = json.loads((HERE / "visits.json").read_text(encoding="utf-8"))
SEP, LETTER = "0114R0011126V000007", "0114R0011126K000009"
by_name = pytest.mark.parametrize("name", sorted(VISITS))


def _sent(name: str) -> dict[str, Any]:
    raw = merged(VISITS["ordinary"], VISITS[name])
    sep, claim, letter = SepVisit.model_validate(raw), ClaimVisit.model_validate(raw), LetterVisit.model_validate(raw)
    assert () == (*checks.before_referral(sep), *checks.of_referral(sep), *checks.of_letter(letter))
    make = bodies.control_letter if letter.letter.letter_kind == "control" else bodies.admission_letter
    return {
        "POST SEP/2.0/insert": bodies.sep(sep),
        "PUT SEP/2.0/update": bodies.sep_update(sep, SEP),
        "PUT SEP/2.0/updtglplg": bodies.leaving(sep, SEP),
        "DELETE SEP/2.0/delete": bodies.sep_delete(SEP),
        "POST LPK/insert": bodies.lpk(claim),
        "DELETE LPK/delete": bodies.lpk_delete(SEP),
        "POST RencanaKontrol": make(letter),
        "PUT RencanaKontrol": make(letter, LETTER),
        "DELETE RencanaKontrol/Delete": bodies.letter_delete(LETTER),
    }


@by_name
def test_visit_becomes_the_expected_bodies(name: str, *, update_golden: bool) -> None:
    """A visit without flaws becomes exactly these bodies."""
    path, text = HERE / f"{name}.json", json.dumps(_sent(name), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@by_name
def test_every_scalar_is_a_string(name: str) -> None:
    """VClaim takes strings only (reference bpjs 5)."""
    assert {str} == {type(value) for value in _scalars(_sent(name))}


def _scalars(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        yield value
    else:
        for one in inner:
            yield from _scalars(one)
