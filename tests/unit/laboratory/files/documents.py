"""PDFs made for tests: an honest one, and one for each thing a PDF can do besides being read."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from reportlab.pdfgen import canvas

CANARY = "CANARY-4711"


def report(pages: int = 1) -> bytes:
    """A laboratory report that does nothing."""
    out = BytesIO()
    sheet = canvas.Canvas(out, invariant=True)
    sheet.setTitle(CANARY)
    sheet.setAuthor(CANARY)
    for number in range(pages):
        sheet.drawString(72, 720, f"Hasil laboratorium {number}")
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def changed(change: Callable[[Pdf], None], **saving: object) -> bytes:
    """The honest report with a change."""
    out = BytesIO()
    with pikepdf.open(BytesIO(report())) as pdf:
        change(pdf)
        pdf.save(out, **saving)
    return out.getvalue()


def script() -> Dictionary:
    """An action that runs a script."""
    return Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{CANARY}')"))


def annotated(pdf: Pdf, **entries: object) -> None:
    """Put an annotation on page 1."""
    annotation = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=[0, 0, 99, 99], **entries))
    pdf.pages[0].obj["/Annots"] = Array([*pdf.pages[0].obj.get("/Annots", []), annotation])


def attached(pdf: Pdf) -> Dictionary:
    """A file inside the file."""
    inside = pdf.make_stream(CANARY.encode(), Type=Name.EmbeddedFile)
    return pdf.make_indirect(Dictionary(Type=Name.Filespec, F=String("x.exe"), EF=Dictionary(F=inside)))


def form(pdf: Pdf, action: Dictionary | None = None, **entries: object) -> None:
    """A form with one button, as a field and as what is seen of it."""
    seen = Stream(pdf, b"0 0 m", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    field = pdf.make_indirect(Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Btn, T=String("b"), F=4, Rect=[0, 0, 9, 9],
        AP=Dictionary(N=pdf.make_indirect(seen)), **({"A": action} if action else {}),
    ))  # fmt: skip
    pdf.pages[0].obj["/Annots"] = Array([field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), **entries)


def _open_action(pdf: Pdf) -> None:
    pdf.Root.OpenAction = script()


def _open_page(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])


def _page_action(pdf: Pdf) -> None:
    pdf.pages[0].obj.AA = Dictionary(O=script())


def _hidden_script(pdf: Pdf) -> None:
    """A script behind an innocent action, in an object nobody names."""
    annotated(pdf, Subtype=Name.Link, A=Dictionary(
        S=Name.URI, URI=String("https://lab.example"), Next=Array([pdf.make_indirect(script())])))  # fmt: skip


def _named_script(pdf: Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), script()])))


def _launch(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String("cmd.exe")))


def _remote(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.Link, A=Dictionary(S=Name.GoToR, F=String("//host/share"), D=Array([0, Name.Fit])))


def _script_link(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("javascript:alert(1)")))


def _embedded(pdf: Pdf) -> None:
    files = Dictionary(Names=Array([String("x"), attached(pdf)]))
    pdf.Root.Names = Dictionary(EmbeddedFiles=files)


def _associated(pdf: Pdf) -> None:
    pdf.Root.AF = Array([attached(pdf)])


def _file_annotation(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.FileAttachment, FS=attached(pdf))


def _portfolio(pdf: Pdf) -> None:
    pdf.Root.Collection = Dictionary(View=Name.T)
    _embedded(pdf)


def _rich_media(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.RichMedia, RichMediaContent=Dictionary(Assets=Dictionary()))


def _movie(pdf: Pdf) -> None:
    annotated(pdf, Subtype=Name.Screen, A=Dictionary(S=Name.Rendition, JS=String(CANARY)))


def _xfa(pdf: Pdf) -> None:
    form(pdf, XFA=pdf.make_stream(f"<xdp>{CANARY}</xdp>".encode()))


def _submit(pdf: Pdf) -> None:
    form(pdf, Dictionary(S=Name.SubmitForm, F=Dictionary(FS=Name.URL, F=String("http://evil.example"))))


def _signature(pdf: Pdf) -> None:
    form(pdf)
    pdf.Root.AcroForm.Fields[0].FT = Name.Sig


def _metadata(pdf: Pdf) -> None:
    pdf.Root.Metadata = pdf.make_stream(f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode(), Type=Name.Metadata)


def _external_stream(pdf: Pdf) -> None:
    picture = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 1, 1], F=String("//host/x"))
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=picture))


ACTIVE: dict[str, tuple[Callable[[Pdf], None], str]] = {
    "script when opened": (_open_action, "pdf_script_removed"),
    "page when opened": (_open_page, "pdf_action_removed"),
    "script of a page": (_page_action, "pdf_script_removed"),
    "script behind a link": (_hidden_script, "pdf_script_removed"),
    "script by name": (_named_script, "pdf_script_removed"),
    "program": (_launch, "pdf_action_removed"),
    "other file": (_remote, "pdf_link_removed"),
    "script as a link": (_script_link, "pdf_link_removed"),
    "embedded file": (_embedded, "pdf_attachment_removed"),
    "associated file": (_associated, "pdf_attachment_removed"),
    "file as a note": (_file_annotation, "pdf_attachment_removed"),
    "portfolio": (_portfolio, "pdf_attachment_removed"),
    "rich media": (_rich_media, "pdf_media_removed"),
    "film": (_movie, "pdf_media_removed"),
    "XFA form": (_xfa, "pdf_xfa_removed"),
    "form that submits": (_submit, "pdf_action_removed"),
    "signature": (_signature, "pdf_signature_removed"),
    "XMP": (_metadata, "metadata_removed"),
    "stream elsewhere": (_external_stream, "pdf_link_removed"),
}
"""One file per feature, and what must be found in it."""
