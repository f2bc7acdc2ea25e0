"""Antrean's refusals. It has one code for all of them, so its words are read where they say what it holds. Pure.

Only words that more than one facility reports are relied upon, and only to adopt or to heal: whatever is not
recognised goes to a person, with every long run of digits taken out, as it may quote a card number.
"""

import re
from typing import Final

from workers.bpjs.reply import Duplicate, Good, Nothing, Refused
from workers.bpjs.wording import quoted
from workers.outcome import Problem, Role

_HELD: Final = re.compile(r"hanya dapat diambil 1 kali|sudah terdaftar|sudah ada|duplikasi|sudah diambil")
_UNKNOWN: Final = re.compile(r"tidak ditemukan|belum terdaftar|tidak terdaftar")
_ENDED: Final = re.compile(r"sudah (di)?batal")
_SERVED: Final = re.compile(r"sudah dilayani")
_LATER: Final = re.compile(r"taskid.*(sudah ada|lebih besar)|waktu tidak boleh kurang")
_FIELDS: Final = (
    (re.compile(r"kartu|peserta"), Role.FRONT_DESK, "patients.nik", "nomor kartu"),
    (re.compile(r"\bnik\b"), Role.FRONT_DESK, "patients.nik", "NIK"),
    (re.compile(r"rujukan|referensi"), Role.FRONT_DESK, "queue_entries.reference_number", "nomor rujukan"),
    (re.compile(r"dokter"), Role.ADMIN, "practitioners.full_name", "dokter"),
    (re.compile(r"poli"), Role.ADMIN, "locations.name", "poli"),
    (re.compile(r"jam|jadwal|kuota"), Role.ADMIN, "practitioner_schedules.opens", "jadwal praktik"),
)

Said = Good | Nothing | Duplicate | Refused


def held(said: Said) -> bool:
    """It holds the entry already: adopt it."""
    return isinstance(said, Duplicate) or _says(said, _HELD)


def unknown(said: Said) -> bool:
    """It holds no such entry."""
    return isinstance(said, Nothing) or _says(said, _UNKNOWN)


def ended(said: Said) -> bool:
    """The entry was cancelled there already."""
    return _says(said, _ENDED)


def served(said: Said) -> bool:
    """The patient was served, so the entry stays."""
    return _says(said, _SERVED)


def further(said: Said) -> bool:
    """It holds later tasks than we knew of."""
    return _says(said, _LATER)


def refused(said: Said) -> tuple[Problem, ...]:
    """The refusal, for the person who can mend it."""
    words = _words(said)
    for pattern, role, field, what in _FIELDS:
        if pattern.search(words.casefold()):
            return (_problem(role, field, what, words),)
    return (_problem(Role.ADMIN, "queue_entries.status", "antrean", words),)


def _says(said: Said, pattern: re.Pattern[str]) -> bool:
    return isinstance(said, Refused) and pattern.search(_words(said).casefold()) is not None


def _words(said: Said) -> str:
    return " ".join(words for _, words in said.complaints) if isinstance(said, Refused) else ""


def _problem(role: Role, field: str, what: str, words: str) -> Problem:
    return Problem(f"Antrean BPJS menolak {what}: {quoted(words)}", role, field)
