"""A member's history tells of every facility's visits; only our own is ours."""

from typing import Any

import pytest

from workers.bpjs.pcare.holdings import among

PLACE = ("8000000000011", "23-11-2026", "001")


def row(facility: str | None, day: str = "23-11-2026", poli: str = "001") -> dict[str, Any]:
    """A kunjungan as the history shows it."""
    return {
        "noKunjungan": f"{facility or '0114A001'}1126Y000001", "tglKunjungan": day, "poli": {"kdPoli": poli},
        "providerPelayanan": {"kdProvider": facility}, "diagnosa1": {"kdDiag": "J00"},
    }  # fmt: skip


@pytest.mark.parametrize(("rows", "number"), [
    ([row("0114A002")], None),
    ([row("0114A002"), row("0114A001")], "0114A0011126Y000001"),
    ([row(None)], "0114A0011126Y000001"),
    ([row("0114A001", poli="002")], None),
    ([row("0114A001", day="22-11-2026")], None),
])  # fmt: skip
def test_another_facilitys_visit_is_not_ours(rows: list[dict[str, Any]], number: str | None) -> None:
    """Same member, same day, same kind of poli, elsewhere: neither linked nor edited nor deleted."""
    found = among(rows, PLACE, "0114A001")
    assert number == (None if found is None else found.number)
