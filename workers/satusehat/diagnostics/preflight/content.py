"""What was asked, taken, found and concluded: codes as their systems write them, nothing left empty."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from workers.outcome import Problem, Role
from workers.satusehat.diagnostics.mapping.observation import analyte
from workers.satusehat.diagnostics.preflight.words import about, problem
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot, Result, Specimen
from workers.satusehat.mapping.ucum import is_ucum
from workers.satusehat.preflight import codes

LONGEST_ACCESSION: Final = 16
"""DICOM's SH: images with a longer number would match no request."""


def _changed(examination_id: str) -> str:
    return f"changed/examination/{examination_id}"


def _asked(item: Item) -> Iterator[Problem]:
    """The item's own code, and what the DICOM router needs of an image."""
    examination = item.examination
    waits = _changed(examination.id)
    if codes.wrong(examination.loinc_code, codes.LOINC):
        yield about(problem("10060", waits), examination.code)
    if examination.body_site_code and codes.wrong(examination.body_site_code, codes.SNOMED):
        yield about(problem("10059", waits), examination.code)
    if examination.kind == "imaging":
        if codes.wrong(examination.modality, codes.MODALITY):
            yield about(problem("10427", waits), examination.code)
        if not 0 < len(item.accession_number or "") <= LONGEST_ACCESSION:
            yield about(problem("10415"), examination.code)


def _taken(item: Item, tubes: dict[str, Specimen]) -> Iterator[Problem]:
    """A laboratory's item has its specimen, of a coded type, taken at a known time."""
    tube = tubes.get(item.specimen_id or "")
    if tube is None:
        yield about(problem("10386"), item.examination.code)
        return
    if codes.wrong(tube.type_code, codes.SNOMED):
        yield about(problem("10070", _changed(item.examination.id)), item.examination.code)
    if tube.collected_at is None:
        yield about(problem("10362"), item.examination.code)


def _value(result: Result) -> Iterator[str]:
    """The rules a value breaks."""
    match result.value_type:
        case "numeric" if result.value_numeric is None:
            yield "10331"
        case "numeric" if not is_ucum(result.unit or ""):
            yield "10012"
        case "coded" if not (result.value_display or (result.value_code and result.value_system)):
            yield "10297"
        case "text" if not result.value_text:
            yield "10331"


def _found(item: Item) -> Iterator[Problem]:
    """Every item has results, each with its code and a value."""
    if not item.results:
        yield about(problem("10385"), item.examination.code)
    for result in item.results:
        waits = _changed(result.examination_id or item.examination.id)
        code, _ = analyte(result, item)
        # Where the item itself is the test, its code was judged already.
        if item.examination.kind == "panel" and codes.wrong(code, codes.LOINC):
            yield about(problem("10010", waits), result.code)
        for rule in _value(result):
            yield about(problem(rule, waits if rule in ("10012", "10297") else None), result.code)


def _concluded(item: Item) -> Iterator[Problem]:
    """Images say nothing by themselves: their report needs a conclusion."""
    if item.examination.kind == "imaging" and not item.conclusion:
        reason = "Laporan radiologi ini belum mempunyai kesimpulan. Tulis kesimpulannya."
        told = Problem(reason, Role.DOCTOR, "diagnostic_order_items.conclusion")
        yield about(told, item.examination.code)
    if item.conclusion_code and codes.wrong(item.conclusion_code, codes.ICD10):
        yield about(problem("10074"), item.examination.code)


def check(snapshot: OrderSnapshot) -> Iterator[Problem]:
    """Item by item; an order that is not final yet is told as that alone."""
    order = snapshot.order
    if not snapshot.reported:
        reason = "Hasil permintaan ini belum difinalkan. Verifikasi dan finalkan hasilnya."
        yield Problem(reason, Role.LAB, "diagnostic_orders.state")
        return
    tubes = {row.id: row for row in snapshot.specimens}
    for item in snapshot.standing:
        yield from _asked(item)
        if order.category == "laboratory":
            yield from _taken(item, tubes)
        yield from _found(item)
        yield from _concluded(item)
    if order.diagnosis_code and codes.wrong(order.diagnosis_code, codes.ICD10):
        told = problem("10064")
        spaces = "Ada spasi di depan atau di belakang kode diagnosis. Hapus spasinya, lalu simpan lagi."
        yield replace(told, reason=spaces) if codes.spaced(order.diagnosis_code) else told
