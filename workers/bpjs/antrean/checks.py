"""What Antrean would refuse, found before anything is sent: who must act, on which field, and why. Pure."""

from collections.abc import Iterator

from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.wording import NO_DOCTOR, unmapped_doctor, unmapped_poli
from workers.outcome import Problem, Role

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def problems(queue: Queue) -> tuple[Problem, ...]:
    """Everything that keeps the entry from Antrean now."""
    hospital = queue.clinic.capability == "fkrtl"
    return (*_of_patient(queue), *_of_place(queue), *(_of_reference(queue) if hospital else ()))


def _of_patient(queue: Queue) -> Iterator[Problem]:
    member, key = queue.membership, f"membership/{queue.patient.id}"
    if queue.entry.member and not queue.card and (member is None or member.status == "unknown"):
        yield Problem(
            "Kepesertaan BPJS pasien belum terjawab. Antrean dikirim sendiri begitu BPJS menjawab; "
            "lengkapi NIK pasien bila masih kosong.", Role.FRONT_DESK, "patients.nik", waits_for=key,
        )  # fmt: skip
    elif queue.entry.member and not queue.card:
        yield Problem(
            "BPJS tidak memberi nomor kartu untuk pasien ini. Periksa NIK pada KTP, atau ubah penjamin kunjungan.",
            Role.FRONT_DESK, "visits.payer", waits_for=key,
        )  # fmt: skip
    elif not queue.card and queue.patient.nik is None:
        yield Problem(
            "NIK pasien belum diisi; Antrean mewajibkannya untuk pasien non-JKN.",
            Role.FRONT_DESK, "patients.nik", waits_for=f"patient/{queue.patient.id}",
        )  # fmt: skip


def _of_place(queue: Queue) -> Iterator[Problem]:
    if queue.poli.code is None:
        yield unmapped_poli(queue.poli.id)
    if queue.doctor is None:
        yield NO_DOCTOR
        return
    if queue.doctor.code is None:
        yield unmapped_doctor(queue.doctor.id)
    elif not queue.doctor.code.isdecimal():
        yield unmapped_doctor(queue.doctor.id, "Kode dokter bukan angka; dokter ini")
    if queue.hours is None:
        yield Problem(
            f"Jadwal praktik dokter di poli ini untuk hari {_DAYS[queue.entry.day.weekday()]} belum diisi; "
            "Antrean mewajibkan jam praktik.", Role.ADMIN, "practitioner_schedules.opens",
            waits_for=f"schedule/{queue.entry.location_id}",
        )  # fmt: skip


def _of_reference(queue: Queue) -> Iterator[Problem]:
    if queue.entry.member and not queue.entry.reference_number:
        yield Problem(
            "Nomor rujukan atau surat kontrol belum diisi pada SEP atau antrean; BPJS mewajibkannya untuk pasien JKN.",
            Role.FRONT_DESK, "queue_entries.reference_number",
        )  # fmt: skip
