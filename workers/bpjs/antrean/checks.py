"""What Antrean would refuse, found before anything is sent: who must act, on which field, and why. Pure."""

from collections.abc import Iterator

from workers.bpjs.antrean.snapshot import Queue, Thing
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
        yield _unmapped("bpjs_poli", queue.poli, "Poli ini", "locations.name")
    if queue.doctor is None:
        yield Problem("Dokter kunjungan belum dipilih.", Role.FRONT_DESK, "visits.practitioner_id")
        return
    if queue.doctor.code is None:
        yield _unmapped("bpjs_doctor", queue.doctor, "Dokter ini", "practitioners.full_name")
    elif not queue.doctor.code.isdecimal():
        yield _unmapped("bpjs_doctor", queue.doctor, "Kode dokter bukan angka; dokter ini", "practitioners.full_name")
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


def _unmapped(kind: str, thing: Thing, what: str, field: str) -> Problem:
    return Problem(
        f"{what} belum dipetakan ke kode BPJS. Pilih kodenya dari daftar BPJS.",
        Role.ADMIN, field, waits_for=f"mapping/{kind}/{thing.id}",
    )  # fmt: skip
