"""How one examination ends: a safe copy with what was found, or a refusal. Both are values."""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from workers.laboratory.files.kinds import Kind


class Finding(StrEnum):
    """What was taken out, or could not be done, with a file that may go out; never the content itself."""

    METADATA_REMOVED = "metadata_removed"
    TRAILING_BYTES_REMOVED = "trailing_bytes_removed"
    ORIENTATION_APPLIED = "orientation_applied"
    FRAMES_REMOVED = "frames_removed"
    COLOURS_CONVERTED = "colours_converted"
    PDF_SCRIPT_REMOVED = "pdf_script_removed"
    PDF_ACTION_REMOVED = "pdf_action_removed"
    PDF_ATTACHMENT_REMOVED = "pdf_attachment_removed"
    PDF_XFA_REMOVED = "pdf_xfa_removed"
    PDF_MEDIA_REMOVED = "pdf_media_removed"
    PDF_LINK_REMOVED = "pdf_link_removed"
    PDF_FORM_FLATTENED = "pdf_form_flattened"
    PDF_SIGNATURE_REMOVED = "pdf_signature_removed"
    PDF_REPAIRED = "pdf_repaired"
    PREAMBLE_CLEARED = "preamble_cleared"
    PRIVATE_TAGS_REMOVED = "private_tags_removed"
    UNKNOWN_TAGS_REMOVED = "unknown_tags_removed"
    PADDING_REMOVED = "padding_removed"
    INFLATED = "inflated"
    NO_PREVIEW = "no_preview"


class Reason(StrEnum):
    """Why a file may not go out."""

    UNKNOWN_KIND = "unknown_kind"
    DISAGREES = "disagrees"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    TOO_COMPLEX = "too_complex"
    TOO_LONG = "too_long"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PAGES = "too_many_pages"
    ENCRYPTED = "encrypted"
    UNCLEANABLE = "uncleanable"
    DYNAMIC_FORM = "dynamic_form"
    HOSTILE_PREAMBLE = "hostile_preamble"
    NOT_AN_IMAGE = "not_an_image"
    PIXELS_MISSING = "pixels_missing"


SENTENCES: Final = {
    Reason.UNKNOWN_KIND: "Jenis berkas tidak dikenal. Unggah PDF, JPEG, PNG, atau DICOM.",
    Reason.DISAGREES: "Isi berkas tidak sesuai dengan nama atau jenisnya. Simpan ulang dengan jenis yang benar, "
    "lalu unggah lagi.",
    Reason.TOO_LARGE: "Berkas lebih besar dari batas untuk jenisnya. Perkecil atau bagi berkas, lalu unggah lagi.",
    Reason.EMPTY: "Berkas kosong. Unggah ulang dari sumbernya.",
    Reason.UNREADABLE: "Berkas rusak atau tidak lengkap. Simpan ulang dari sumbernya, lalu unggah lagi.",
    Reason.TOO_COMPLEX: "Berkas terlalu besar atau rumit setelah dibuka, sehingga tidak dapat diperiksa dengan aman. "
    "Simpan ulang dengan cara lain, lalu unggah lagi.",
    Reason.TOO_LONG: "Pemeriksaan berkas melewati batas waktu. Simpan ulang dengan ukuran lebih kecil, "
    "lalu unggah lagi.",
    Reason.TOO_MANY_PIXELS: "Gambar lebih besar dari 40 megapiksel. Perkecil gambar, lalu unggah lagi.",
    Reason.TOO_MANY_PAGES: "PDF memiliki terlalu banyak halaman atau objek. Bagi menjadi beberapa berkas, "
    "lalu unggah lagi.",
    Reason.ENCRYPTED: "PDF dikunci kata sandi atau dienkripsi. Simpan ulang tanpa kunci, lalu unggah lagi.",
    Reason.UNCLEANABLE: "PDF memuat isi aktif yang tidak dapat dibersihkan. Cetak ulang ke PDF, lalu unggah lagi.",
    Reason.DYNAMIC_FORM: "PDF ini formulir dinamis (XFA) tanpa halaman tetap. Cetak ke PDF, lalu unggah lagi.",
    Reason.HOSTILE_PREAMBLE: "Berkas DICOM ini juga berupa program atau dokumen lain. Kirim ulang langsung dari "
    "modalitas, dan laporkan kepada pengelola sistem.",
    Reason.NOT_AN_IMAGE: "Berkas DICOM ini bukan citra, misalnya dokumen tertanam. Unggah dokumennya sebagai PDF.",
    Reason.PIXELS_MISSING: "Citra DICOM tidak lengkap atau rusak. Kirim ulang dari modalitas.",
}
"""For the laboratory's people: what is wrong and what to do; no patient in it."""


class Refusal(Exception):
    """Raised anywhere in an examination: the file may not go out."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Identity(BaseModel):
    """Whose image a DICOM file says it is, in its own words; None where it is silent. Never logged."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    patient_number: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    accession_number: str | None = None


class Safe(BaseModel):
    """What an examination says of a file that may go out."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    kind: Kind
    findings: tuple[Finding, ...] = ()
    pages: int | None = None
    """Pages of a PDF, frames of a DICOM image; None otherwise."""
    width: int | None = None
    height: int | None = None
    study_uid: str | None = None
    identity: Identity | None = None
    """Only of DICOM: no other kind has a reliable one."""


class Refused(BaseModel):
    """The file may not go out."""

    model_config = ConfigDict(frozen=True)
    refused: Reason


Verdict = Safe | Refused
