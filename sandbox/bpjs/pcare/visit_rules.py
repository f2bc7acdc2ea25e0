"""What P-Care demands of a kunjungan (reference 4.3)."""

from datetime import date
from typing import Any, Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask
from sandbox.bpjs.pcare.checks import VITALS, Body, is_int
from sandbox.door.ledger import Json

_AGES: Final = (
    "< 1 Bulan",
    ">= 1 Bulan s/d < 12 Bulan",
    ">= 1 Tahun s/d < 5 Tahun",
    ">= 5 Tahun s/d < 12 Tahun",
    ">= 12 Tahun s/d < 55 Tahun",
    ">= 55 Tahun",
)
_TIMES: Final = ("< 3 Hari", ">= 3 - 7 Hari", ">= 7 Hari")
_TACC_REASONS: Final = {1: _TIMES, 2: _AGES, 4: _TIMES}


def check(ask: Ask, registration: Json, *, newest: bool) -> Answer | None:
    """Give what is wrong with a visit's body, or None. `newest` asks for the fields of `kunjungan/V1`."""
    body = Body(ask.body)
    _words(body, newest=newest)
    _vitals(ask, body, registration, newest=newest)
    _codes(ask, body, registration, newest=newest)
    _leaving(ask, body)
    if isinstance(ask.body.get("rujukLanjut"), dict):
        _referral(ask, body, ask.body["rujukLanjut"])
    return body.refusal()


def _words(body: Body, *, newest: bool) -> None:
    body.text("noKartu")
    body.text("keluhan")
    if newest:
        body.text("anamnesa")
        for name in ("terapiObat", "terapiNonObat", "bmhp"):
            body.text(name)


def _vitals(ask: Ask, body: Body, registration: Json, *, newest: bool) -> None:
    body.whole(*VITALS)
    body.whole("lingkarPerut", optional=not newest)
    if newest and not _warm(ask.body.get("suhu"), ask.switches.temperature):
        body.complain("suhu", "suhu tidak sesuai format.")
    if ask.switches.vital_ranges and registration["kunjSakit"]:
        body.plausible()


def _warm(value: Any, wanted: str) -> bool:
    """Tell whether a temperature comes in an accepted type: a string with point or comma, or a number."""
    if isinstance(value, str):
        return wanted != "number" and value.replace(",", ".").replace(".", "", 1).isdigit()
    return wanted != "string" and isinstance(value, (int, float)) and not isinstance(value, bool)


def _codes(ask: Ask, body: Body, registration: Json, *, newest: bool) -> None:
    raw, lists = ask.body, ask.catalogue
    body.listed("kdSadar", lists.find("consciousness", "kdSadar", raw.get("kdSadar")))
    if lists.find("doctors", "kdDokter", raw.get("kdDokter")) is None:
        body.complain("kdDokter", "dokter tidak valid")
    body.listed("kdDiag1", lists.diagnosis(raw.get("kdDiag1")))
    for name in ("kdDiag2", "kdDiag3"):
        body.listed(name, lists.diagnosis(raw.get(name)), null=True)
    ways = lists.discharges(registration["kdTkp"] == "20", ask.switches.discharge)
    body.listed("kdStatusPulang", _one(ways, "kdStatusPulang", raw.get("kdStatusPulang")))
    if newest:
        for name, kind in (("alergiMakan", "01"), ("alergiUdara", "02"), ("alergiObat", "03")):
            body.listed(name, _one(lists["allergies"][kind], "kdAlergi", raw.get(name)), null=True)
        body.listed("kdPrognosa", lists.find("prognoses", "kdPrognosa", raw.get("kdPrognosa")))


def _one(rows: list[Json], key: str, code: Any) -> Json | None:
    return next((row for row in rows if row[key] == code), None)


