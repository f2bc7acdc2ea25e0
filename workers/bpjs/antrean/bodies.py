"""The bodies Antrean is sent (reference bpjs 6.1, 6.3). Pure; only for entries that passed the checks."""

from datetime import datetime, timedelta
from typing import Any

from workers.bpjs.antrean.snapshot import Hours, Queue

Body = dict[str, Any]
PRESENT, ABSENT = 1, 2
CANCELLED = "Pasien batal"


def milliseconds(moment: datetime) -> int:
    """Since 1970 in UTC, as Antrean counts time."""
    return int(moment.timestamp() * 1000)


def add_at_clinic(queue: Queue) -> Body:
    """``POST antrean/add`` of a first-level facility."""
    return {
        **_patient(queue), **_place(queue), "nomorantrean": queue.entry.queue_number,
        "angkaantrean": queue.entry.number, "keterangan": "",
    }  # fmt: skip


def call_at_clinic(queue: Queue, card: str, poli: str) -> Body | None:
    """``POST antrean/panggil``; None while nobody was called."""
    entry = queue.entry
    absent = entry.status == "absent"
    moment = entry.absent_at if absent else entry.called_at
    if moment is None or entry.status not in ("called", "served", "absent"):
        return None
    return {
        "tanggalperiksa": entry.day.isoformat(), "kodepoli": poli, "nomorkartu": card,
        "status": ABSENT if absent else PRESENT, "waktu": milliseconds(moment),
    }  # fmt: skip


def cancel_at_clinic(queue: Queue, card: str, poli: str) -> Body:
    """``POST antrean/batal`` of a first-level facility."""
    return {
        "tanggalperiksa": queue.entry.day.isoformat(), "kodepoli": poli, "nomorkartu": card,
        "alasan": queue.entry.cancel_reason or CANCELLED,
    }  # fmt: skip


def add_at_hospital(queue: Queue) -> Body:
    """``POST antrean/add`` of a hospital; quotas count what is taken, this entry among it."""
    entry, hours = queue.entry, _hours(queue)
    return {
        "kodebooking": entry.booking_code, "jenispasien": "JKN" if queue.card else "NON JKN",
        **_patient(queue), **_place(queue), "pasienbaru": int(queue.patient.is_new),
        "jeniskunjungan": entry.visit_type, "nomorreferensi": entry.reference_number or "",
        "nomorantrean": entry.queue_number, "angkaantrean": entry.number,
        "estimasidilayani": milliseconds(_expected(queue)),
        "sisakuotajkn": max(0, hours.quota - hours.taken), "kuotajkn": hours.quota,
        "sisakuotanonjkn": max(0, hours.quota_other - hours.taken_other), "kuotanonjkn": hours.quota_other,
        "keterangan": "",
    }  # fmt: skip


def task(queue: Queue, number: int, moment: int) -> Body:
    """``POST antrean/updatewaktu``."""
    return {"kodebooking": queue.entry.booking_code, "taskid": number, "waktu": moment}


def cancel_at_hospital(queue: Queue) -> Body:
    """``POST antrean/batal`` of a hospital."""
    return {"kodebooking": queue.entry.booking_code, "keterangan": queue.entry.cancel_reason or CANCELLED}


def _patient(queue: Queue) -> Body:
    patient = queue.patient
    return {
        "nomorkartu": queue.card, "nik": patient.nik or "", "nohp": patient.phone or "",
        "norm": patient.medical_record_number,
    }  # fmt: skip


def _place(queue: Queue) -> Body:
    hours, doctor = _hours(queue), queue.doctor
    return {
        "kodepoli": queue.poli.code, "namapoli": queue.poli.name, "tanggalperiksa": queue.entry.day.isoformat(),
        "kodedokter": int(doctor.code) if doctor and doctor.code else 0, "namadokter": doctor.name if doctor else "",
        "jampraktek": f"{hours.opens:%H:%M}-{hours.closes:%H:%M}",
    }  # fmt: skip


def _hours(queue: Queue) -> Hours:
    if queue.hours is None:
        raise ValueError("an entry without practice hours does not pass the checks")
    return queue.hours


def _expected(queue: Queue) -> datetime:
    """When this number's turn comes if everybody takes an equal share of the hours; never before it was taken."""
    hours = _hours(queue)
    opens = datetime.combine(queue.entry.day, hours.opens, queue.zone)
    length = datetime.combine(queue.entry.day, hours.closes, queue.zone) - opens
    share = length / max(1, hours.quota + hours.quota_other)
    turn = opens + min(length, share * (queue.entry.number - 1), key=timedelta.total_seconds)
    return max(turn, queue.entry.taken_at)
