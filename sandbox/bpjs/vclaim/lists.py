"""VClaim: Referensi (reference 5.6)."""

from collections.abc import Callable
from typing import Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.pcare.lists import having
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim.requests import rows
from sandbox.door.ledger import Json

Rows = list[Json]


def _coded(listed: Rows, code: str, name: str) -> Rows:
    return [{"kode": row[code], "nama": row[name]} for row in listed]


def _named(name: str, make: Callable[[Ask], Rows]) -> Handler:
    def answer(ask: Ask) -> Answer:
        listed = make(ask)
        word = ask.params.get("word", "")
        return rows(name, having(listed, word, "kode", "nama"))

    return answer


def _listed(name: str) -> Handler:
    return _named("list", lambda ask: ask.catalogue.vclaim(name))


def _below(name: str) -> Handler:
    return _named("list", lambda ask: ask.catalogue.vclaim(name).get(ask.params["code"], []))


def _facilities(ask: Ask) -> Rows:
    kept = ask.catalogue.clinics() if ask.params["kind"] == "1" else ask.catalogue.hospitals()
    return _coded(kept, "kdProvider", "nmProvider")


def _doctors(ask: Ask) -> Rows:
    poli = ask.params.get("specialty")
    return [
        {"kode": row["kode"], "nama": row["nama"]}
        for row in ask.catalogue["specialists"]
        if poli is None or poli.casefold() == row["poli"].casefold()
    ]


def _polis(ask: Ask) -> Rows:
    return _coded([*ask.catalogue["specialties"], _EMERGENCY], "kdSpesialis", "nmSpesialis")


_EMERGENCY: Final = {"kdSpesialis": "IGD", "nmSpesialis": "INSTALASI GAWAT DARURAT"}
_ROOT: Final = "referensi"
PATHS: Final[list[Path[Handler]]] = [
    Path(
        "GET",
        f"{_ROOT}/diagnosa/{{word}}",
        _named("diagnosa", lambda ask: _coded(ask.catalogue["diagnoses"], "kdDiag", "nmDiag")),
    ),
    Path("GET", f"{_ROOT}/poli/{{word}}", _named("poli", _polis)),
    Path("GET", f"{_ROOT}/faskes/{{word}}/{{kind}}", _named("faskes", _facilities)),
    Path(
        "GET",
        f"{_ROOT}/dokter/pelayanan/{{stay}}/tglPelayanan/{{day}}/Spesialis/{{specialty}}",
        _named("list", _doctors),
    ),
    Path("GET", f"{_ROOT}/dokter/{{word}}", _named("list", _doctors)),
    Path("GET", f"{_ROOT}/propinsi", _listed("provinces")),
    Path("GET", f"{_ROOT}/kabupaten/propinsi/{{code}}", _below("regencies")),
    Path("GET", f"{_ROOT}/kecamatan/kabupaten/{{code}}", _below("districts")),
    Path("GET", f"{_ROOT}/diagnosaprb", _listed("prb_diagnoses")),
    Path("GET", f"{_ROOT}/obatprb/{{word}}", _listed("prb_drugs")),
    Path("GET", f"{_ROOT}/procedure/{{word}}", _named("procedure", lambda ask: ask.catalogue.vclaim("procedures"))),
    Path("GET", f"{_ROOT}/kelasrawat", _listed("room_classes")),
    Path("GET", f"{_ROOT}/spesialistik", _listed("specialisms")),
    Path("GET", f"{_ROOT}/ruangrawat", _listed("wards")),
    Path("GET", f"{_ROOT}/carakeluar", _listed("ways_out")),
    Path("GET", f"{_ROOT}/pascapulang", _listed("conditions")),
]
