"""What BPJS's monitoring says became of claims, and how its list of visits differs from ours (reference 5.4). Pure.

The three statuses one may ask for are known; the words inside an answer are not, so they are read leniently: a
refusal is recognised by its word, a reason is whatever stands behind the status.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
Fate = dict[str, Any]

STATUSES: Final = {"1": "in_verification", "2": "pending", "3": "approved"}
_REFUSED: Final = re.compile(r"tidak layak|ditolak|tolak")
_KNOWN: Final = re.compile(r"^\s*(proses verifikasi|pending verifikasi|klaim)\s*[-:,]?\s*", re.IGNORECASE)
_WHOLE: Final = re.compile(r"^(?:\d+|\d{1,3}(?:[.,]\d{3})+)$")
_DECIMALS: Final = re.compile(r"[.,]0{1,2}$")


@dataclass(frozen=True, slots=True)
class OurSep:
    """A SEP that we hold to be VClaim's."""

    delivery_id: int
    sep_number: str
    sep_on: str
    service_type: str
    card_number: str


def fate(asked: str, row: Row) -> Fate | None:
    """A row of Monitoring/Klaim, asked for with a status, as ``move_claims`` takes it; None when it names no SEP."""
    number = str(row.get("noSEP") or row.get("noSep") or "").strip()
    if not number:
        return None
    words = str(row.get("status") or "")
    state = "rejected" if _REFUSED.search(words.casefold()) else STATUSES[asked]
    cost, group = _object(row, "biaya"), _object(row, "Inacbg")
    return {
        "sep_number": number, "state": state, "reason": _reason(words) if state in ("pending", "rejected") else None,
        "requested_rupiah": rupiah(cost.get("byPengajuan")), "approved_rupiah": rupiah(cost.get("bySetujui")),
        "group_code": group.get("kode") or None, "group_name": group.get("nama") or None,
        "fpk_number": row.get("noFPK") or None,
    }  # fmt: skip


def _reason(words: str) -> str:
    return _KNOWN.sub("", words).strip() or "BPJS tidak menyebutkan alasan"


def rupiah(value: object) -> int | None:
    """Whole rupiah from BPJS's text, with or without separators; None when it is no amount. Never through a float."""
    text = _DECIMALS.sub("", str(value).strip()) if value is not None else ""
    return int(re.sub(r"[.,]", "", text)) if _WHOLE.match(text) else None


def differences(ours: Iterable[OurSep], theirs: Iterable[Row], service_type_of: Mapping[str, str]) -> list[Fate]:
    """How BPJS's list of visits differs from our SEPs of the same days, as ``record_differences`` takes it.

    ``service_type_of``: SEP number → the kind of service under which BPJS listed it.
    """
    there = {str(row.get("noSep") or ""): row for row in theirs}
    found = []
    for sep in ours:
        row = there.pop(sep.sep_number, None)
        if row is None:
            found.append(_difference("missing_there", sep.sep_number, sep.delivery_id))
        elif not _same(sep, row, service_type_of.get(sep.sep_number)):
            found.append(_difference("different", sep.sep_number, sep.delivery_id))
    return found + [_difference("unknown_here", number, None) for number in sorted(there) if number]


def _same(sep: OurSep, row: Row, listed_as: str | None) -> bool:
    """What BPJS leaves out agrees."""
    card, day = str(row.get("noKartu") or sep.card_number), str(row.get("tglSep") or sep.sep_on)
    return (card, day, listed_as or sep.service_type) == (sep.card_number, sep.sep_on, sep.service_type)


def _difference(kind: str, number: str, delivery: int | None) -> Fate:
    cure = "workers bpjs claims" if delivery is None else f"workers replay --id {delivery} --ask"
    return {
        "delivery_id": delivery, "difference": kind, "resource_type": "sep", "local_key": f"sep/{number}",
        "remote_id": number, "cure": cure,
    }  # fmt: skip


def _object(row: Row, name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}
