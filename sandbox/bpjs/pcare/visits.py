"""P-Care: kunjungan (reference 4.3)."""

from datetime import timedelta
from typing import Final

from sandbox.bpjs.admission import NOT_REGISTERED
from sandbox.bpjs.answer import CREATED, OK, Answer, found, refused
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.pcare import registration
from sandbox.bpjs.pcare.checks import day_of, dmy
from sandbox.bpjs.pcare.history import shown
from sandbox.bpjs.pcare.visit_rules import check
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.door.ledger import Json

KIND: Final = "visit"
_UNREGISTERED: Final = (
    ("noKartu", "Belum melakukan pendaftaran pada poli tersebut."),
    ("noKartu", "noKartu, belum melakukan pendaftaran pada poli tersebut."),
)
PARTS: Final = ("procedure", "drug", "checkup")
"""What hangs on a visit."""


def _wrong_path(ask: Ask, *, newest: bool) -> bool:
    return ask.switches.visit_path == ("bare" if newest else "V1")


def _registration(ask: Ask) -> Held | None:
    """Find what the visit was registered as; a body without a poli takes the card's only registration."""
    body, code = ask.body, ask.facility.code
    key = registration.key_of(code, body.get("noKartu"), body.get("kdPoli"), body.get("tglDaftar"))
    rows = ask.records.keyed(registration.KIND, key)
    if body.get("kdPoli") is None:
        wanted = (code, body.get("noKartu"), body.get("tglDaftar"))
        rows = [
            one
            for one in ask.records.of(registration.KIND)
            if (one.facility, one.body["noKartu"], one.body["tglDaftar"]) == wanted
        ]
    return rows[0] if rows else None


def _examined(ask: Ask, *, newest: bool) -> Answer | Held:
    """Give the registration a body belongs to, or what is wrong."""
    if _wrong_path(ask, newest=newest):
        return NOT_REGISTERED
    referral = ask.body.get("rujukLanjut")
    if referral is not None and not isinstance(referral, dict):
        return Answer(500, "Object reference error: JValue cannot be read as rujukLanjut")
    registered = _registration(ask)
    if registered is None:
        return refused(*_UNREGISTERED)
    return check(ask, registered.body, newest=newest) or registered


def add(ask: Ask, *, newest: bool) -> Answer:
    """Answer `POST kunjungan/V1`, or the older path."""
    registered = _examined(ask, newest=newest)
    if isinstance(registered, Answer):
        return registered
    if ask.switches.duplicate_guard and registration.served(ask, registered):
        return refused(("noKartu", "Peserta sudah dilayani pada poli tersebut."))
    code, day = ask.facility.code, ask.body["tglDaftar"]
    series = f"{code}{day[3:5]}{day[8:10]}Y"
    number = f"{series}{ask.records.number(series):06d}"
    body = {**ask.body, "noKunjungan": number, "kdPoli": registered.body["kdPoli"], "kdTkp": registered.body["kdTkp"]}
    ask.records.add(KIND, number, body, code, registered.key)
    return _given(ask, 201, CREATED, number)


def _given(ask: Ask, code: int, message: str, number: str) -> Answer:
    given = {"field": "noKunjungan", "message": number}
    return Answer(code, message, given if ask.switches.visit_answer == "object" else [given])


def edit(ask: Ask, *, newest: bool) -> Answer:
    """Answer `PUT kunjungan/V1`, or the older path."""
    registered = _examined(ask, newest=newest)
    if isinstance(registered, Answer):
        return registered
    held = own(ask, ask.body.get("noKunjungan"))
    if held is None or held.key != registered.key:
        return refused(("noKunjungan", "Data kunjungan tidak ditemukan."))
    kept = {name: held.body[name] for name in ("kdPoli", "kdTkp")}
    ask.records.change(held, {**ask.body, **kept})
    return _given(ask, 200, OK, held.id)


def own(ask: Ask, number: object) -> Held | None:
    """Find a visit of the caller."""
    held = ask.records.get(KIND, number)
    return held if held is not None and held.facility == ask.facility.code else None


