"""How large a PDF is once opened: pages, objects, and its streams unpacked (flate bombs)."""

from typing import Final

import pikepdf
from pikepdf import Array, Name, Stream

from workers.laboratory.files.inflating import inflated_size
from workers.laboratory.files.limits import MOST_EXPANDED_BYTES, MOST_OBJECTS, MOST_PAGES
from workers.laboratory.files.verdict import Reason, Refusal

_FLATE: Final = frozenset({"/FlateDecode", "/Fl"})
_PICTURES: Final = frozenset({"/DCTDecode", "/DCT", "/JPXDecode", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode"})
"""Decoded by whoever draws the page, not here."""


def check(pdf: pikepdf.Pdf) -> None:
    """Raises Refusal when a file is more than a result ever is."""
    if len(pdf.objects) > MOST_OBJECTS or len(pdf.pages) > MOST_PAGES:
        raise Refusal(Reason.TOO_MANY_PAGES)
    left = MOST_EXPANDED_BYTES
    for one in pdf.objects:
        if isinstance(one, Stream):
            left -= _expanded(one, left)
            if left < 0:
                raise Refusal(Reason.TOO_COMPLEX)


def _expanded(stream: Stream, most: int) -> int:
    """The stream's size unpacked; a little more than ``most`` when it is larger."""
    filters = [name for name in _filters(stream) if name not in _PICTURES]
    if len(filters) == 1 and filters[0] in _FLATE:
        return inflated_size(stream.read_raw_bytes(), most)
    if not filters:
        return len(stream.read_raw_bytes())
    try:
        return len(stream.read_bytes())  # chains and old packings; what is too much ends at the limit on memory
    except pikepdf.PdfError:
        return len(stream.read_raw_bytes())


def _filters(stream: Stream) -> list[str]:
    filters = stream.get("/Filter")
    if isinstance(filters, Array):
        return [str(name) for name in filters]
    return [str(filters)] if isinstance(filters, Name) else []
