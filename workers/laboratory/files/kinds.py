"""What a file is, by its content alone; names and declared types can only disagree with it.

A file is exactly one of four kinds, or none (FILE-1). One that could be read as two is none of them.
"""

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

HEAD_BYTES: Final = 1024
"""How much of a file's beginning is needed to tell what it is."""
PREAMBLE_BYTES: Final = 128


class Kind(StrEnum):
    """The kinds that may go out; the value is the extension of the stored object."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    DICOM = "dcm"


CONTENT_TYPES: Final = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.DICOM: "application/dicom",
}
DECLARED: Final = {
    "application/pdf": Kind.PDF, "application/x-pdf": Kind.PDF,
    "image/jpeg": Kind.JPEG, "image/jpg": Kind.JPEG, "image/pjpeg": Kind.JPEG,
    "image/png": Kind.PNG, "image/x-png": Kind.PNG,
    "application/dicom": Kind.DICOM, "image/dicom": Kind.DICOM,
}  # fmt: skip
UNDECLARED: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""Declared types that say nothing."""
EXTENSIONS: Final = {
    "pdf": Kind.PDF,
    "jpg": Kind.JPEG, "jpeg": Kind.JPEG, "jpe": Kind.JPEG, "jfif": Kind.JPEG,
    "png": Kind.PNG,
    "dcm": Kind.DICOM, "dicom": Kind.DICOM, "dic": Kind.DICOM,
}  # fmt: skip
HOSTILE_PREAMBLES: Final = (b"MZ", b"\x7fELF", b"PK", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!", b"GIF8", b"BM",
                            b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf", b"\xd0\xcf\x11\xe0")  # fmt: skip
"""What makes the 128 free bytes of a DICOM file a program, an archive or another document."""
_HOSTILE_WORDS: Final = re.compile(rb"%pdf|pk\x03\x04|<[!?/a-z][a-z]")


def detect(head: bytes) -> Kind | None:
    """The kind that the first HEAD_BYTES show; None when they show none, or more than one."""
    found = [kind for kind, shown in _SHOWN.items() if shown(head)]
    return found[0] if len(found) == 1 else None


def hostile_preamble(head: bytes) -> bool:
    """Whether a DICOM file's preamble makes it something else as well (CVE-2019-11687).

    A TIFF header is an honest use (PS3.10 §7.1) and is zeroed like any other filling.
    """
    preamble = head[:PREAMBLE_BYTES]
    words = preamble.lower()
    return preamble.startswith(HOSTILE_PREAMBLES) or _HOSTILE_WORDS.search(words) is not None


def claimed_kinds(file_name: str, declared_type: str | None) -> list[Kind | None]:
    """What the name and the declared type claim, where they claim anything; None is a kind that never passes."""
    extension, declared = _extension(file_name), _declared(declared_type)
    claims: list[Kind | None] = []
    if extension and not extension.isdecimal():  # DICOM files are often named by their UID: the last part is no claim
        claims.append(EXTENSIONS.get(extension))
    if declared not in UNDECLARED:
        claims.append(DECLARED.get(declared))
    return claims


def agrees(kind: Kind, file_name: str, declared_type: str | None) -> bool:
    """Whether nothing that is claimed about a file contradicts its content."""
    return all(claim is kind for claim in claimed_kinds(file_name, declared_type))


def _extension(file_name: str) -> str:
    """After the last dot, as the systems that may open it read it: case, dots and blanks at the end do not count."""
    return PurePosixPath(file_name.replace("\\", "/").rstrip(". \t\r\n\0")).suffix.removeprefix(".").lower()


def _declared(declared_type: str | None) -> str:
    return (declared_type or "").split(";")[0].strip().lower()


def _is_pdf(head: bytes) -> bool:
    # Readers accept the header anywhere in the first 1024 bytes; we only at the very beginning.
    return head.startswith((b"%PDF-1.", b"%PDF-2."))


def _is_jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _is_png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _is_dicom(head: bytes) -> bool:
    return head[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM"


_SHOWN: Final = {Kind.PDF: _is_pdf, Kind.JPEG: _is_jpeg, Kind.PNG: _is_png, Kind.DICOM: _is_dicom}
