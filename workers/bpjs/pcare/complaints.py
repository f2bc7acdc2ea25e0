"""P-Care's refusals, field by field, for the person who can mend them (reference bpjs 4.5). Pure.

P-Care's own words are shown after ours, with every long run of digits taken out: they may quote a card number.
"""

from typing import Final

from workers.bpjs.pcare.snapshot import PcareVisit
from workers.bpjs.reply import Refused
from workers.bpjs.wording import quoted
from workers.outcome import Problem, Role

_FIELDS: Final = {
    "nokartu": (Role.FRONT_DESK, "patients.nik", "nomor kartu"),
    "tgldaftar": (Role.FRONT_DESK, "visits.arrived_at", "tanggal daftar"),
    "kdpoli": (Role.ADMIN, "locations.name", "poli"),
    "kdproviderpeserta": (Role.FRONT_DESK, "patients.nik", "faskes peserta"),
    "keluhan": (Role.DOCTOR, "visits.chief_complaint", "keluhan"),
    "anamnesa": (Role.DOCTOR, "bpjs_visit_details.anamnesis", "anamnesis"),
    "kdsadar": (Role.NURSE, "vital_signs.consciousness", "kesadaran"),
    "sistole": (Role.NURSE, "vital_signs.systolic_mmhg", "sistole"),
    "diastole": (Role.NURSE, "vital_signs.diastolic_mmhg", "diastole"),
    "beratbadan": (Role.NURSE, "vital_signs.weight_kg", "berat badan"),
    "tinggibadan": (Role.NURSE, "vital_signs.height_cm", "tinggi badan"),
    "resprate": (Role.NURSE, "vital_signs.respiratory_rate_per_min", "laju napas"),
    "heartrate": (Role.NURSE, "vital_signs.heart_rate_per_min", "denyut jantung"),
    "lingkarperut": (Role.NURSE, "bpjs_visit_details.waist_cm", "lingkar perut"),
    "suhu": (Role.NURSE, "vital_signs.temperature_celsius", "suhu"),
    "kdstatuspulang": (Role.DOCTOR, "visits.disposition", "status pulang"),
    "tglpulang": (Role.DOCTOR, "visits.finished_at", "tanggal pulang"),
    "kddokter": (Role.ADMIN, "practitioners.full_name", "dokter"),
    "kddiag1": (Role.DOCTOR, "diagnoses.icd10_code", "diagnosis utama"),
    "kddiag2": (Role.DOCTOR, "diagnoses.icd10_code", "diagnosis kedua"),
    "kddiag3": (Role.DOCTOR, "diagnoses.icd10_code", "diagnosis ketiga"),
    "rujuklanjut": (Role.DOCTOR, "bpjs_referrals.facility_code", "rujukan lanjut"),
    "kdtacc": (Role.DOCTOR, "bpjs_visit_details.tacc_code", "TACC"),
    "alasantacc": (Role.DOCTOR, "bpjs_visit_details.tacc_reason", "alasan TACC"),
    "kdprognosa": (Role.DOCTOR, "bpjs_visit_details.prognosis_code", "prognosis"),
    "alergimakan": (Role.DOCTOR, "bpjs_visit_details.food_allergy_code", "alergi makanan"),
    "alergiudara": (Role.DOCTOR, "bpjs_visit_details.air_allergy_code", "alergi udara"),
    "alergiobat": (Role.DOCTOR, "bpjs_visit_details.drug_allergy_code", "alergi obat"),
    "kdtindakan": (Role.CASHIER, "bpjs_procedures.code", "tindakan"),
    "biaya": (Role.CASHIER, "bpjs_procedures.amount_rupiah", "biaya tindakan"),
    "kdobat": (Role.PHARMACIST, "drugs.name", "obat"),
    "jmlobat": (Role.PHARMACIST, "dispenses.quantity", "jumlah obat"),
    "signa1": (Role.PHARMACIST, "prescription_items.frequency", "aturan pakai"),
    "signa2": (Role.PHARMACIST, "prescription_items.dose_quantity", "aturan pakai"),
}  # fmt: skip


def refused(reply: Refused, visit: PcareVisit, row: str = "") -> tuple[Problem, ...]:
    """One problem for each of P-Care's complaints; ``row``: the procedure or drug that was sent, by its id."""
    return tuple(_problem(field, words, _keys(visit, row)) for field, words in reply.complaints)


def _keys(visit: PcareVisit, row: str) -> dict[str, str]:
    """What mends a complaint without touching the visit itself."""
    member = f"membership/{visit.patient.id}"
    drug = next((one.drug_id for one in visit.drugs if one.id == row), None)
    return {
        "nokartu": member, "kdproviderpeserta": member,
        "kdpoli": f"changed/mapping/bpjs_poli/{visit.visit.location_id}",
        "kddokter": f"changed/mapping/bpjs_doctor/{visit.visit.practitioner_id}",
        "kdstatuspulang": f"changed/mapping/bpjs_disposition/{visit.visit.disposition or 'home'}",
        "kdobat": f"changed/mapping/bpjs_drug/{drug}", "kdtindakan": f"reference/procedure/{visit.clinic.id}",
    }  # fmt: skip


def _problem(field: str, words: str, keys: dict[str, str]) -> Problem:
    # Some answers name no field but begin the sentence with it: "kdPoli tidak sesuai …".
    name = (field or words.split(" ", 1)[0]).rstrip(",.:").casefold()
    role, ours, what = _FIELDS.get(name, (Role.ADMIN, "visits", field or "kunjungan"))
    rule = f"pcare:{name}" if field else None
    return Problem(f"P-Care menolak {what}: {quoted(words)}", role, ours, rule=rule, waits_for=keys.get(name))
