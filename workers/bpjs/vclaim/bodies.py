"""The bodies VClaim is sent (reference bpjs 5.2, 5.3, 5.5): strings only. Pure; for facts that passed the checks."""

from datetime import date
from typing import Any, Final

from workers.bpjs.vclaim.snapshot import INPATIENT, ClaimVisit, LetterVisit, SepVisit

Body = dict[str, Any]

USER: Final = "Bridging"
_ACCORDING_TO_DISPOSITION: Final = {"home": "1", "referred": "1", "deceased": "4", "other": "5"}


def sep(visit: SepVisit) -> Body:
    """``POST SEP/2.0/insert``."""
    entered = visit.entered
    return _wrapped("t_sep", {
        "noKartu": visit.card, "tglSep": _iso(visit.day), "ppkPelayanan": visit.clinic.facility_code,
        "jnsPelayanan": visit.service_type, **_shared(visit), "rujukan": _referral(visit),
        "tujuanKunj": entered.purpose, "flagProcedure": entered.procedure_flag,
        "kdPenunjang": entered.support_code, "assesmentPel": entered.assessment_code,
        "skdp": {"noSurat": entered.letter_number or "", "kodeDPJP": _planner(visit)},
    })  # fmt: skip


def sep_update(visit: SepVisit, number: str) -> Body:
    """``PUT SEP/2.0/update``."""
    shared = _shared(visit)
    shared["jaminan"].pop("noLP")  # only an insert has it
    return _wrapped("t_sep", {"noSep": number, **shared})


def sep_delete(number: str) -> Body:
    """``DELETE SEP/2.0/delete``."""
    return _wrapped("t_sep", {"noSep": number, "user": USER})


def leaving(visit: SepVisit, number: str) -> Body:
    """``PUT SEP/2.0/updtglplg``: the inpatient went home."""
    entered = visit.entered
    return _wrapped("t_sep", {
        "noSep": number, "statusPulang": leaving_code(visit),
        "noSuratMeninggal": entered.death_letter_number or "", "tglMeninggal": _iso(entered.died_on),
        "tglPulang": _iso(visit.left_on), "noLPManual": entered.accident_report or "", "user": USER,
    })  # fmt: skip


def leaving_code(visit: SepVisit) -> str:
    """Values of statusPulang: 1 with the doctor's consent, 3 against advice, 4 died, 5 other."""
    return visit.entered.leaving_code or _ACCORDING_TO_DISPOSITION.get(visit.visit.disposition or "home", "5")


def _shared(visit: SepVisit) -> Body:
    """What both insert and update carry."""
    entered, inpatient = visit.entered, visit.service_type == INPATIENT
    class_code = visit.membership.class_code if visit.membership else None
    return {
        "klsRawat": {
            "klsRawatHak": class_code or "", "klsRawatNaik": entered.raised_class,
            "pembiayaan": entered.raised_payer, "penanggungJawab": entered.raised_by or "",
        },
        "noMR": visit.patient.medical_record_number, "catatan": entered.note or "",
        "diagAwal": visit.first_diagnosis or "",
        "poli": {"tujuan": "" if inpatient else visit.codes.poli or "", "eksekutif": _flag(entered.executive)},
        "cob": {"cob": _flag(entered.coordinated)}, "katarak": {"katarak": _flag(entered.cataract)},
        "jaminan": _accident(visit), "dpjpLayan": "" if inpatient else visit.codes.doctor or "",
        "noTelp": visit.patient.phone or "", "user": USER,
    }  # fmt: skip


def _referral(visit: SepVisit) -> Body:
    """The referral that was found; whoever comes without one is the facility's own, as an inpatient is."""
    entered = visit.entered
    if not visit.needs_referral:
        return {
            "asalRujukan": "2", "tglRujukan": _iso(visit.day), "noRujukan": entered.referral_number or "",
            "ppkRujukan": visit.clinic.facility_code,
        }  # fmt: skip
    return {
        "asalRujukan": entered.referral_level, "tglRujukan": _iso(entered.found_on or visit.day),
        "noRujukan": entered.found_number or entered.referral_number or "",
        "ppkRujukan": entered.found_facility_code or visit.clinic.facility_code,
    }  # fmt: skip


def _accident(visit: SepVisit) -> Body:
    entered = visit.entered
    place = {"kdPropinsi": "", "kdKabupaten": "", "kdKecamatan": ""}
    return {
        "lakaLantas": entered.accident, "noLP": entered.accident_report or "",
        "penjamin": {
            "tglKejadian": _iso(entered.accident_on), "keterangan": entered.accident_note or "",
            "suplesi": {"suplesi": "0", "noSepSuplesi": "", "lokasiLaka": place},
        },
    }  # fmt: skip


def _planner(visit: SepVisit) -> str:
    """The doctor of the control letter is the one who sees the patient."""
    return visit.codes.doctor or "" if visit.entered.letter_number else ""


def lpk(visit: ClaimVisit) -> Body:
    """``POST LPK/insert`` and ``PUT LPK/update``."""
    claim, entered = visit.claim, visit.entered
    return _wrapped("t_lpk", {
        "noSep": entered.sep_number or "", "tglMasuk": _iso(entered.sep_on or visit.day),
        "tglKeluar": _iso(visit.left_on), "jaminan": "1", "poli": {"poli": visit.codes.poli or ""},
        "perawatan": {
            "ruangRawat": claim.ward_code or "", "kelasRawat": claim.room_class_code or "",
            "spesialistik": claim.specialism_code or "", "caraKeluar": claim.way_out_code or "",
            "kondisiPulang": claim.condition_code or "",
        },
        "diagnosa": [{"kode": d.code, "level": "1" if d.role == "primary" else "2"} for d in visit.diagnoses],
        "procedure": [{"kode": code} for code in visit.procedures],
        "rencanaTL": {
            "tindakLanjut": claim.follow_up_code, "dirujukKe": {"kodePPK": claim.referred_to or ""},
            "kontrolKembali": {"tglKontrol": _iso(claim.control_on), "poli": claim.control_poli_code or ""},
        },
        "DPJP": visit.codes.doctor or "", "user": USER,
    })  # fmt: skip


def lpk_delete(number: str) -> Body:
    """``DELETE LPK/delete``."""
    return _wrapped("t_lpk", {"noSep": number})


def control_letter(visit: LetterVisit, number: str | None = None) -> Body:
    """``POST RencanaKontrol/insert``, or ``PUT RencanaKontrol/Update`` of a number; no wrapper below ``request``."""
    of = {} if number is None else {"noSuratKontrol": number}
    return {"request": {**of, "noSEP": visit.entered.sep_number or "", **_plan(visit)}}


def admission_letter(visit: LetterVisit, number: str | None = None) -> Body:
    """``POST RencanaKontrol/InsertSPRI``, or ``PUT RencanaKontrol/UpdateSPRI`` of a number."""
    of = {"noKartu": visit.card} if number is None else {"noSPRI": number}
    return {"request": {**of, **_plan(visit)}}


def letter_delete(number: str) -> Body:
    """``DELETE RencanaKontrol/Delete``."""
    return _wrapped("t_suratkontrol", {"noSuratKontrol": number, "user": USER})


def _plan(visit: LetterVisit) -> Body:
    letter = visit.letter
    return {
        "kodeDokter": letter.doctor or "", "poliKontrol": letter.poli or "",
        "tglRencanaKontrol": _iso(letter.planned_on), "user": USER,
    }  # fmt: skip


def _wrapped(name: str, body: Body) -> Body:
    return {"request": {name: body}}


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _flag(value: bool) -> str:
    return "1" if value else "0"
