"""VClaim: SEP 2.0, the hospital's proof of eligibility (reference 5.2)."""

from typing import Final

from sandbox.bpjs.answer import OK, Answer, found, no
from sandbox.bpjs.insurer import Ask, Handler
from sandbox.bpjs.records import Held
from sandbox.bpjs.routing import Path
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.bpjs.vclaim.referrals import poli
from sandbox.bpjs.vclaim.requests import at, missing, not_text, number, request, wrong_enum
from sandbox.bpjs.vclaim.sep_rules import INPATIENT, wrong, wrong_change
from sandbox.door.ledger import Json

KIND: Final = "sep"
UNKNOWN: Final = no("No.SEP tidak ditemukan")
_PURPOSES: Final = {"1": "R.Inap", "2": "R.Jalan"}


def own(ask: Ask, sep: object) -> Held | None:
    """Find a SEP of the caller."""
    held = ask.records.get(KIND, sep)
    return held if held is not None and held.facility == ask.facility.code else None


def insert(ask: Ask) -> Answer:
    """Answer `POST SEP/2.0/insert`."""
    body = request(ask, "t_sep")
    text = wrong(ask, body)
    if text is not None:
        return no(text)
    key = f"{ask.facility.code}|{body['noKartu']}|{at(body, 'poli.tujuan') or 'inap'}|{body['tglSep']}"
    if ask.switches.duplicate_guard and ask.records.keyed(KIND, key):
        return no("Peserta sudah memiliki SEP pada tanggal dan poli yang sama")
    sep = number(ask, "V")
    went = "" if body["jnsPelayanan"] == INPATIENT else body["tglSep"]
    held = ask.records.add(KIND, sep, {**body, "noSep": sep, "tglPulang": went}, ask.facility.code, key)
    return Answer(200, "Sukses", {"sep": _issued(ask, held)})


def _issued(ask: Ask, held: Held) -> Json:
    """Show a SEP as it is issued; the misspelt `assestmenPel` is VClaim's own."""
    body = held.body
    room = "-" if body["jnsPelayanan"] != INPATIENT else f"Kelas {at(body, 'klsRawat.klsRawatHak')}"
    return {
        "assestmenPel": body["assesmentPel"],
        "catatan": body.get("catatan"),
        "diagnosa": _diagnosis(ask, body["diagAwal"]),
        "flagProcedure": body["flagProcedure"],
        "informasi": {"dinsos": None, "eSEP": "False", "noSKTM": None, "prolanisPRB": None},
        "jnsPelayanan": _PURPOSES[body["jnsPelayanan"]],
        "kdPenunjang": body["kdPenunjang"],
        "kdPoli": at(body, "poli.tujuan"),
        "kelasRawat": room,
        "noRujukan": at(body, "rujukan.noRujukan"),
        "noSep": held.id,
        "penjamin": "-",
        "peserta": _member(ask, body),
        "poli": poli(ask, at(body, "poli.tujuan"))["nama"] or "-",
        "poliEksekutif": "Ya" if at(body, "poli.eksekutif") == "1" else "Tidak",
        "tglSep": body["tglSep"],
        "tujuanKunj": body["tujuanKunj"],
    }


def _diagnosis(ask: Ask, code: str) -> str:
    row = ask.catalogue.diagnosis(code) or {}
    return f"{code} - {row.get('nmDiag', '')}"


def _member(ask: Ask, body: Json) -> Json:
    one = ask.members.with_card(body["noKartu"])
    return {
        "asuransi": "-",
        "hakKelas": f"Kelas {at(body, 'klsRawat.klsRawatHak')}",
        "jnsPeserta": one and one.kind,
        "kelamin": "Laki-Laki" if one and one.sex == "L" else "Perempuan",
        "nama": one and one.name.upper(),
        "noKartu": body["noKartu"],
        "noMr": body["noMR"],
        "tglLahir": one and one.birth_date,
    }


def update(ask: Ask) -> Answer:
    """Answer `PUT SEP/2.0/update`; gives the number back."""
    body = request(ask, "t_sep")
    held = own(ask, body.get("noSep"))
    if held is None:
        return UNKNOWN
    text = wrong_change(ask, body, held.body)
    if text is not None:
        return no(text)
    ask.records.change(held, {**held.body, **body})
    return Answer(200, "Sukses", held.id)


