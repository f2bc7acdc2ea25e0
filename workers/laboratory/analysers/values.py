"""The value of one OBX by its type (OBX-2); what cannot be read says why, in Indonesian, for the laboratory."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workers.laboratory.analysers.segments import Segment

ValueType = Literal["numeric", "coded", "text", "none"]

NUMBERS = {"NM"}
STRUCTURED = {"SN"}
CODES = {"CE", "CWE", "CNE", "CF", "IS", "ID"}
TEXTS = {"ST", "TX", "FT"}
TIMES = {"DT", "TM", "TS", "DTM"}
DATA = {"ED", "RP"}

COMMA = "Angka memakai koma desimal; periksa nilai pada alat."
NO_NUMBER = "Alat mengirim tanda, bukan angka; periksa nilai pada alat."
SEVERAL = "Alat mengirim beberapa nilai untuk satu pemeriksaan; pilih yang benar."
EMBEDDED = "Alat mengirim gambar atau berkas; unggah sebagai berkas hasil bila diperlukan."
UNKNOWN_TYPE = "Jenis nilai dari alat tidak dikenal; periksa nilai pada alat."

LONGEST_NUMBER = 40
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_COMPARED = re.compile(r"\s*(<=|>=|<|>)?\s*(\S*)\s*")
_COMMA = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*,[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Value:
    """What was measured. A number is the decimal text that was sent: no digit is added, dropped or rounded."""

    value_type: ValueType
    numeric: str | None = None
    comparator: str | None = None
    coded: str | None = None
    text: str | None = None
    problem: str | None = None


NOTHING = Value("none")


def value(obx: Segment) -> Value:
    """Read OBX-5."""
    kind, whole = obx.text(2).upper(), list(obx.wholes(5))
    if kind in DATA and whole:
        return Value("text", text="\n".join(whole), problem=EMBEDDED)
    if not whole:
        return NOTHING
    if kind in TEXTS:
        return _text("\n".join(whole))
    if kind in TIMES:
        return Value("text", text="\n".join(whole))
    if len(whole) > 1:
        return Value("text", text="\n".join(whole), problem=SEVERAL)
    return _one(kind, obx, whole[0])


def prose(lines: Iterable[Segment]) -> Value:
    """A text that came as one OBX a line."""
    text = "\n".join(whole for obx in lines for whole in obx.wholes(5))
    return Value("text", text=text) if text else NOTHING


def _one(kind: str, obx: Segment, whole: str) -> Value:
    if kind in NUMBERS:
        return _number(whole)
    if kind in STRUCTURED:
        return _structured(*(obx.text(5, component) for component in (1, 2, 3, 4)))
    if kind in CODES:
        # CWE-9 is the original text, for a value that has no code.
        return _code(obx.text(5, 1), obx.text(5, 2) or obx.text(5, 9))
    return Value("text", text=whole, problem=UNKNOWN_TYPE)


def decimal(text: str) -> str | None:
    """A decimal without sign of plus or dangling point, every digit kept; None when it is none."""
    found = _NUMBER.fullmatch(text)
    if found is None or len(text) > LONGEST_NUMBER:
        return None
    sign, whole, part = found.groups()
    if not whole and not part:
        return None
    return ("-" if sign == "-" else "") + (whole or "0") + (f".{part}" if part else "")


def _compared(text: str) -> tuple[str | None, str | None]:
    """``<0.01`` in two: its comparator and its number; no number when it is anything else."""
    found = _COMPARED.fullmatch(text)
    return (found.group(1), decimal(found.group(2))) if found else (None, None)


def _number(text: str) -> Value:
    # A number out of the measuring range comes as `<0.01` from analysers that do not know SN.
    comparator, number = _compared(text)
    if number is not None:
        return Value("numeric", numeric=number, comparator=comparator)
    comma = _COMMA.fullmatch(text.lstrip("<>= "))
    return Value("text", text=text, problem=COMMA if comma else NO_NUMBER)


def _structured(comparator: str, first: str, separator: str, second: str) -> Value:
    """SN, HL7 v2.5.1 §2.A.70: one number is a number; a range, a titre or a ratio is a text."""
    number = decimal(first)
    if not separator and not second and comparator in {"", "=", "<", "<=", ">", ">="}:
        if number is not None:
            return Value("numeric", numeric=number, comparator=comparator.strip("=") and comparator)
        return _number(f"{comparator}{first}")
    return Value("text", text=f"{comparator}{first}{separator}{second}")


def _code(code: str, text: str) -> Value:
    if code:
        return Value("coded", coded=code, text=text or None)
    return Value("text", text=text) if text else NOTHING


def _text(text: str) -> Value:
    """A text; when it is a number through and through, the number beside it: the catalogue knows which is meant."""
    comparator, number = _compared(text)
    return Value("text", text=text, numeric=number, comparator=comparator if number is not None else None)
