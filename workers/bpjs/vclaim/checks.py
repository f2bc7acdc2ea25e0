"""What VClaim would refuse of a SEP or a letter, found before anything is sent: who must act, where, why. Pure.

The pre-check of a claim is the database's own (``private.claim_problems``), since the cashier asks for it too.
"""

from collections.abc import Iterator

from workers.bpjs.vclaim.bodies import leaving_code
from workers.bpjs.vclaim.snapshot import INPATIENT, LetterVisit, SepVisit, VclaimVisit
from workers.bpjs.wording import NO_DOCTOR, NO_POLI, unmapped_doctor, unmapped_poli
from workers.outcome import Problem, Role


def before_referral(visit: SepVisit) -> tuple[Problem, ...]:
    """What is missing even before the referral is looked up."""
    return tuple(dict.fromkeys([*_of_member(visit), *_of_place(visit), *_of_entries(visit)]))


def of_referral(visit: SepVisit) -> tuple[Problem, ...]:
    """What is wrong with the referral that was found, and what only it could have supplied."""
    return (*_of_referral(visit), *_of_diagnosis(visit))


def no_referral() -> Problem:
    """VClaim knows none."""
    return Problem(
        "BPJS tidak menemukan rujukan untuk pasien ini. Isi nomor rujukan yang benar, atau minta pasien kembali ke "
        "faskes tingkat pertama.", Role.FRONT_DESK, "bpjs_seps.referral_number", rule="sep:referral_missing",
    )  # fmt: skip


def of_letter(visit: LetterVisit) -> tuple[Problem, ...]:
    """What keeps a control letter or an SPRI back."""
    letter, found = visit.letter, []
    if letter.letter_kind == "control" and visit.entered.sep_number is None:
        found.append(no_sep(visit, Role.DOCTOR, "Surat kontrol"))
    elif letter.letter_kind != "control":
        found += _of_member(visit)
    if letter.poli is None:
        found.append(unmapped_poli(letter.location_id))
    if letter.doctor is None:
        found.append(unmapped_doctor(letter.practitioner_id))
    return tuple(found)


def no_sep(visit: VclaimVisit, role: Role, what: str) -> Problem:
    """It goes by itself once the SEP is there."""
    return Problem(
        f"{what} menunggu SEP kunjungan ini; dikirim sendiri begitu SEP terbit.", role, "bpjs_seps.sep_number",
        waits_for=f"sep/{visit.visit.id}",
    )  # fmt: skip


def _of_member(visit: VclaimVisit) -> Iterator[Problem]:
    member, key = visit.membership, f"membership/{visit.patient.id}"
    if member is None or member.status == "unknown":
        yield Problem(
            "Kepesertaan BPJS pasien belum terjawab. SEP dibuat sendiri begitu BPJS menjawab; lengkapi NIK pasien "
            "bila masih kosong.", Role.FRONT_DESK, "patients.nik", waits_for=key,
        )  # fmt: skip
    elif member.status != "active":
        yield Problem(
            "BPJS tidak mengenal pasien sebagai peserta aktif. Periksa NIK dan kepesertaannya, atau ubah penjamin "
            "kunjungan menjadi umum.", Role.FRONT_DESK, "visits.payer", waits_for=key,
        )  # fmt: skip
    elif member.card_number is None or member.class_code is None:
        yield Problem(
            "Jawaban BPJS tidak memuat nomor kartu atau hak kelas peserta. Periksa ulang kepesertaan pasien.",
            Role.FRONT_DESK, "patients.nik", waits_for=key,
        )  # fmt: skip


def _of_place(visit: SepVisit) -> Iterator[Problem]:
    if visit.visit.location_id is None:
        yield NO_POLI
    elif visit.codes.poli is None and visit.service_type != INPATIENT:
        yield unmapped_poli(visit.visit.location_id)
    if visit.visit.practitioner_id is None:
        yield NO_DOCTOR
    elif visit.codes.doctor is None and visit.service_type != INPATIENT:
        yield unmapped_doctor(visit.visit.practitioner_id)
    if visit.earlier_same_day:
        yield Problem(
            "Pasien sudah punya kunjungan BPJS di poli yang sama pada hari yang sama; BPJS memberi satu SEP saja. "
            "Gabungkan kunjungannya, atau ubah poli atau penjamin kunjungan ini.", Role.FRONT_DESK, "visits.payer",
            waits_for=f"bpjs-visits/{visit.patient.id}",
        )  # fmt: skip


def _of_entries(visit: SepVisit) -> Iterator[Problem]:
    entered = visit.entered
    if not (visit.patient.phone or "").strip():
        yield Problem(
            "Nomor telepon pasien belum diisi; VClaim mewajibkannya.", Role.FRONT_DESK, "patients.phone",
            waits_for=f"contact/{visit.patient.id}",
        )  # fmt: skip
    if entered.purpose == "1" and not (entered.procedure_flag and entered.support_code):
        yield _entry("Tujuan kunjungan prosedur memerlukan flag prosedur dan kode penunjang.", "support_code")
    if entered.purpose == "0" and (entered.procedure_flag or entered.support_code):
        yield _entry("Flag prosedur dan kode penunjang dikosongkan untuk kunjungan normal.", "support_code")
    if entered.purpose == "2" and not entered.assessment_code:
        yield _entry("Tujuan kunjungan konsul memerlukan asesmen pelayanan.", "assessment_code")
    if entered.raised_class and not (entered.raised_payer and entered.raised_by):
        yield _entry("Naik kelas memerlukan pembiayaan dan penanggung jawab.", "raised_payer")
    if entered.accident != "0" and not (entered.accident_on and entered.accident_note):
        yield _entry("Kecelakaan lalu lintas memerlukan tanggal kejadian dan keterangan.", "accident_on")
    if _left_dead(visit) and not (entered.died_on and entered.death_letter_number):
        yield _entry("Pasien meninggal: isi tanggal dan nomor surat kematian.", "death_letter_number")


def _left_dead(visit: SepVisit) -> bool:
    finished = visit.visit.status == "finished"
    return finished and visit.service_type == INPATIENT and leaving_code(visit) == "4"


def _of_referral(visit: SepVisit) -> Iterator[Problem]:
    ends = visit.referral_ends
    if visit.needs_referral and ends is not None and visit.day > ends and not visit.entered.letter_number:
        yield Problem(
            f"Rujukan sudah kedaluwarsa: berlaku {visit.clinic.referral_days} hari sejak diterbitkan. Minta rujukan "
            "baru dari faskes tingkat pertama, lalu isi nomornya.", Role.FRONT_DESK, "bpjs_seps.referral_number",
            rule="sep:referral_expired",
        )  # fmt: skip


def _of_diagnosis(visit: SepVisit) -> Iterator[Problem]:
    if visit.first_diagnosis is None:
        yield Problem("Diagnosis awal (ICD-10) belum diisi; SEP memerlukannya.", Role.DOCTOR, "diagnoses.icd10_code")


def _entry(reason: str, column: str) -> Problem:
    return Problem(reason, Role.FRONT_DESK, f"bpjs_seps.{column}")