def _leaving(ask: Ask, body: Body) -> None:
    raw = ask.body
    came, left = body.day("tglDaftar"), body.day("tglPulang")
    if came is not None and left is not None and not came <= left <= ask.today:
        body.complain("tglPulang", "tglPulang harus antara tanggal daftar dan hari ini.")
    internal = raw.get("kdStatusPulang") == "5"
    if internal != bool(raw.get("kdPoliRujukInternal")):
        body.complain("kdPoliRujukInternal", "kdPoliRujukInternal hanya diisi untuk rujuk internal.")
    elif internal:
        row = ask.catalogue.find("poli", "kdPoli", raw["kdPoliRujukInternal"])
        body.listed("kdPoliRujukInternal", row)
    refers = raw.get("kdStatusPulang") == ("4" if ask.switches.discharge == "3" else "3")
    if refers != (raw.get("rujukLanjut") is not None):
        body.complain("rujukLanjut", "rujukLanjut hanya diisi untuk rujuk lanjut.")


def _referral(ask: Ask, body: Body, referral: Json) -> None:
    inner = Body(referral)
    day = inner.day("tglEstRujuk")
    _in_time(inner, day, body.day("tglDaftar"))
    inner.listed("kdppk", ask.catalogue.provider(referral.get("kdppk"), "fkrtl"))
    special, sub = referral.get("khusus"), referral.get("subSpesialis")
    if isinstance(special, dict) == isinstance(sub, dict):
        inner.complain("rujukLanjut", "Isi salah satu: subSpesialis atau khusus.")
    elif isinstance(sub, dict):
        _subspecialty(ask, inner, sub)
        _tacc(ask, body)
    elif isinstance(special, dict):
        _special(ask, inner, special)
    body.complaints += inner.complaints


def _in_time(inner: Body, day: date | None, came: date | None) -> None:
    if day is not None and came is not None and day < came:
        inner.complain("tglEstRujuk", "tglEstRujuk tidak boleh sebelum tanggal daftar.")


def _subspecialty(ask: Ask, inner: Body, sub: Json) -> None:
    if ask.catalogue.subspecialty(sub.get("kdSubSpesialis1")) is None:
        inner.complain("kdSubSpesialis1", "kdSubSpesialis1 tidak sesuai dengan referensi sistem.")
    place = sub.get("kdSarana")
    if place is not None and ask.catalogue.find("facilities_services", "kdSarana", place) is None:
        inner.complain("kdSarana", "kdSarana tidak sesuai dengan referensi sistem.")


def _special(ask: Ask, inner: Body, special: Json) -> None:
    code = special.get("kdKhusus")
    if ask.catalogue.find("special_referrals", "kdKhusus", code) is None:
        inner.complain("kdKhusus", "kdKhusus tidak sesuai dengan referensi sistem.")
    if code in ("THA", "HEM") and not special.get("kdSubSpesialis"):
        inner.complain("kdSubSpesialis", "kdSubSpesialis wajib diisi.")


def _tacc(ask: Ask, body: Body) -> None:
    """A diagnosis that needs no specialist is referred only with a reason."""
    code, reason = ask.body.get("kdTacc"), ask.body.get("alasanTacc")
    if not is_int(code) or code not in (-1, 0, 1, 2, 3, 4):
        body.complain("kdTacc", "kdTacc tidak sesuai dengan referensi sistem.")
        return
    row = ask.catalogue.diagnosis(ask.body.get("kdDiag1"))
    if code < 1:
        if row is not None and row["nonSpesialis"]:
            body.complain("kdTacc", "Diagnosa non spesialistik wajib disertai TACC.")
        return
    if reason not in _TACC_REASONS.get(code, ()) and not (code == 3 and _complication(ask, reason)):
        body.complain("alasanTacc", "alasanTacc tidak sesuai dengan referensi sistem.")


def _complication(ask: Ask, reason: Any) -> bool:
    row = ask.catalogue.diagnosis(str(reason).partition(" - ")[0])
    return row is not None and reason == f"{row['kdDiag']} - {row['nmDiag']}"
