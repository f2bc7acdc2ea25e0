"""One file examined: what it is, whether its name agrees, and a safe copy. Reads and writes open files only."""

from dataclasses import dataclass
from typing import BinaryIO, Final

import pikepdf
from PIL import Image

from workers.laboratory.files import dicom, pdf, picture
from workers.laboratory.files.kinds import HEAD_BYTES, Kind, agrees, detect
from workers.laboratory.files.request import Claims
from workers.laboratory.files.verdict import Reason, Refusal, Refused, Safe, Verdict

MALFORMED: Final = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, SyntaxError, OverflowError,
    ZeroDivisionError, NotImplementedError, RuntimeError, pikepdf.PdfError, pikepdf.DataDecodingError,
    Image.DecompressionBombError,
)  # fmt: skip
"""What the parsers raise for bytes that are not what they should be."""
EXHAUSTED: Final = (MemoryError, RecursionError)


@dataclass(frozen=True, slots=True)
class Sheets:
    """The open files of one examination; the last three are empty, and stay so when there is nothing to show."""

    source: BinaryIO
    safe: BinaryIO
    preview: BinaryIO
    thumbnail: BinaryIO


def examine(sheets: Sheets, claims: Claims) -> Verdict:
    """Judge one file and write what may go out of it."""
    try:
        return _cleaned(sheets, claims)
    except Refusal as refusal:
        return Refused(refused=refusal.reason)
    except EXHAUSTED:
        return Refused(refused=Reason.TOO_COMPLEX)
    except MALFORMED:
        return Refused(refused=Reason.UNREADABLE)


def kind_of(head: bytes, size: int, claims: Claims) -> Kind:
    """What a file is, when nothing contradicts that and it is not too large; raises Refusal."""
    if size == 0:
        raise Refusal(Reason.EMPTY)
    kind = detect(head)
    if kind is None:
        raise Refusal(Reason.UNKNOWN_KIND)
    if not agrees(kind, claims.file_name, claims.declared_type):
        raise Refusal(Reason.DISAGREES)
    if size > claims.caps.of(kind):
        raise Refusal(Reason.TOO_LARGE)
    return kind


def _cleaned(sheets: Sheets, claims: Claims) -> Safe:
    size = sheets.source.seek(0, 2)
    sheets.source.seek(0)
    kind = kind_of(sheets.source.read(HEAD_BYTES), size, claims)
    sheets.source.seek(0)
    written = (sheets.safe, sheets.preview, sheets.thumbnail)
    match kind:
        case Kind.PDF:
            return pdf.clean(sheets.source, *written)
        case Kind.JPEG | Kind.PNG:
            return picture.clean(kind, sheets.source.read(), *written)
        case Kind.DICOM:
            return dicom.clean(sheets.source, claims.dicom_limit_bytes, *written)
