"""Who is insured. Everybody here is invented, or one of the ministry's published sandbox identities."""

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from sandbox.satusehat.identities import PATIENTS, Identity

NEWBORN_NIK: Final = "0" * 16
OWN: Final = "0114A001"
ELSEWHERE: Final = "0114A002"


@dataclass(frozen=True, slots=True)
class Member:
    """One insured person. Dates are ISO, sex is `L` or `P`."""

    nik: str
    name: str
    birth_date: str
    sex: str
    card: str = ""
    """Thirteen digits; when empty, made of the NIK."""
    provider: str = OWN
    """The kdProvider of the primary facility the member is registered with."""
    dental_provider: str | None = None
    active: bool = True
    reason: str = "AKTIF"
    """The text beside `active`; free text at BPJS."""
    status_code: str = "0"
    """VClaim's statusPeserta: 0 is active."""
    arrears: int = 0
    room_class: str = "3"
    kind: str = "PEKERJA MANDIRI"
    relation: str = "PESERTA"
    phone: str = ""
    prolanis: str | None = None
    prb: str | None = None


def member_of(raw: dict[str, Any]) -> Member:
    """Make a member of JSON values. Raises ValueError or TypeError."""
    unknown = raw.keys() - {one.name for one in fields(Member)}
    if unknown:
        raise ValueError(f"unknown words about a member: {', '.join(sorted(unknown))}")
    return _whole(Member(**raw))


def _whole(one: Member) -> Member:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", one.birth_date) or one.sex not in ("L", "P"):
        raise ValueError("a member has an ISO birth_date and sex L or P")
    card = one.card or f"9{int(one.nik or '0') % 10**12:012d}"
    if not re.fullmatch(r"\d{13}", card):
        raise ValueError("a card number has thirteen digits")
    if one.active:
        return replace(one, card=card)
    reason = "TIDAK AKTIF" if one.reason == "AKTIF" else one.reason
    return replace(one, card=card, reason=reason, status_code="5" if one.status_code == "0" else one.status_code)


def _late(months: int) -> dict[str, Any]:
    return {"active": False, "reason": "PENANGGUHAN PEMBAYARAN", "arrears": months, "status_code": "5"}


_SEEDS: Final = (
    Member("8801014501800001", "Peserta Klinik Sendiri", "1980-01-05", "P", "8000000000011"),
    Member("8801010202750002", "Peserta Faskes Lain", "1975-02-02", "L", "8000000000022", ELSEWHERE),
    Member("8801010303700003", "Peserta Menunggak", "1970-03-03", "L", "8000000000033", **_late(4)),
    Member("8801014404600004", "Peserta Prolanis", "1960-04-04", "P", "8000000000044", prolanis="DM"),
    Member("8801010505580005", "Peserta Rujuk Balik", "1958-05-05", "L", "8000000000055", prb="HT"),
    Member("8801014606900006", "Peserta Gigi Lain", "1990-06-06", "P", "8000000000066", dental_provider=ELSEWHERE),
    Member(NEWBORN_NIK, "Bayi Baru Lahir", "2026-01-01", "L", "8000000000077", relation="ANAK"),
)

_NOT_A_MEMBER: Final = "1111111111111111"
_FATES: Final[dict[str, dict[str, Any]]] = {
    "9104224509000003": {"provider": ELSEWHERE},
    "9104223107000004": _late(3),
    "9201076001000007": {"prolanis": "DM"},
    "9201394901000008": {"prb": "HT"},
    "9201076407000009": {"prolanis": "HT"},
    "9210060207000010": {"dental_provider": ELSEWHERE},
    "9271060312000003": {"active": False, "reason": "NON AKTIF KARENA KELUAR DARI BADAN USAHA"},
}
"""How the membership of a sandbox identity differs from that of an active member of the clinic."""


def _insured(one: Identity) -> Member:
    sex = "L" if one.gender == "male" else "P"
    return _whole(Member(one.nik, one.name, one.birth_date, sex, **_FATES.get(one.nik, {})))


def seeds() -> list[Member]:
    """Give the members of the start; of identities that share a NIK, the first."""
    known: dict[str, Member] = {}
    for one in (*_SEEDS, *(_insured(one) for one in PATIENTS if one.nik != _NOT_A_MEMBER)):
        known.setdefault(one.nik, one)
    return list(known.values())


class Members:
    """The register, by NIK and by card number."""

    def __init__(self, first: list[Member]) -> None:
        """Begin with these, who come back on a reset."""
        self._first = first
        self.reset()

    def reset(self) -> None:
        """Forget everybody who came later."""
        self._by_nik: dict[str, Member] = {}
        self._by_card: dict[str, Member] = {}
        for one in self._first:
            self.put(one)

    def put(self, one: Member) -> None:
        """Take somebody in, or anew; NIK and card are both unique."""
        for old in (self._by_nik.get(one.nik), self._by_card.get(one.card)):
            if old is not None:
                self.remove(old)
        self._by_nik[one.nik] = self._by_card[one.card] = one

    def remove(self, one: Member) -> None:
        """Strike somebody off."""
        self._by_nik.pop(one.nik, None)
        self._by_card.pop(one.card, None)

    def with_nik(self, nik: str) -> Member | None:
        """Find by NIK."""
        return self._by_nik.get(nik)

    def with_card(self, card: Any) -> Member | None:
        """Find by card number."""
        return self._by_card.get(card) if isinstance(card, str) else None

    def listed(self) -> list[dict[str, Any]]:
        """Give everybody as JSON, in the words `member_of` reads."""
        return [asdict(one) for one in self._by_nik.values()]
