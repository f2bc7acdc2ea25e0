"""PDF: nothing that acts goes out, the page does (FILE-5)."""

import zlib
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from tests.unit.laboratory.files import documents
from tests.unit.laboratory.files.conftest import judged
from workers.laboratory.files import pdf_active, pdf_size


@pytest.mark.parametrize("feature", documents.ACTIVE)
def test_no_feature_goes_out(feature: str) -> None:
    """One file per feature: found, named, and absent from every object of what goes out."""
    change, finding = documents.ACTIVE[feature]
    content = documents.changed(change)

    told = judged(content, "hasil.pdf", "application/pdf")

    assert finding in told.kept.findings
    assert content != told.safe
    with pikepdf.open(BytesIO(told.safe)) as again:
        assert not pdf_active.remains(again)
        unpacked = BytesIO()
        again.save(unpacked, qdf=True, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    left = unpacked.getvalue()
    for word in (documents.CANARY, "/JavaScript", "/Launch", "/EmbeddedFile", "/SubmitForm", "javascript:", "cmd.exe"):
        assert word.encode() not in left, word


def test_an_honest_report_stays_as_it_looks() -> None:
    """Two pages in, two pages out, the same pixels, no author; page 1 is the preview."""
    content = documents.report(pages=2)

    told = judged(content, "hasil.pdf")

    assert ("metadata_removed",) == told.kept.findings
    assert (2, 595, 842) == (told.kept.pages, told.kept.width, told.kept.height)
    assert _drawn(content) == _drawn(told.safe)
    assert documents.CANARY.encode() not in told.safe
    with Image.open(BytesIO(told.preview)) as preview, Image.open(BytesIO(told.thumbnail)) as thumbnail:
        assert ("JPEG", 1600, "JPEG", 240) == (preview.format, max(preview.size), thumbnail.format, max(thumbnail.size))


def test_the_same_file_is_made_safe_the_same_way() -> None:
    """What is repeated must have the same hash."""
    content = documents.changed(documents.ACTIVE["XFA form"][0])
    assert judged(content, "a.pdf").safe == judged(content, "a.pdf").safe


def test_links_to_the_web_stay() -> None:
    """A laboratory's address, and jumps inside the file, are no danger."""
    link = Dictionary(S=Name.URI, URI=pikepdf.String("https://lab.example/cek"))
    told = judged(documents.changed(lambda pdf: documents.annotated(pdf, Subtype=Name.Link, A=link)), "a.pdf")
    assert b"https://lab.example/cek" in _unpacked(told.safe)


def test_what_was_filled_into_a_form_stays_on_the_page() -> None:
    """The form is gone, what it showed is not."""
    out = BytesIO()
    sheet = documents.canvas.Canvas(out)
    sheet.acroForm.textfield(name="hb", value="13,5", x=100, y=600)
    sheet.showPage()
    sheet.save()

    told = judged(out.getvalue(), "a.pdf")

    assert "pdf_form_flattened" in told.kept.findings
    assert "13,5" in pypdfium2.PdfDocument(told.safe)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("passwords", [{"user": "rahasia", "owner": "x"}, {"user": "", "owner": "rahasia"}])
def test_encrypted_is_refused(passwords: dict[str, str]) -> None:
    """With a password to open it, or one that only forbids."""
    locked = documents.changed(lambda _: None, encryption=pikepdf.Encryption(**passwords))
    assert "encrypted" == judged(locked, "a.pdf").reason


def test_a_form_without_pages_of_its_own_is_refused() -> None:
    """A dynamic XFA form would go out as a page that says 'please wait'."""

    def change(pdf: pikepdf.Pdf) -> None:
        documents.form(pdf, XFA=pdf.make_stream(b"<xdp/>"))
        pdf.Root.NeedsRendering = True

    assert "dynamic_form" == judged(documents.changed(change), "a.pdf").reason


def test_a_stream_that_expands_without_end_is_refused() -> None:
    """A few hundred kilobytes that become hundreds of megabytes, plainly or packed twice."""
    zeros = zlib.compress(bytes(310 * 1024 * 1024), 9)
    for packed, filters in ((zeros, Name.FlateDecode), (zlib.compress(zeros), Array([Name.FlateDecode] * 2))):
        content = documents.changed(lambda pdf, p=packed, f=filters: _bomb(pdf, p, f), compress_streams=False)
        assert len(content) < 500_000
        assert "too_complex" == judged(content, "a.pdf").reason


def test_bytes_behind_a_packed_stream_cost_nothing() -> None:
    """Many programs leave a line end there."""
    packed = zlib.compress(b"0 0 m " * 1000) + b"\r\n\0"
    assert judged(documents.changed(lambda pdf: _bomb(pdf, packed, Name.FlateDecode)), "a.pdf").kept


def test_more_pages_or_objects_than_a_result_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One over each limit."""
    assert "too_many_pages" == judged(documents.report(pages=501), "a.pdf").reason
    monkeypatch.setattr(pdf_size, "MOST_OBJECTS", 5)
    assert "too_many_pages" == judged(documents.report(), "a.pdf").reason


def test_a_page_tree_that_bites_its_tail_is_refused() -> None:
    """Counting its pages must not go on for ever."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Pages.Kids.append(pdf.Root.Pages)

    assert judged(documents.changed(change), "a.pdf").reason in {"unreadable", "too_complex"}


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [0, 0, 1e9, 1e9], [0, 0, 99, 20_000]])
def test_a_page_no_reader_shows_is_refused(box: list[float]) -> None:
    """Or drawn in its default size; never a picture of a gigabyte."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.MediaBox = Array(box)

    told = judged(documents.changed(change), "a.pdf")
    assert told.verdict.model_dump().get("refused") == "unreadable" or len(told.preview) < 1_000_000


def test_what_follows_the_end_is_gone() -> None:
    """A ZIP behind the last line makes a PDF two files at once."""
    told = judged(documents.report() + b"PK\x03\x04" + documents.CANARY.encode() * 9, "a.pdf")
    assert b"PK\x03\x04" not in told.safe
    assert documents.CANARY.encode() not in told.safe


def test_a_picture_of_a_page_has_no_filter_of_its_own() -> None:
    """No page at all is no result."""

    def change(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[0]

    assert "unreadable" == judged(documents.changed(change), "a.pdf").reason


def _bomb(pdf: pikepdf.Pdf, packed: bytes, filters: pikepdf.Object) -> None:
    stream = pikepdf.Stream(pdf, b"")
    stream.write(packed, filter=filters)
    pdf.pages[0].obj.Contents = pdf.make_indirect(stream)


def _unpacked(content: bytes) -> bytes:
    out = BytesIO()
    with pikepdf.open(BytesIO(content)) as pdf:
        pdf.save(out, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def _drawn(content: bytes) -> list[bytes]:
    document = pypdfium2.PdfDocument(content)
    return [page.render().to_pil().tobytes() for page in document]
