"""PDF: what acts is taken out, the file is written anew and looked at again; page 1 is the preview (FILE-5)."""

from typing import BinaryIO, Final

import pikepdf
import pypdfium2  # type: ignore[import-untyped]  # it ships no types

from workers.laboratory.files import pdf_active, pdf_size
from workers.laboratory.files.kinds import HEAD_BYTES, Kind, detect
from workers.laboratory.files.limits import PREVIEW_SIDE
from workers.laboratory.files.shown import write_previews
from workers.laboratory.files.verdict import Finding, Reason, Refusal, Safe

LARGEST_PAGE_POINTS: Final = 14_400
"""ISO 32000-1 Annex C: what readers promise to show."""


def clean(source: BinaryIO, out: BinaryIO, preview: BinaryIO, thumbnail: BinaryIO) -> Safe:
    """Write the document without anything that acts, and its previews; raises Refusal."""
    with _opened(source) as pdf:
        pdf_size.check(pdf)
        pages = len(pdf.pages)
        if pages == 0:
            raise Refusal(Reason.UNREADABLE)
        findings = _made_safe(pdf)
        pdf.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.generate, preserve_pdfa=False,
            fix_metadata_version=False, encryption=False, deterministic_id=True,
        )  # fmt: skip
    _check(out, pages)
    width, height = _draw(out, preview, thumbnail)
    return Safe(kind=Kind.PDF, findings=tuple(sorted(findings)), pages=pages, width=width, height=height)


def _opened(source: BinaryIO) -> pikepdf.Pdf:
    try:
        pdf = pikepdf.open(source)
    except pikepdf.PasswordError:
        raise Refusal(Reason.ENCRYPTED) from None
    except pikepdf.PdfError:
        raise Refusal(Reason.UNREADABLE) from None
    if pdf.is_encrypted:  # also when the password is empty: readers may forbid what the patient needs
        pdf.close()
        raise Refusal(Reason.ENCRYPTED)
    return pdf


def _made_safe(pdf: pikepdf.Pdf) -> set[Finding]:
    findings = {Finding.PDF_REPAIRED} if pdf.get_warnings() else set[Finding]()
    if _says_yes(pdf.Root, "/NeedsRendering"):
        raise Refusal(Reason.DYNAMIC_FORM)
    if pdf_active.signed(pdf):
        findings.add(Finding.PDF_SIGNATURE_REMOVED)
    findings |= pdf_active.strip(pdf)
    if "/AcroForm" in pdf.Root:
        findings.add(Finding.PDF_FORM_FLATTENED)
        _flatten(pdf)
    if "/Info" in pdf.trailer:
        findings.add(Finding.METADATA_REMOVED)
        del pdf.trailer["/Info"]
    for key in ("/Perms", "/DSS", "/Legal"):
        if key in pdf.Root:
            del pdf.Root[key]
    return findings


def _flatten(pdf: pikepdf.Pdf) -> None:
    """What was filled in stays on the page as it looks; fields, and whatever they submit, are gone."""
    form = pdf.Root.AcroForm
    if isinstance(form, pikepdf.Dictionary) and _says_yes(form, "/NeedAppearances"):
        pdf.generate_appearance_streams()
    pdf.flatten_annotations()
    if "/AcroForm" in pdf.Root:
        del pdf.Root["/AcroForm"]


def _says_yes(dictionary: pikepdf.Object, key: str) -> bool:
    return key in dictionary and bool(dictionary[key])


def _check(out: BinaryIO, pages: int) -> None:
    """What was written is judged like what came in."""
    out.seek(0)
    if detect(out.read(HEAD_BYTES)) is not Kind.PDF:
        raise Refusal(Reason.UNCLEANABLE)
    out.seek(0)
    with pikepdf.open(out) as again:
        if again.is_encrypted or len(again.pages) != pages or pdf_active.remains(again):
            raise Refusal(Reason.UNCLEANABLE)


def _draw(out: BinaryIO, preview: BinaryIO, thumbnail: BinaryIO) -> tuple[int, int]:
    """Page 1 as a picture; answers its size in points, as it is shown."""
    out.seek(0)
    try:
        with pypdfium2.PdfDocument(out, autoclose=False) as document:
            page = document[0]
            width, height = page.get_size()
            if not (0 < width <= LARGEST_PAGE_POINTS and 0 < height <= LARGEST_PAGE_POINTS):
                raise Refusal(Reason.UNREADABLE)
            bitmap = page.render(scale=PREVIEW_SIDE / max(width, height), may_draw_forms=False)
            write_previews(bitmap.to_pil(), preview, thumbnail)
    except pypdfium2.PdfiumError:
        raise Refusal(Reason.UNREADABLE) from None
    return round(width), round(height)
