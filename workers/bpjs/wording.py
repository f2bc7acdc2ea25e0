"""What the clinic's people read alike, whichever service it is about. Pure; Indonesian."""

import re
from typing import Final

from workers.outcome import Problem, Role

_LONG_NUMBER: Final = re.compile(r"\d{8,}")


def quoted(words: str, otherwise: str = "tanpa keterangan") -> str:
    """BPJS's own words, without long runs of digits: they may be a card number or a NIK."""
    return _LONG_NUMBER.sub("…", words).strip() or otherwise


def unmapped(kind: str, local_id: str, what: str, field: str) -> Problem:
    """One of the clinic's things has no code of BPJS's yet; it goes by itself once it has."""
    return Problem(
        f"{what} belum dipetakan ke kode BPJS. Pilih kodenya dari daftar BPJS.",
        Role.ADMIN, field, waits_for=f"mapping/{kind}/{local_id}",
    )  # fmt: skip


def unmapped_poli(location_id: str) -> Problem:
    """The poli of the visit."""
    return unmapped("bpjs_poli", location_id, "Poli ini", "locations.name")


def unmapped_doctor(practitioner_id: str, what: str = "Dokter ini") -> Problem:
    """The doctor of the visit."""
    return unmapped("bpjs_doctor", practitioner_id, what, "practitioners.full_name")


NO_POLI: Final = Problem("Poli kunjungan belum dipilih. Pilih poli.", Role.FRONT_DESK, "visits.location_id")
NO_DOCTOR: Final = Problem("Dokter kunjungan belum dipilih.", Role.FRONT_DESK, "visits.practitioner_id")
