"""Labels for specimens as a PDF: one page a tube, 50 × 25 mm, the accession number as Code 128 and in letters.

Code 128 takes letters and digits and is read by every scanner and analyser.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT, MARGIN = 50 * mm, 25 * mm, 1.5 * mm
DOT = 72 / 203
"""One dot of a label printer (203 dots per inch): a bar of whole dots is printed as wide as it is meant."""
BARS = (3 * DOT, 2 * DOT)
BAR_HEIGHT = 9 * mm
QUIET = 10
"""So many bars of white a scanner wants on either side (ISO/IEC 15417)."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one tube; ``ordered_at`` in the clinic's own time."""

    accession_number: str
    specimen: str
    container: str | None
    patient_name: str
    medical_record_number: str
    birth_date: date
    examinations: str | None
    ordered_at: datetime


def label(row: Mapping[str, Any]) -> Label:
    """A row of ``integration.specimen_labels``, with the time in the clinic's own zone."""
    said = dict(row)
    zone = ZoneInfo(said.pop("time_zone"))
    born, ordered = date.fromisoformat(said.pop("birth_date")), datetime.fromisoformat(said.pop("ordered_at"))
    return Label(**said, birth_date=born, ordered_at=ordered.astimezone(zone))


def pdf(labels: Iterable[Label]) -> bytes:
    """The labels, ready for a label printer."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setTitle("Label spesimen")
    for label in labels:
        _page(canvas, label)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def _page(canvas: Canvas, label: Label) -> None:
    barcode = _barcode(label.accession_number)
    barcode.drawOn(canvas, (WIDTH - barcode.width) / 2, HEIGHT - BAR_HEIGHT - MARGIN)
    lines = (
        (label.accession_number, "Courier-Bold", 8.0),
        (label.patient_name, "Helvetica-Bold", 7.0),
        (f"No. RM {label.medical_record_number}   Lahir {label.birth_date:%d-%m-%Y}", "Helvetica", 6.0),
        (f"{label.container or label.specimen}   {label.ordered_at:%d-%m-%Y %H:%M}", "Helvetica", 6.0),
        (label.examinations or "", "Helvetica", 6.0),
    )
    y = HEIGHT - BAR_HEIGHT - MARGIN
    for text, font, size in lines:
        y -= size + 0.6
        canvas.setFont(font, size)
        canvas.drawString(MARGIN, y, _fitting(text, font, size))


def _barcode(number: str) -> Code128:
    """The widest that leaves white on both sides; every number that a clinic gives out fits."""
    for width in BARS:
        made = Code128(number, barWidth=width, barHeight=BAR_HEIGHT, quiet=False)
        if made.width <= WIDTH - 2 * QUIET * width:
            break
    return made


def _fitting(text: str, font: str, size: float) -> str:
    """As much of the text as the label is wide."""
    while stringWidth(text, font, size) > WIDTH - 2 * MARGIN:
        text = f"{text[:-2]}…"
    return text
