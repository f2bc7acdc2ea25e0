"""VClaim: Peserta (reference 3.2)."""

from datetime import date
from typing import Final

from sandbox.bpjs.answer import Answer, found, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.members import Member
from sandbox.bpjs.references import Catalogue
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json


def day_of(text: object) -> date | None:
    """Read an ISO day; None when it is none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None


def age(born: str, on: date) -> str:
    """Say an age in years and months."""
    birth = date.fromisoformat(born)
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    return f"{months // 12} tahun ,{months % 12} bulan"


def peserta(one: Member, catalogue: Catalogue, served: date, today: date) -> Json:
    """Show a member as VClaim does."""
    programme = one.prolanis or one.prb
    return {
        "cob": {"nmAsuransi": None, "noAsuransi": None, "tglTAT": None, "tglTMT": None},
        "hakKelas": {"keterangan": f"KELAS {'I' * int(one.room_class)}", "kode": one.room_class},
        "informasi": {"dinsos": None, "noSKTM": None, "prolanisPRB": programme, "eSEP": None},
        "jenisPeserta": {"keterangan": one.kind, "kode": "14"},
        "mr": {"noMR": None, "noTelepon": one.phone or None},
        "nama": one.name.upper(),
        "nik": one.nik or None,
        "noKartu": one.card,
        "pisa": "1" if one.relation == "PESERTA" else "4",
        "provUmum": {"kdProvider": one.provider, "nmProvider": catalogue.provider_name(one.provider)},
        "sex": one.sex,
        "statusPeserta": {"keterangan": one.reason, "kode": one.status_code},
        "tglCetakKartu": "2020-01-01",
        "tglLahir": one.birth_date,
        "tglTAT": "2050-01-01",
        "tglTMT": "2020-01-01",
        "umur": {"umurSaatPelayanan": age(one.birth_date, served), "umurSekarang": age(one.birth_date, today)},
    }


def by_nik(ask: Ask) -> Answer:
    """Answer `Peserta/nik/{nik}/tglSEP/{d}`."""
    return _shown(ask, ask.members.with_nik(ask.params["nik"]))


def by_card(ask: Ask) -> Answer:
    """Answer `Peserta/nokartu/{noka}/tglSEP/{d}`."""
    return _shown(ask, ask.members.with_card(ask.params["noka"]))


def _shown(ask: Ask, one: Member | None) -> Answer:
    served = day_of(ask.params["day"])
    if served is None:
        return no("Format tanggal SEP tidak sesuai, yyyy-MM-dd")
    if one is None:
        return no("Data peserta tidak ditemukan")
    return found({"peserta": peserta(one, ask.catalogue, served, ask.today)})


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "Peserta/nik/{nik}/tglSEP/{day}", by_nik),
    Path("GET", "Peserta/nokartu/{noka}/tglSEP/{day}", by_card),
]
