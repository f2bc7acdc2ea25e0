"""Labels, read by a scanner's library as a scanner would."""

from datetime import UTC, date, datetime

import pypdfium2
import pytest
import zxingcpp

from workers.laboratory.labels import Label, pdf

DOTS_PER_POINT = 203 / 72
"""A thermal printer of 203 dots per inch."""


def label(number: str, **changes: object) -> Label:
    """A tube of an invented patient."""
    said = {"specimen": "Serum specimen", "container": "Tabung serum (kuning)", "patient_name": "Nama Rekaan",
            "medical_record_number": "RM-1", "birth_date": date(1990, 1, 2), "examinations": "LIVER RENAL",
            "ordered_at": datetime(2026, 11, 24, 8, 15, tzinfo=UTC)}  # fmt: skip
    return Label(number, **{**said, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["L2611240012A", "R2611240003A", "L26112412345A", "L2611241234567AB", "1"])
def test_a_scanner_reads_the_number(number: str) -> None:
    """At the resolution of an ordinary label printer, the longest number too."""
    document = pypdfium2.PdfDocument(pdf([label(number)]))
    image = document[0].render(scale=DOTS_PER_POINT).to_pil()

    assert [(number, "Code128")] == [(read.text, read.format.name) for read in zxingcpp.read_barcodes(image)]


def test_one_page_for_each_tube() -> None:
    """In the order they were asked for, and nothing runs over the edge."""
    document = pypdfium2.PdfDocument(pdf([label("L1A", patient_name="Panjang " * 30), label("L1B", container=None)]))

    assert 2 == len(document)
    assert (pytest.approx(141.7, abs=0.1), pytest.approx(70.9, abs=0.1)) == document[0].get_size()
    assert "…" in document[0].get_textpage().get_text_range()