def delete(ask: Ask) -> Answer:
    """Answer `DELETE kunjungan/{noKunjungan}`."""
    held = own(ask, ask.params["number"])
    if held is None:
        return refused(("noKunjungan", "Data kunjungan tidak ditemukan."))
    parts = [one for kind in PARTS for one in ask.records.of(kind) if one.body["noKunjungan"] == held.id]
    if parts and ask.switches.visit_delete == "refuse":
        return refused(("noKunjungan", "Kunjungan masih memiliki tindakan, obat atau MCU."))
    if any(one.body["rujukan"].get("noRujukan") == held.id for one in ask.records.of("sep")):
        return refused(("noKunjungan", "Rujukan sudah digunakan."))
    for part in parts:
        ask.records.remove(part)
    ask.records.remove(held)
    return Answer(200, OK)


def history(ask: Ask) -> Answer:
    """Answer `kunjungan/peserta/{noKartu}`: what a client reads after a lost answer. Newest first."""
    rows = [one for one in ask.records.of(KIND) if one.body["noKartu"] == ask.params["card"]]
    rows.sort(key=lambda one: day_of(one.body["tglDaftar"]) or ask.today, reverse=True)
    return registration.listing(ask, [shown(ask, one) for one in rows])


def letter(ask: Ask) -> Answer:
    """Answer `kunjungan/rujukan/{noKunjungan}`: the referral letter."""
    held = own(ask, ask.params["number"])
    if held is None or held.body.get("rujukLanjut") is None:
        return registration.nothing(ask, "noKunjungan", "Data rujukan tidak ditemukan.")
    return found(_letter(ask, held))


def _letter(ask: Ask, held: Held) -> Json:
    body, lists = held.body, ask.catalogue
    referral = body["rujukLanjut"]
    member = ask.members.with_card(body["noKartu"])
    sub = lists.subspecialty((referral.get("subSpesialis") or {}).get("kdSubSpesialis1"))
    ends = (day_of(referral["tglEstRujuk"]) or ask.today) + timedelta(days=ask.switches.referral_days - 1)
    doctor = lists.find("doctors", "kdDokter", body["kdDokter"]) or {}
    diagnosis = lists.diagnosis(body["kdDiag1"]) or {}
    place = {"kdDati": "0114", "nmDati": "KOTA UJI"}
    branch = {"kdKC": "0114", "nmKC": "CABANG UJI", "kdKR": {"nmKR": "REGIONAL UJI"}, "dati": place}
    return {
        "noRujukan": held.id,
        "ppk": {"kdPPK": held.facility, "nmPPK": lists.provider_name(held.facility), "kc": branch},
        "poli": {"nmPoli": (sub or {}).get("nmSubSpesialis")},
        "ppkRujuk": {"nmPPK": lists.provider_name(referral["kdppk"])},
        "nmPst": member and member.name.upper(),
        "tglLahir": member and "-".join(reversed(member.birth_date.split("-"))),
        "nokaPst": body["noKartu"],
        "pisa": "1",
        "sex": member and member.sex,
        "diag1": {"kdDiag": body["kdDiag1"], "nmDiag": diagnosis.get("nmDiag")},
        "catatan": (referral.get("khusus") or {}).get("catatan", ""),
        "tglEstRujuk": referral["tglEstRujuk"],
        "tglAkhirRujuk": dmy(ends),
        "jadwal": "Senin : 08:00 - 12:00",
        "tglKunjungan": body["tglDaftar"],
        "dokter": {"nmDokter": doctor.get("nmDokter")},
    }


PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "kunjungan/V1", lambda ask: add(ask, newest=True)),
    Path("PUT", "kunjungan/V1", lambda ask: edit(ask, newest=True)),
    Path("POST", "kunjungan", lambda ask: add(ask, newest=False)),
    Path("PUT", "kunjungan", lambda ask: edit(ask, newest=False)),
    Path("DELETE", "kunjungan/{number}", delete),
    Path("GET", "kunjungan/peserta/{card}", history),
    Path("GET", "kunjungan/rujukan/{number}", letter),
]
