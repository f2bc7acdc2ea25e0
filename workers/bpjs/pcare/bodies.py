"""The bodies P-Care is sent (reference bpjs 4.2 to 4.4). Pure; only for visits that passed the checks."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from workers.bpjs.pcare.checks import NOT_DPHO
from workers.bpjs.pcare.dates import dashed
from workers.bpjs.pcare.snapshot import Drug, PcareVisit, Procedure, Referral, VitalSigns, Voided

Body = dict[str, Any]

# AVPU on our side, P-Care's four words on theirs (reference 4.1).
_CONSCIOUSNESS: Final = {"alert": "01", "confusion": "02", "voice": "02", "pain": "03", "unresponsive": "04"}
_NONE: Final = "-"
_DAYS: Final = {"h": Decimal(1) / 24, "d": Decimal(1), "wk": Decimal(7), "mo": Decimal(30)}


def registration(visit: PcareVisit) -> Body:
    """``POST pendaftaran``. Vital signs are whole numbers, 0 for what was not measured."""
    card, day, poli = visit.place
    member = visit.membership
    return {
        "kdProviderPeserta": member.facility_code if member else None,
        "tglDaftar": day, "noKartu": card, "kdPoli": poli,
        "keluhan": visit.visit.chief_complaint, "kunjSakit": visit.asked.sick_visit,
        **_vitals(visit), "rujukBalik": int(visit.asked.back_referral), "kdTkp": visit.asked.care_type,
    }  # fmt: skip


def encounter(visit: PcareVisit, number: str | None) -> Body:
    """``POST`` (number None) or ``PUT kunjungan``."""
    card, day, poli = visit.place
    asked, signs = visit.asked, visit.vital_signs or VitalSigns()
    first, second, third = [d.code for d in visit.diagnoses[:3]] + [None] * (3 - len(visit.diagnoses[:3]))
    return {
        "noKunjungan": number, "noKartu": card, "tglDaftar": day, "kdPoli": poli,
        "keluhan": visit.visit.chief_complaint, "anamnesa": asked.anamnesis or visit.visit.chief_complaint,
        "kdSadar": _CONSCIOUSNESS[signs.consciousness or "alert"], **_vitals(visit), "suhu": _temperature(signs),
        "kdStatusPulang": visit.codes.disposition, "tglPulang": dashed(visit.left_on),
        "kdDokter": visit.codes.doctor, "kdDiag1": first, "kdDiag2": second, "kdDiag3": third,
        "kdPoliRujukInternal": None,
        "rujukLanjut": None if visit.referral is None else _referral(visit.referral),
        "kdTacc": asked.tacc_code, "alasanTacc": asked.tacc_reason,
        "alergiMakan": asked.food_allergy_code, "alergiUdara": asked.air_allergy_code,
        "alergiObat": asked.drug_allergy_code, "kdPrognosa": asked.prognosis_code,
        "terapiObat": _therapy(visit.drugs), "terapiNonObat": asked.non_drug_therapy or _NONE,
        "bmhp": asked.supplies or _NONE,
    }  # fmt: skip


def procedure(row: Procedure, visit_number: str, number: int = 0) -> Body:
    """``POST`` (number 0) or ``PUT tindakan``."""
    return {
        "kdTindakanSK": number, "noKunjungan": visit_number, "kdTindakan": row.code,
        "biaya": row.amount_rupiah, "keterangan": row.note or _NONE, "hasil": row.result,
    }  # fmt: skip


def drug(row: Drug, visit_number: str) -> Body:
    """``POST obat/kunjungan``; a drug DPHO does not have goes by its name."""
    listed = row.code != NOT_DPHO
    return {
        "kdObatSK": 0, "noKunjungan": visit_number, "racikan": False, "kdRacikan": None,
        "obatDPHO": listed, "kdObat": row.code if listed else None,
        "signa1": _times_a_day(row), "signa2": _number(row.dose_quantity or Decimal(1)),
        "jmlObat": _whole(row.dispensed or row.quantity), "jmlPermintaan": _whole(row.quantity),
        "nmObatNonDPHO": None if listed else row.name,
    }  # fmt: skip


def voided_procedure(row: Voided) -> Body:
    """By which fields a procedure that was taken back here is known there."""
    return {"kdTindakan": row.code}


def voided_drug(row: Voided) -> Body:
    """By which fields a drug that was taken back here is known there."""
    listed = row.code != NOT_DPHO
    return {"kdObat": row.code if listed else None, "nmObatNonDPHO": None if listed else row.name}


def _vitals(visit: PcareVisit) -> Body:
    signs = visit.vital_signs or VitalSigns()
    return {
        "sistole": signs.systolic_mmhg or 0, "diastole": signs.diastolic_mmhg or 0,
        "beratBadan": _whole(signs.weight_kg), "tinggiBadan": _whole(signs.height_cm),
        "respRate": signs.respiratory_rate_per_min or 0, "lingkarPerut": visit.asked.waist_cm or 0,
        "heartRate": signs.heart_rate_per_min or 0,
    }  # fmt: skip


def _referral(referral: Referral) -> Body:
    """Exactly one of the two ways is filled."""
    narrow = special = None
    if referral.special_code is None:
        narrow = {"kdSubSpesialis1": referral.subspecialty_code, "kdSarana": referral.service_code}
    else:
        special = {
            "kdKhusus": referral.special_code, "kdSubSpesialis": referral.special_subspecialty_code,
            "catatan": referral.note,
        }  # fmt: skip
    return {
        "tglEstRujuk": dashed(referral.planned_on), "kdppk": referral.facility_code,
        "subSpesialis": narrow, "khusus": special,
    }  # fmt: skip


def _temperature(signs: VitalSigns) -> str:
    """A text: facilities disagree on its type, and a text is what most send (reference 4.3)."""
    return "0" if signs.temperature_celsius is None else str(signs.temperature_celsius)


def _therapy(drugs: tuple[Drug, ...]) -> str:
    return "; ".join(f"{d.name} {_times_a_day(d)}x{_number(d.dose_quantity or Decimal(1))}" for d in drugs) or _NONE


def _times_a_day(row: Drug) -> int:
    """Signa: how often a day, at least once."""
    days = (row.period or Decimal(1)) * _DAYS.get(row.period_unit or "d", Decimal(1))
    return max(1, _whole(Decimal(row.frequency or 1) / days))


def _whole(value: Decimal | None) -> int:
    return 0 if value is None else int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
