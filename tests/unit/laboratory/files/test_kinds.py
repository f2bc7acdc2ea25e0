"""What a file is, and what its name and declared type may say of it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.laboratory.files import documents, pictures
from tests.unit.laboratory.files.conftest import judged
from workers.laboratory.files.kinds import DECLARED, EXTENSIONS, Kind, agrees, claimed_kinds, detect, hostile_preamble

CONTENTS = {
    Kind.PDF: documents.report(),
    Kind.JPEG: pictures.jpeg(),
    Kind.PNG: pictures.png(),
    Kind.DICOM: pictures.dicom(),
    None: b"<html><script>alert(1)</script></html>",
}
OTHER_EXTENSIONS = ("exe", "html", "svg", "zip", "jar", "js", "gif", "docx", "pdf.exe", "php")
SILENT_EXTENSIONS = ("", "12345")
OTHER_TYPES = ("text/html", "image/svg+xml", "image/gif", "application/zip", "text/plain", "nonsense")
SILENT_TYPES = (None, "", "application/octet-stream", "Binary/Octet-Stream; x=1")


@pytest.mark.parametrize("content", CONTENTS)
def test_content_decides_and_contradiction_refuses(content: Kind | None) -> None:
    """The whole cross product of extension, declared type and bytes (FILE-1)."""
    extensions = [*EXTENSIONS, *OTHER_EXTENSIONS, *SILENT_EXTENSIONS]
    types = [*DECLARED, *OTHER_TYPES, *SILENT_TYPES]
    kind = detect(CONTENTS[content])
    assert content is kind
    for extension, declared in product(extensions, types):
        fits = (extension in SILENT_EXTENSIONS or EXTENSIONS.get(extension) is content) and (
            declared in SILENT_TYPES or DECLARED.get(declared) is content
        )
        if kind is not None:
            assert fits == agrees(kind, f"hasil.{extension}", declared), (extension, declared)


@pytest.mark.parametrize("content", CONTENTS)
def test_the_whole_examination_agrees(content: Kind | None) -> None:
    """One of each, with bytes and all: safe when everything fits, refused otherwise."""
    for extension, declared in product(("pdf", "jpg", "png", "dcm", "exe", ""), ("application/pdf", "image/png", None)):
        told = judged(CONTENTS[content], f"hasil.{extension}", declared).verdict
        claims = claimed_kinds(f"hasil.{extension}", declared)
        fits = content is not None and all(claim is content for claim in claims)
        assert fits == (told.model_dump().get("kind") is content and content is not None), (extension, declared, told)


@pytest.mark.parametrize("name", ["HASIL.PDF", "hasil.pdf.", "hasil.pdf ", "a/b\\hasil.pdf", "hasil.PDF\0", "..pdf"])
def test_names_are_read_as_systems_read_them(name: str) -> None:
    """Case, and dots and blanks at the end, change nothing."""
    assert agrees(Kind.PDF, name, None)
    assert not agrees(Kind.PNG, name, None)


@pytest.mark.parametrize("name", ["hasil.pdf.exe", "hasil.exe ", "hasil.exe.", "hasil.pdf\r\n.exe", "hasil.p\u202edf"])
def test_a_last_extension_of_another_kind_is_a_lie(name: str) -> None:
    """Whatever comes before it."""
    assert not agrees(Kind.PDF, name, None)


@given(st.text(), st.none() | st.text())
def test_no_name_breaks_it(name: str, declared: str | None) -> None:
    """Any text has an answer."""
    assert all(claim is None or claim in Kind for claim in claimed_kinds(name, declared))


def test_a_header_that_is_not_at_the_beginning_is_none() -> None:
    """Readers look for %PDF in the first kilobyte; we do not."""
    for before in (b"\n", b"\xef\xbb\xbf", b"GIF89a", b"x" * 1000):
        assert "unknown_kind" == judged(before + documents.report(), "a.pdf").reason


@pytest.mark.parametrize(
    "preamble",
    [b"MZ\x90\0", b"\x7fELF", b"PK\x03\x04", b"<html><script>", b"<!DOCTYPE html>", b"#!/bin/sh\n", b"\0\0%PDF-1.4",
     b"  <svg xmlns", b"GIF89a", b"\xca\xfe\xba\xbe", b"\0" * 60 + b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"BM"],
)  # fmt: skip
def test_a_dicom_file_that_is_also_something_else_is_refused(preamble: bytes) -> None:
    """CVE-2019-11687: 128 free bytes in front are enough for a program (FILE-4)."""
    content = pictures.dicom(preamble=preamble)
    assert hostile_preamble(content)
    assert "hostile_preamble" == judged(content, "a.dcm").reason


@pytest.mark.parametrize("preamble", [b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
def test_two_kinds_at_once_are_none(preamble: bytes) -> None:
    """A file that two readers would open differently is neither."""
    assert "unknown_kind" == judged(pictures.dicom(preamble=preamble), "a.dcm").reason


@pytest.mark.parametrize("preamble", [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"\1\2\3"])
def test_an_honest_preamble_is_cleared(preamble: bytes) -> None:
    """TIFF in front is an honest use, and of no use here."""
    told = judged(pictures.dicom(preamble=preamble), "a.dcm")
    assert "preamble_cleared" in told.kept.findings
    assert bytes(128) == told.safe[:128]
