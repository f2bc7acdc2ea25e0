"""VClaim: RencanaKontrol and SPRI, the letters by which somebody comes again (reference 5.5)."""

from typing import Any, Final

from sandbox.bpjs.answer import OK, Answer, found, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim import sep
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.bpjs.vclaim.referrals import poli
from sandbox.bpjs.vclaim.requests import missing, not_text, number, request, rows
from sandbox.door.ledger import Json

KIND: Final = "letter"
_UNKNOWN: Final = no("Surat kontrol tidak ditemukan")
CONTROL, ADMISSION = "2", "1"


def _wrong(ask: Ask, body: Json) -> str | None:
    """Look through the fields every letter has; these bodies have no wrapper below `request`."""
    said = {name: value for name, value in body.items() if name != "formPRB"}
    text = not_text(said)
    if text is not None:
        return f"{text} harus berupa string"
    day = day_of(body.get("tglRencanaKontrol"))
    if day is None or day < ask.today:
        return "tglRencanaKontrol tidak sesuai"
    if ask.catalogue.find("specialties", "kdSpesialis", body.get("poliKontrol")) is None:
        return "Poli tidak ditemukan"
    if ask.catalogue.find("specialists", "kode", body.get("kodeDokter")) is None:
        return "Dokter tidak ditemukan"
    return missing(body, "user")


def control(ask: Ask) -> Answer:
    """Answer `POST RencanaKontrol/insert` and its second version."""
    body = request(ask)
    held = sep.own(ask, body.get("noSEP"))
    if held is None:
        return sep.UNKNOWN
    text = _wrong(ask, body)
    return no(text) if text else _written(ask, body, held.body["noKartu"], CONTROL)


def admission(ask: Ask) -> Answer:
    """Answer `POST RencanaKontrol/InsertSPRI`."""
    body = request(ask)
    if ask.members.with_card(body.get("noKartu")) is None:
        return no("Peserta tidak ditemukan")
    text = _wrong(ask, body)
    return no(text) if text else _written(ask, body, body["noKartu"], ADMISSION)


def _written(ask: Ask, body: Json, card: str, kind: str) -> Answer:
    key = f"{kind}|{body.get('noSEP', card)}|{body['poliKontrol']}|{body['tglRencanaKontrol']}"
    if ask.switches.duplicate_guard and ask.records.keyed(KIND, key):
        return no("Surat kontrol sudah ada")
    letter = number(ask, "K")
    row = {**body, "noSuratKontrol": letter, "noKartu": card, "jnsKontrol": kind, "tglTerbit": f"{ask.today}"}
    return found(_shown(ask, ask.records.add(KIND, letter, row, ask.facility.code, key)))


def _shown(ask: Ask, held: Held) -> Json:
    body = held.body
    one = ask.members.with_card(body["noKartu"])
    doctor = ask.catalogue.find("specialists", "kode", body["kodeDokter"]) or {}
    return {
        "noSuratKontrol" if body["jnsKontrol"] == CONTROL else "noSPRI": held.id,
        "tglRencanaKontrol": body["tglRencanaKontrol"],
        "namaDokter": doctor.get("nama"),
        "noKartu": body["noKartu"],
        "nama": one and one.name.upper(),
        "kelamin": "Laki-Laki" if one and one.sex == "L" else "Perempuan",
        "tglLahir": one and one.birth_date,
    }


def _own(ask: Ask, letter: Any) -> Held | None:
    held = ask.records.get(KIND, letter)
    return held if held is not None and held.facility == ask.facility.code else None


def update(ask: Ask) -> Answer:
    """Answer `PUT RencanaKontrol/Update`, `UpdateSPRI` and the second version."""
    body = request(ask)
    held = _own(ask, body.get("noSuratKontrol") or body.get("noSPRI"))
    if held is None:
        return _UNKNOWN
    text = _wrong(ask, body)
    if text is not None:
        return no(text)
    ask.records.change(held, {**held.body, **body, "noKartu": held.body["noKartu"]})
    return found(_shown(ask, held))


def delete(ask: Ask) -> Answer:
    """Answer `DELETE RencanaKontrol/Delete`."""
    held = _own(ask, request(ask, "t_suratkontrol").get("noSuratKontrol"))
    if held is None:
        return _UNKNOWN
    if any((one.body.get("skdp") or {}).get("noSurat") == held.id for one in ask.records.of("sep")):
        return no("Surat kontrol sudah digunakan")
    ask.records.remove(held)
    return Answer(200, OK)


