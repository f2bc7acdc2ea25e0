"""What VClaim demands of a SEP (reference 5.2). The enumerations are known, nearly all sentences invented."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from sandbox.bpjs.insurer import Ask
from sandbox.bpjs.vclaim import referrals
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.bpjs.vclaim.requests import Enums, at, missing, not_text, wrong_enum
from sandbox.door.ledger import Json

INPATIENT: Final = "1"
EMERGENCY: Final = "IGD"
_YES_NO: Final = ("0", "1")


def _codes(last: int, *, empty: bool = True) -> tuple[str, ...]:
    return (*(("",) if empty else ()), *(str(code) for code in range(1, last + 1)))


_SHARED: Final[Enums] = {
    "klsRawat.klsRawatHak": _codes(3, empty=False),
    "klsRawat.klsRawatNaik": _codes(8),
    "klsRawat.pembiayaan": _codes(3),
    "poli.eksekutif": _YES_NO,
    "cob.cob": _YES_NO,
    "katarak.katarak": _YES_NO,
    "jaminan.lakaLantas": ("0", "1", "2", "3"),
}
_NEW: Final[Enums] = {
    "jnsPelayanan": ("1", "2"),
    "rujukan.asalRujukan": ("1", "2"),
    **_SHARED,
    "tujuanKunj": ("0", "1", "2"),
    "flagProcedure": ("", *_YES_NO),
    "kdPenunjang": _codes(12),
    "assesmentPel": _codes(5),
}


def wrong(ask: Ask, sep: Json) -> str | None:
    """Give a sentence about the first thing wrong with a new SEP, or None."""
    checks: tuple[Callable[[Ask, Json], str | None], ...] = (
        _form,
        _member,
        _day,
        _place,
        _purpose,
        _upgrade,
        _accident,
        _referral,
        _letter,
        _still_in,
    )
    return next((text for check in checks if (text := check(ask, sep))), None)


def wrong_change(ask: Ask, sep: Json, was: Json) -> str | None:
    """Give a sentence about the first thing wrong with an updated SEP, or None."""
    text = not_text(sep)
    if text is not None:
        return f"{text} harus berupa string"
    wanted = {**was, **sep}
    return (
        missing(sep, "noMR", "diagAwal", "noTelp", "user")
        or wrong_enum(wanted, _SHARED)
        or _diagnosis(ask, sep)
        or _place(ask, wanted)
        or _upgrade(ask, wanted)
        or _accident(ask, wanted)
    )


def _form(ask: Ask, sep: Json) -> str | None:
    text = not_text(sep)
    if text is not None:
        return f"{text} harus berupa string"
    if sep.get("ppkPelayanan") != ask.facility.code:
        return "ppkPelayanan tidak sesuai dengan faskes pengguna"
    needed = missing(sep, "noKartu", "tglSep", "noMR", "diagAwal", "noTelp", "user")
    return needed or wrong_enum(sep, _NEW) or _diagnosis(ask, sep)


def _diagnosis(ask: Ask, sep: Json) -> str | None:
    return "diagAwal tidak ditemukan" if ask.catalogue.diagnosis(sep["diagAwal"]) is None else None


def _member(ask: Ask, sep: Json) -> str | None:
    member = ask.members.with_card(sep["noKartu"])
    if member is None:
        return "Peserta tidak ditemukan"
    return None if member.active else f"Peserta tidak aktif: {member.reason}"


def _day(ask: Ask, sep: Json) -> str | None:
    day = day_of(sep["tglSep"])
    if day is None or day > ask.today:
        return "tglSep tidak sesuai"
    oldest = ask.today - timedelta(days=ask.switches.sep_backdate_days)
    approved = ask.records.get("approval", f"{ask.facility.code}|{sep['noKartu']}|{sep['tglSep']}")
    if day < oldest and (approved is None or not approved.body["approved"]):
        return "SEP backdate memerlukan persetujuan"
    return None


def _place(ask: Ask, sep: Json) -> str | None:
    poli, doctor = at(sep, "poli.tujuan"), sep.get("dpjpLayan")
    if sep["jnsPelayanan"] == INPATIENT:
        return "dpjpLayan dikosongkan untuk rawat inap" if doctor else None
    if poli == EMERGENCY and not doctor:
        return None
    if poli != EMERGENCY and ask.catalogue.find("specialties", "kdSpesialis", poli) is None:
        return "Poli tujuan tidak ditemukan"
    if ask.catalogue.find("specialists", "kode", doctor) is None:
        return "dpjpLayan tidak ditemukan"
    return None


def _purpose(_ask: Ask, sep: Json) -> str | None:
    if sep["tujuanKunj"] == "0":
        filled = sep["flagProcedure"] or sep["kdPenunjang"]
        return "flagProcedure dan kdPenunjang dikosongkan untuk kunjungan normal" if filled else None
    if sep["tujuanKunj"] == "2":
        return None if sep["assesmentPel"] else "assesmentPel wajib diisi untuk konsul dokter"
    return None if sep["flagProcedure"] and sep["kdPenunjang"] else "flagProcedure dan kdPenunjang wajib diisi"


def _upgrade(_ask: Ask, sep: Json) -> str | None:
    room = sep["klsRawat"]
    if not room["klsRawatNaik"]:
        return None
    if sep["jnsPelayanan"] != INPATIENT:
        return "klsRawatNaik hanya untuk rawat inap"
    return missing(sep, "klsRawat.pembiayaan", "klsRawat.penanggungJawab")


def _accident(_ask: Ask, sep: Json) -> str | None:
    if sep["jaminan"]["lakaLantas"] == "0":
        return None
    return missing(sep, "jaminan.penjamin.tglKejadian", "jaminan.penjamin.keterangan")


def _referral(ask: Ask, sep: Json) -> str | None:
    """A poli is visited on a referral from a primary facility; emergencies and inpatients come without."""
    exempt = sep["jnsPelayanan"] == INPATIENT or at(sep, "poli.tujuan") == EMERGENCY
    if exempt or at(sep, "rujukan.asalRujukan") == "2" or not ask.switches.check_referrals:
        return None
    one = referrals.find(ask, at(sep, "rujukan.noRujukan"))
    if one is None or one.card != sep["noKartu"]:
        return "Rujukan tidak ditemukan"
    if (at(sep, "rujukan.tglRujukan"), at(sep, "rujukan.ppkRujukan")) != (one.day, one.origin):
        return "tglRujukan atau ppkRujukan tidak sesuai dengan rujukan"
    ends = date.fromisoformat(one.day) + timedelta(days=ask.switches.referral_days)
    if date.fromisoformat(sep["tglSep"]) > ends:
        return f"Rujukan sudah melewati masa berlaku {ask.switches.referral_days} hari"
    return _used(ask, sep, one.number)


def _used(ask: Ask, sep: Json, number: str) -> str | None:
    used = any(at(one.body, "rujukan.noRujukan") == number for one in ask.records.of("sep"))
    return "Rujukan sudah digunakan, buat surat kontrol" if used and not at(sep, "skdp.noSurat") else None


def _letter(ask: Ask, sep: Json) -> str | None:
    number = at(sep, "skdp.noSurat")
    if not number or not ask.switches.check_referrals:
        return None
    held = ask.records.get("letter", number)
    fits = held is not None and held.body["noKartu"] == sep["noKartu"]
    return None if fits else "Surat kontrol tidak ditemukan"


def _still_in(ask: Ask, sep: Json) -> str | None:
    """Refuse whoever is still in a bed; these words are known."""
    for one in ask.records.of("sep"):
        was = one.body
        if was["noKartu"] == sep["noKartu"] and was["jnsPelayanan"] == INPATIENT and not was["tglPulang"]:
            name = ask.catalogue.provider_name(one.facility)
            return (
                f"Peserta NoKa {sep['noKartu']} telah mendapat Pelayanan R.Inap pada tgl. {was['tglSep']} "
                f"dan belum dipulangkan di RS {name} Dgn No.SEP {one.id}"
            )
    return None
