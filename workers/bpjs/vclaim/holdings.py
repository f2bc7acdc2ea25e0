"""What VClaim holds: asked before anything is sent, since it has no idempotency key (reference bpjs 5.2)."""

from collections.abc import Mapping
from typing import Any, Final

from workers.bpjs.asking import Row, rows_at, value_at
from workers.bpjs.exchange import Way
from workers.bpjs.vclaim.snapshot import INPATIENT, SepVisit

_INPATIENT_WORDS: Final = ("1", "r.inap", "rawat inap")


async def referral(way: Way, number: str | None, card: str, level: str) -> Row | None:
    """A referral by its number, else the newest of the card; ``level`` is the kind of facility it comes from."""
    root = "Rujukan" if level == "1" else "Rujukan/RS"
    path = f"{root}/{number}" if number else f"{root}/Peserta/{card}"
    rows = await rows_at(way, "GET Rujukan", path, "rujukan")
    return rows[-1] if rows else None


async def sep(way: Way, visit: SepVisit) -> str | None:
    """The number of this visit's SEP; None when VClaim has none."""
    day = visit.day.isoformat()
    path = f"monitoring/HistoriPelayanan/NoKartu/{visit.card}/tglMulai/{day}/tglAkhir/{day}"
    for row in await rows_at(way, "GET HistoriPelayanan", path, "histori"):
        if may_be(row, visit) and await _same_poli(way, str(row["noSep"]), visit):
            return str(row["noSep"])
    return None


def may_be(row: Row, visit: SepVisit) -> bool:
    """Whether a row of the history may be this visit's; a SEP number begins with the facility that made it."""
    number, referral = str(row.get("noSep") or ""), str(row.get("noRujukan") or "")
    ours = visit.entered.found_number or visit.entered.referral_number
    return (
        number.startswith(visit.clinic.facility_code)
        and number not in visit.other_seps
        and row.get("tglSep") == visit.day.isoformat()
        and _inpatient(row) == (visit.service_type == INPATIENT)
        and (not ours or not referral or ours == referral)
    )


def _inpatient(row: Row) -> bool:
    return str(row.get("jnsPelayanan") or "").strip().casefold() in _INPATIENT_WORDS


async def _same_poli(way: Way, number: str, visit: SepVisit) -> bool:
    """The history names polis in words; the SEP itself has the code, where the facility's version gives one."""
    if visit.service_type == INPATIENT:
        return True
    value = await value_at(way, "GET SEP", f"SEP/{number}")
    code = value.get("kdPoli") if isinstance(value, Mapping) else None
    return not code or code == visit.codes.poli


async def lpk(way: Way, number: str, day: str, service_type: str) -> bool:
    """Whether VClaim holds an LPK of a SEP."""
    rows = await rows_at(way, "GET LPK", f"LPK/TglMasuk/{day}/JnsPelayanan/{service_type}", "lpk")
    return any(row.get("noSep") == number for row in rows)


async def letter(way: Way, card: str, day: str, kind: str, sep_number: str | None) -> str | None:
    """The number of a letter for a day and card; ``kind`` is BPJS's: 1 SPRI, 2 control."""
    year, month, _ = day.split("-")
    path = f"RencanaKontrol/ListRencanaKontrol/Bulan/{month}/Tahun/{year}/Nokartu/{card}/filter/2"
    for row in await rows_at(way, "GET RencanaKontrol", path, "list"):
        of = str(row.get("noSepAsalKontrol") or "")
        same = row.get("tglRencanaKontrol") == day and str(row.get("jnsKontrol") or kind) == kind
        if same and (not of or not sep_number or of == sep_number) and row.get("noSuratKontrol"):
            return str(row["noSuratKontrol"])
    return None


def text_at(value: Any, *names: str) -> str | None:
    """A text at the end of nested names, where it is filled."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return str(value).strip() or None if value is not None else None