def read(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/noSuratKontrol/{no}`."""
    held = _own(ask, ask.params["number"])
    return _UNKNOWN if held is None else found({**_row(ask, held), **_shown(ask, held)})


def of_sep(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/nosep/{no}`: the SEP a letter may be written on."""
    held = sep.own(ask, ask.params["number"])
    if held is None:
        return sep.UNKNOWN
    body = held.body
    shown = {"noSep": held.id, "tglSep": body["tglSep"], "jnsPelayanan": body["jnsPelayanan"]}
    return found({**shown, "poli": poli(ask, body["poli"].get("tujuan", ""))["nama"], "diagnosa": body["diagAwal"]})


def _row(ask: Ask, held: Held) -> Json:
    body = held.body
    used = any((one.body.get("skdp") or {}).get("noSurat") == held.id for one in ask.records.of("sep"))
    return {
        "noSuratKontrol": held.id,
        "jnsKontrol": body["jnsKontrol"],
        "tglRencanaKontrol": body["tglRencanaKontrol"],
        "tglTerbitKontrol": body["tglTerbit"],
        "noSepAsalKontrol": body.get("noSEP"),
        "poliTujuan": body["poliKontrol"],
        "namaPoliTujuan": poli(ask, body["poliKontrol"])["nama"],
        "kodeDokter": body["kodeDokter"],
        "noKartu": body["noKartu"],
        "terbitSEP": "Sudah" if used else "Belum",
    }


def _dated(ask: Ask, held: Held) -> str:
    """Give the day a list is filtered by: 1 of entry, 2 of the plan."""
    return str(held.body["tglTerbit" if ask.params["filter"] == "1" else "tglRencanaKontrol"])


def of_month(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/ListRencanaKontrol/Bulan/…/Nokartu/…`."""
    month = f"{ask.params['year']}-{ask.params['month'].zfill(2)}"
    mine = [one for one in _mine(ask) if one.body["noKartu"] == ask.params["card"]]
    return rows("list", [_row(ask, one) for one in mine if _dated(ask, one).startswith(month)])


def between(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/ListRencanaKontrol/tglAwal/…/tglAkhir/…`."""
    first, last = ask.params["first"], ask.params["last"]
    return rows("list", [_row(ask, one) for one in _mine(ask) if first <= _dated(ask, one) <= last])


def _mine(ask: Ask) -> list[Held]:
    return [one for one in ask.records.of(KIND) if one.facility == ask.facility.code]


def specialties(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/ListSpesialistik/…`."""
    listed = [
        {
            "kodePoli": row["kdSpesialis"],
            "namaPoli": row["nmSpesialis"],
            "kapasitas": "30",
            "jmlRencanaKontroldanRujukan": "0",
        }
        for row in ask.catalogue["specialties"]
    ]
    return rows("list", listed)


def schedule(ask: Ask) -> Answer:
    """Answer `RencanaKontrol/JadwalPraktekDokter/…`."""
    listed = [
        {"kodeDokter": row["kode"], "namaDokter": row["nama"], "jadwalPraktek": "08:00 - 12:00", "kapasitas": "30"}
        for row in ask.catalogue["specialists"]
        if row["poli"] == ask.params["poli"]
    ]
    return rows("list", listed)


_ROOT: Final = "RencanaKontrol"
PATHS: Final[list[Path[Handler]]] = [
    Path("POST", f"{_ROOT}/insert", control),
    Path("POST", f"{_ROOT}/v2/Insert", control),
    Path("POST", f"{_ROOT}/InsertSPRI", admission),
    Path("PUT", f"{_ROOT}/Update", update),
    Path("PUT", f"{_ROOT}/v2/Update", update),
    Path("PUT", f"{_ROOT}/UpdateSPRI", update),
    Path("DELETE", f"{_ROOT}/Delete", delete),
    Path("GET", f"{_ROOT}/nosep/{{number}}", of_sep),
    Path("GET", f"{_ROOT}/noSuratKontrol/{{number}}", read),
    Path(
        "GET", f"{_ROOT}/ListRencanaKontrol/Bulan/{{month}}/Tahun/{{year}}/Nokartu/{{card}}/filter/{{filter}}", of_month
    ),
    Path("GET", f"{_ROOT}/ListRencanaKontrol/tglAwal/{{first}}/tglAkhir/{{last}}/filter/{{filter}}", between),
    Path(
        "GET", f"{_ROOT}/ListSpesialistik/JnsKontrol/{{kind}}/nomor/{{number}}/TglRencanaKontrol/{{day}}", specialties
    ),
    Path("GET", f"{_ROOT}/JadwalPraktekDokter/JnsKontrol/{{kind}}/KdPoli/{{poli}}/TglRencanaKontrol/{{day}}", schedule),
]
