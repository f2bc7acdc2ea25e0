"""What the laboratory reads about a file that needs a person. Pure; Indonesian; names no patient."""

from collections.abc import Iterable
from typing import Final

from workers.laboratory.files.verdict import SENTENCES, Reason
from workers.outcome import Problem, Role

PARTS: Final = {
    "identity_patient_number_differs": "nomor pasien",
    "identity_patient_name_differs": "nama",
    "identity_birth_date_differs": "tanggal lahir",
    "identity_sex_differs": "jenis kelamin",
    "identity_accession_number_differs": "nomor akses",
}
DISCARDED: Final = "Berkas dibuang oleh petugas."
KEY_REFUSED: Final = (
    "Supabase Storage menolak kunci layanan. Periksa WORKERS_SUPABASE_SERVICE_KEY, lalu jalankan ulang pekerja."
)
NO_ORDER: Final = Problem(
    "Berkas ini belum punya permintaan pemeriksaan. Pilih permintaannya, atau buang berkas ini.",
    Role.LAB, "result_files.order_id",
)  # fmt: skip
BYTES_MISSING: Final = Problem(
    "Isi berkas tidak ada di penyimpanan. Unggah ulang, atau buang berkas ini.", Role.LAB, "result_files.id"
)
BYTES_CHANGED: Final = Problem(
    "Isi berkas di penyimpanan hilang atau tidak sama dengan yang dirilis. Laporkan kepada pengelola sistem, "
    "lalu unggah ulang dari sumbernya.",
    Role.ADMIN, "result_files.sha256",
)  # fmt: skip


def someone_else(findings: Iterable[str]) -> Problem:
    """The DICOM file contradicts the order in these parts."""
    parts = ", ".join(PARTS[finding] for finding in findings)
    return Problem(
        f"Identitas di dalam berkas DICOM berbeda dari permintaan ({parts}). Pastikan pasiennya, lalu konfirmasi, "
        "pindahkan ke permintaan yang benar, atau buang berkas ini.",
        Role.LAB, "result_files.identity_confirmed_at",
    )  # fmt: skip


def refused(reason: Reason) -> Problem:
    """The file may not go out."""
    return Problem(SENTENCES[reason], Role.LAB, "result_files.id", rule=reason.value)


def unreadable(path: tuple[int | str, ...]) -> Problem:
    """The snapshot is not what it should be."""
    where = ".".join(map(str, path)) or "snapshot"
    return Problem(f"Data berkas tidak dapat dibaca pada bagian {where}.", Role.ADMIN, where)
