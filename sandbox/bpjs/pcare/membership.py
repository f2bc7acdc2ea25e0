"""P-Care: peserta (reference 3.1)."""

from typing import Final

from sandbox.bpjs.answer import Answer, found
from sandbox.bpjs.config import Switches
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.members import Member
from sandbox.bpjs.references import Catalogue
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json


def not_found(switches: Switches) -> Answer:
    """Say that nobody is there, in the dialect of the switch; the real words are not known."""
    match switches.not_found:
        case "204":
            return Answer(204, "NO_CONTENT")
        case "404":
            return Answer(404, "NOT_FOUND")
        case "412":
            return Answer(412, "PRECONDITION_FAILED", [{"field": "noKartu", "message": "Peserta tidak ditemukan."}])
        case "empty":
            return Answer(200, "", mute=True)


def dashed(iso: str) -> str:
    """Write an ISO date as P-Care does: day first."""
    year, month, day = iso.split("-")
    return f"{day}-{month}-{year}"


def peserta(one: Member, catalogue: Catalogue) -> Json:
    """Show a member as P-Care does."""
    return {
        "noKartu": one.card,
        "nama": one.name.upper(),
        "hubunganKeluarga": one.relation,
        "sex": one.sex,
        "tglLahir": dashed(one.birth_date),
        "tglMulaiAktif": "01-01-2020",
        "tglAkhirBerlaku": "01-01-2050",
        "kdProviderPst": _provider(one.provider, catalogue),
        "kdProviderGigi": _provider(one.dental_provider, catalogue),
        "jnsKelas": {"nama": f"KELAS {'I' * int(one.room_class)}", "kode": one.room_class},
        "jnsPeserta": {"nama": one.kind, "kode": "14"},
        "golDarah": None,
        "noHP": one.phone,
        "noKTP": one.nik,
        "pstProl": one.prolanis,
        "pstPrb": one.prb,
        "aktif": one.active,
        "ketAktif": one.reason,
        "asuransi": {"kdAsuransi": None, "nmAsuransi": None, "noAsuransi": None, "cob": False},
        "tunggakan": one.arrears,
    }


def _provider(code: str | None, catalogue: Catalogue) -> Json:
    return {"kdProvider": code, "nmProvider": catalogue.provider_name(code) if code else None}


def by_nik(ask: Ask) -> Answer:
    """Answer `peserta/nik/{nik}`."""
    return _shown(ask, ask.members.with_nik(ask.params["nik"]))


def by_card(ask: Ask) -> Answer:
    """Answer `peserta/{noKartu}` and `peserta/noka/{noKartu}`."""
    return _shown(ask, ask.members.with_card(ask.params["noKartu"]))


def _shown(ask: Ask, one: Member | None) -> Answer:
    return not_found(ask.switches) if one is None else found(peserta(one, ask.catalogue))


PATHS: Final[list[Path[Handler]]] = [
    Path("GET", "peserta/nik/{nik}", by_nik),
    Path("GET", "peserta/noka/{noKartu}", by_card),
    Path("GET", "peserta/{noKartu}", by_card),
]
