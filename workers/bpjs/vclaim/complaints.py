"""VClaim's refusals for the person who can mend them (reference bpjs 5.2). Pure.

VClaim names no field: its sentence is searched for the few words that tell whose it is, and is shown after
ours with long runs of digits taken out, for it may quote a card number.
"""

import re
from typing import Final

from workers.bpjs.reply import Refused
from workers.bpjs.wording import quoted
from workers.outcome import Problem, Role

_SUBJECTS: Final = (
    (re.compile(r"surat kontrol|skdp|spri"), Role.FRONT_DESK, "bpjs_seps.letter_number"),
    (re.compile(r"rujuk"), Role.FRONT_DESK, "bpjs_seps.referral_number"),
    (re.compile(r"dpjp|dokter"), Role.ADMIN, "practitioners.full_name"),
    (re.compile(r"poli"), Role.ADMIN, "locations.name"),
    (re.compile(r"diag|prosedur"), Role.DOCTOR, "diagnoses.icd10_code"),
    (re.compile(r"belum dipulangkan|rawat|r\.inap"), Role.FRONT_DESK, "visits.visit_class"),
    (re.compile(r"backdate|tglsep|finger"), Role.ADMIN, "visits.arrived_at"),
    (re.compile(r"tglpulang|meninggal"), Role.CASHIER, "bpjs_seps.leaving_code"),
    (re.compile(r"peserta|kartu"), Role.FRONT_DESK, "patients.nik"),
)


def refused(reply: Refused, what: str, otherwise: Role = Role.CASHIER) -> tuple[Problem, ...]:
    """One problem for each of VClaim's sentences; ``what`` was refused: "SEP", "LPK", …"""
    return tuple(_problem(words, what, otherwise) for _, words in reply.complaints)


def _problem(words: str, what: str, otherwise: Role) -> Problem:
    said = quoted(words)
    for pattern, role, field in _SUBJECTS:
        if pattern.search(words.casefold()):
            return Problem(f"VClaim menolak {what}: {said}", role, field)
    return Problem(f"VClaim menolak {what}: {said}", otherwise, "bpjs_seps.sep_number")
