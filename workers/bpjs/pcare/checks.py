"""What P-Care would refuse, found before anything is sent: who must act, on which field, and why. Pure.

Only rules with a source are here (reference bpjs 3, 4.2, 4.3); no ranges of vital signs are published, so
P-Care's own 412 list speaks for those.
"""

from collections.abc import Iterator

from workers.bpjs.pcare.snapshot import Drug, PcareVisit, Procedure
from workers.bpjs.wording import NO_DOCTOR, NO_POLI, unmapped, unmapped_doctor, unmapped_poli
from workers.outcome import Problem, Role

NOT_DPHO = "-"


def problems(visit: PcareVisit) -> tuple[Problem, ...]:
    """Everything that keeps the visit from P-Care now; registration first, the rest once it is finished."""
    found = [*_of_member(visit), *_of_registration(visit)]
    if visit.finished:
        found += [*_of_visit(visit), *_of_referral(visit)]
        found += [problem for procedure in visit.procedures for problem in _of_procedure(procedure, visit)]
        found += [_unmapped_drug(drug) for drug in visit.drugs if drug.code is None]
    return tuple(dict.fromkeys(found))


def _of_member(visit: PcareVisit) -> Iterator[Problem]:
    member, key = visit.membership, f"membership/{visit.patient.id}"
    if member is None or member.status == "unknown":
        yield Problem(
            "Kepesertaan BPJS pasien belum terjawab. Kunjungan dikirim sendiri begitu BPJS menjawab; "
            "lengkapi NIK pasien bila masih kosong.", Role.FRONT_DESK, "patients.nik", waits_for=key,
        )  # fmt: skip
    elif member.status == "not_found":
        yield Problem(
            "BPJS tidak mengenal NIK pasien. Periksa NIK pada KTP, atau ubah penjamin kunjungan menjadi umum.",
            Role.FRONT_DESK, "visits.payer", waits_for=key,
        )  # fmt: skip
    elif member.status == "inactive":
        yield Problem(
            "Kepesertaan BPJS pasien tidak aktif. Minta pasien mengaktifkannya, lalu periksa ulang kepesertaan, "
            "atau ubah penjamin kunjungan menjadi umum.", Role.CASHIER, "visits.payer", waits_for=key,
        )  # fmt: skip
    elif member.card_number is None or member.facility_code is None:
        yield Problem(
            "Jawaban BPJS tidak memuat nomor kartu atau faskes peserta. Periksa ulang kepesertaan pasien.",
            Role.FRONT_DESK, "patients.nik", waits_for=key,
        )  # fmt: skip


def _of_registration(visit: PcareVisit) -> Iterator[Problem]:
    if visit.visit.location_id is None:
        yield NO_POLI
    elif visit.codes.poli is None:
        yield unmapped_poli(visit.visit.location_id)
    if visit.earlier_same_day:
        yield Problem(
            "Pasien sudah punya kunjungan BPJS di poli yang sama pada hari yang sama; BPJS menerima satu saja. "
            "Gabungkan kunjungannya, atau ubah poli atau penjamin kunjungan ini.", Role.FRONT_DESK, "visits.payer",
            waits_for=f"bpjs-visits/{visit.patient.id}",
        )  # fmt: skip


def _of_visit(visit: PcareVisit) -> Iterator[Problem]:
    if not (visit.visit.chief_complaint or "").strip():
        yield Problem("Keluhan belum diisi; P-Care mewajibkannya.", Role.DOCTOR, "visits.chief_complaint")
    if visit.visit.practitioner_id is None:
        yield NO_DOCTOR
    elif visit.codes.doctor is None:
        yield unmapped_doctor(visit.visit.practitioner_id)
    if not visit.diagnoses:
        yield Problem("Diagnosis utama (ICD-10) belum diisi.", Role.DOCTOR, "diagnoses.icd10_code")
    if visit.codes.disposition is None:
        disposition = visit.visit.disposition or "home"
        yield unmapped("bpjs_disposition", disposition, f'Status pulang "{disposition}"', "visits.disposition")
    if visit.asked.prognosis_code is None:
        yield Problem("Prognosis belum diisi; P-Care mewajibkannya.", Role.DOCTOR, "bpjs_visit_details.prognosis_code")
    yield from _of_allergies(visit)


def _of_allergies(visit: PcareVisit) -> Iterator[Problem]:
    """An allergy on record must not reach BPJS as "none"."""
    asked = visit.asked
    codes = {
        "food": (asked.food_allergy_code, "food_allergy_code", "makanan"),
        "environment": (asked.air_allergy_code, "air_allergy_code", "udara"),
        "medication": (asked.drug_allergy_code, "drug_allergy_code", "obat"),
    }
    for category in visit.allergy_categories:
        code, field, word = codes.get(category, ("", "", ""))
        if code == "00":
            yield Problem(
                f"Pasien tercatat alergi {word}, tetapi kode alergi {word} BPJS masih 00 (tidak ada). "
                "Pilih kode yang sesuai.", Role.DOCTOR, f"bpjs_visit_details.{field}",
            )  # fmt: skip


def _of_referral(visit: PcareVisit) -> Iterator[Problem]:
    referred = visit.visit.disposition == "referred"
    if referred and visit.referral is None:
        yield Problem(
            "Pasien dirujuk, tetapi tujuan rujukan BPJS belum diisi.", Role.DOCTOR, "bpjs_referrals.facility_code"
        )
    if visit.referral is not None and not referred:
        yield Problem(
            "Rujukan BPJS sudah diisi, tetapi cara pulang bukan dirujuk. Samakan keduanya.",
            Role.DOCTOR, "visits.disposition",
        )  # fmt: skip


def _of_procedure(procedure: Procedure, visit: PcareVisit) -> Iterator[Problem]:
    key = f"reference/procedure/{visit.clinic.id}"
    if procedure.largest_rupiah is None:
        yield Problem(
            f"Tindakan {procedure.code} tidak ada dalam daftar tindakan BPJS. Pilih dari daftar.",
            Role.CASHIER, "bpjs_procedures.code", waits_for=key,
        )  # fmt: skip
    elif procedure.amount_rupiah > procedure.largest_rupiah:
        yield Problem(
            f"Biaya tindakan {procedure.code} melebihi tarif BPJS (paling besar Rp{procedure.largest_rupiah}).",
            Role.CASHIER, "bpjs_procedures.amount_rupiah", waits_for=key,
        )  # fmt: skip


def specialist_needless(visit: PcareVisit) -> Problem | None:
    """The diagnosis needs no specialist and is referred all the same: TACC must say why (reference 4.3)."""
    if visit.asked.tacc_code != -1:
        return None
    return Problem(
        "Diagnosis utama termasuk non-spesialis. Untuk merujuk, isi TACC (waktu, usia, komplikasi, komorbiditas) "
        "dan alasannya.", Role.DOCTOR, "bpjs_visit_details.tacc_code",
    )  # fmt: skip


def _unmapped_drug(drug: Drug) -> Problem:
    return Problem(
        "Obat belum dipetakan ke DPHO. Isi kode obat BPJS, atau tanda - bila tidak ada dalam DPHO.",
        Role.PHARMACIST, "drugs.name", waits_for=f"mapping/bpjs_drug/{drug.drug_id}",
    )  # fmt: skip
