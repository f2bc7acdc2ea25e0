"""P-Care: the reference lists (reference 4.1)."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.pcare.checks import day_of
from sandbox.bpjs.pcare.registration import listing
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json

Rows = list[Json]


def _paged(rows: Callable[[Ask], Rows]) -> Handler:
    def answer(ask: Ask) -> Answer:
        return listing(ask, rows(ask), ask.params.get("start", "0"), ask.params.get("limit", "1000"))

    return answer


def _whole(name: str) -> Handler:
    return _paged(lambda ask: ask.catalogue[name])


def having(rows: Rows, word: str, *names: str) -> Rows:
    """Give the rows with a word in one of the fields."""
    wanted = unquote(word).casefold()
    return [row for row in rows if any(wanted in str(row[name]).casefold() for name in names)]


def _discharges(ask: Ask) -> Rows:
    return ask.catalogue.discharges(ask.params["inpatient"].lower() == "true", ask.switches.discharge)


def _hospitals(ask: Ask) -> Rows:
    """Give where one can be referred to; an estimated day in the past gives nobody."""
    day = day_of(ask.params["day"])
    if day is None or day < ask.today:
        return []
    return [_hospital(row) for row in ask.catalogue.hospitals()]


def _hospital(row: Json) -> Json:
    return {
        "kdppk": row["kdProvider"],
        "nmppk": row["nmProvider"],
        "alamatPpk": "Jalan Uji 1",
        "telpPpk": "021000000",
        "kelas": "C",
        "nmkc": "CABANG UJI",
        "distance": 1500.5,
        "jadwal": "Senin : 08:00 - 12:00",
        "jmlRujuk": 0,
        "kapasitas": 30,
        "persentase": 0,
    }


def _providers(ask: Ask) -> Rows:
    return [_without_kind(row) for row in ask.catalogue.hospitals()]


def _without_kind(row: Json) -> Json:
    return {key: value for key, value in row.items() if key != "kind"}


def _by(name: str, param: str) -> Handler:
    def rows(ask: Ask) -> Rows:
        lists: dict[str, Any] = ask.catalogue[name]
        found: Rows = lists.get(ask.params[param], [])
        return found

    return _paged(rows)


_WINDOW: Final = "{start}/{limit}"
_SPECIAL: Final = "spesialis/rujuk/khusus/{special}"
_FOR: Final = "noKartu/{card}/tglEstRujuk/{day}"
PATHS: Final[list[Path[Handler]]] = [
    Path(
        "GET",
        "diagnosa/{word}/" + _WINDOW,
        _paged(lambda ask: having(ask.catalogue["diagnoses"], ask.params["word"], "kdDiag", "nmDiag")),
    ),
    Path("GET", "dokter/" + _WINDOW, _whole("doctors")),
    Path("GET", "kesadaran", _whole("consciousness")),
    Path("GET", "poli/fktp/" + _WINDOW, _whole("poli")),
    Path("GET", "statuspulang/rawatInap/{inpatient}", _paged(_discharges)),
    Path("GET", "provider/" + _WINDOW, _paged(_providers)),
    Path("GET", "alergi/jenis/{kind}", _by("allergies", "kind")),
    Path("GET", "prognosa", _whole("prognoses")),
    Path("GET", "tindakan/kdTkp/{tkp}/" + _WINDOW, _by("procedures_by_tkp", "tkp")),
    Path(
        "GET",
        "obat/dpho/{word}/" + _WINDOW,
        _paged(lambda ask: having(ask.catalogue["drugs"], ask.params["word"], "kdObat", "nmObat")),
    ),
    Path("GET", "spesialis", _whole("specialties")),
    Path("GET", "spesialis/sarana", _whole("facilities_services")),
    Path("GET", "spesialis/khusus", _whole("special_referrals")),
    Path("GET", "spesialis/{specialty}/subspesialis", _by("subspecialties", "specialty")),
    Path("GET", "spesialis/rujuk/subspesialis/{sub}/sarana/{place}/tglEstRujuk/{day}", _paged(_hospitals)),
    Path("GET", f"{_SPECIAL}/{_FOR}", _paged(_hospitals)),
    Path("GET", f"{_SPECIAL}/subspesialis/{{sub}}/{_FOR}", _paged(_hospitals)),
]