def delete(ask: Ask) -> Answer:
    """Answer `DELETE SEP/2.0/delete`; the number comes back in plain text (reference 2.2)."""
    body = request(ask, "t_sep")
    held = own(ask, body.get("noSep"))
    if held is None or missing(body, "user") is not None:
        return UNKNOWN if held is None else no("user tidak boleh kosong")
    if ask.records.get("claim", held.id) is not None:
        return no("SEP sudah diajukan klaimnya")
    ask.records.remove(held)
    return Answer(200, OK, held.id, sealed=False)


def leave(ask: Ask) -> Answer:
    """Answer `PUT SEP/2.0/updtglplg`."""
    body = request(ask, "t_sep")
    held = own(ask, body.get("noSep"))
    text = not_text(body) or wrong_enum(body, {"statusPulang": ("1", "3", "4", "5")})
    if held is None or text is not None:
        return UNKNOWN if held is None else no(text or "")
    text = _wrong_leave(ask, body, held.body)
    if text is not None:
        return no(text)
    kept = {name: body.get(name, "") for name in ("statusPulang", "tglPulang", "tglMeninggal", "noSuratMeninggal")}
    ask.records.change(held, {**held.body, **kept})
    return Answer(200, "Sukses", held.id)


def _wrong_leave(ask: Ask, body: Json, sep: Json) -> str | None:
    left, came = day_of(body.get("tglPulang")), day_of(sep["tglSep"])
    if left is None or came is None or not came <= left <= ask.today:
        return "tglPulang tidak sesuai"
    dead = body["statusPulang"] == "4"
    if dead:
        return missing(body, "noSuratMeninggal", "tglMeninggal")
    return "tglMeninggal hanya diisi bila meninggal" if body.get("tglMeninggal") else None


def read(ask: Ask) -> Answer:
    """Answer `SEP/{no}`."""
    held = own(ask, ask.params["number"])
    if held is None:
        return UNKNOWN
    return found({**_issued(ask, held), "tglPulang": held.body["tglPulang"] or None})


def group(ask: Ask) -> Answer:
    """Answer `sep/cbg/{no}`, in plain text."""
    held = own(ask, ask.params["number"])
    if held is None:
        return UNKNOWN
    body = held.body
    shown = {"noSep": held.id, "noKartuBpjs": body["noKartu"], "noMr": body["noMR"], "tglPelayanan": body["tglSep"]}
    return Answer(200, OK, {"pesertasep": shown}, sealed=False)


def propose(ask: Ask) -> Answer:
    """Answer `POST Sep/pengajuanSEP`: ask leave for a day gone by, or for no fingerprint."""
    body = request(ask, "t_sep")
    if ask.members.with_card(body.get("noKartu")) is None or day_of(body.get("tglSep")) is None:
        return no("Data pengajuan tidak sesuai")
    wanted = _approval(ask, body)
    if ask.records.get("approval", wanted) is None:
        ask.records.add("approval", wanted, {**body, "approved": False}, ask.facility.code, wanted)
    return Answer(200, "Sukses", body["noKartu"])


def _approval(ask: Ask, body: Json) -> str:
    return f"{ask.facility.code}|{body.get('noKartu')}|{body.get('tglSep')}"


def approve(ask: Ask) -> Answer:
    """Answer `POST Sep/aprovalSEP`."""
    body = request(ask, "t_sep")
    held = ask.records.get("approval", _approval(ask, body))
    if held is None:
        return no("Pengajuan tidak ditemukan")
    ask.records.change(held, {**held.body, "approved": True})
    return Answer(200, "Sukses", body["noKartu"])


def fingerprint(_ask: Ask) -> Answer:
    """Answer `SEP/FingerPrint/Peserta/…`: everybody has given theirs."""
    return found({"kode": "1", "status": "Peserta telah melakukan validasi finger print"})


PATHS: Final[list[Path[Handler]]] = [
    Path("POST", "SEP/2.0/insert", insert),
    Path("PUT", "SEP/2.0/update", update),
    Path("DELETE", "SEP/2.0/delete", delete),
    Path("PUT", "SEP/2.0/updtglplg", leave),
    Path("GET", "SEP/{number}", read),
    Path("GET", "sep/cbg/{number}", group),
    Path("POST", "Sep/pengajuanSEP", propose),
    Path("POST", "Sep/aprovalSEP", approve),
    Path("GET", "SEP/FingerPrint/Peserta/{card}/TglPelayanan/{day}", fingerprint),
]
