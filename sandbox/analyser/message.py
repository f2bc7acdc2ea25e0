"""An ORU^R01 as an analyser composes it, from what it has measured."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sandbox.analyser.dialect import Dialect

Kind = Literal["NM", "SN", "ST", "TX", "CWE"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One analyte. ``value`` is what the display shows: ``5.40``, ``<0.01``, ``POS``, a text."""

    code: str
    value: str
    unit: str = ""
    kind: Kind = "NM"
    name: str = ""
    display: str = ""
    """The words of a coded value."""
    flags: str = ""
    note: str = ""
    status: str = "F"


@dataclass(frozen=True, slots=True)
class Sample:
    """A tube and what was measured in it."""

    accession: str
    readings: tuple[Reading, ...] = field(default=())
    patient_number: str = ""


Given = Reading | tuple[str, str, str]


def readings(given: Iterable[Given]) -> tuple[Reading, ...]:
    """Readings as they are, and (code, value, unit) by what the value looks like."""
    return tuple(one if isinstance(one, Reading) else Reading(*one, kind=_kind(one[1])) for one in given)


def _kind(value: str) -> Kind:
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return "NM"
    return "SN" if re.fullmatch(r"[<>]=?[0-9]+(\.[0-9]+)?", value) else "ST"


@dataclass(frozen=True, slots=True)
class Sender:
    """The names an analyser goes by."""

    application: str
    facility: str


def oru(sender: Sender, control_id: str, samples: Sequence[Sample], sent_at: datetime, dialect: Dialect) -> bytes:
    """One message; sent again it differs in the time of sending alone."""
    lines = [_header(sender, control_id, sent_at, dialect), *body(samples, dialect)]
    return (dialect.line_end.join(lines) + dialect.line_end).encode(dialect.codec, "replace")


def body(samples: Sequence[Sample], dialect: Dialect) -> list[str]:
    """Everything after the MSH."""
    return [line for number, sample in enumerate(samples, 1) for line in _sample(number, sample, dialect)]


def _header(sender: Sender, control_id: str, sent_at: datetime, dialect: Dialect) -> str:
    names = [dialect.quoted(name) for name in (sender.application, sender.facility, "KLINIK", "LAB")]
    stamp, kind = f"{sent_at:%Y%m%d%H%M%S}{dialect.zone}", dialect.parts("ORU", "R01", "ORU_R01")
    start = "MSH" + dialect.separators[0] + dialect.separators[1:]
    return dialect.segment(start, *names, stamp, "", kind, dialect.quoted(control_id), dialect.processing_id,
                           dialect.version, "", "", "", "", "", dialect.charset)  # fmt: skip


def _sample(number: int, sample: Sample, dialect: Dialect) -> list[str]:
    tube = dialect.quoted(sample.accession)

    def named(place: str) -> str:
        return tube if dialect.number_in == place else ""

    lines = [dialect.segment("PID", str(number), "", dialect.quoted(sample.patient_number))]
    if dialect.number_in == "ORC-2":
        lines.append(dialect.segment("ORC", "RE", named("ORC-2")))
    panel = dialect.parts("PANEL", "Panel", "99LAB")
    lines.append(dialect.segment("OBR", str(number), named("OBR-2"), named("OBR-3"), panel))
    for position, reading in enumerate(sample.readings, 1):
        lines += _observation(position, reading, dialect)
    if dialect.number_in == "SPM-2":
        lines.append(dialect.segment("SPM", "1", named("SPM-2")))
    return lines


def _observation(position: int, reading: Reading, dialect: Dialect) -> list[str]:
    code = dialect.parts(reading.code, reading.name, "99LAB" if reading.name else "")
    obx = dialect.segment(
        "OBX", str(position), reading.kind, code, "", _value(reading, dialect), dialect.quoted(reading.unit),
        "", dialect.quoted(reading.flags), "", "", reading.status,
    )  # fmt: skip
    note = dialect.segment("NTE", "1", "", dialect.quoted(reading.note))
    return [obx, note] if reading.note else [obx]


def _value(reading: Reading, dialect: Dialect) -> str:
    match reading.kind:
        case "CWE":
            return dialect.parts(reading.value, reading.display, "99LAB" if reading.value else "")
        case "SN":
            number = reading.value.lstrip("<>=")
            return dialect.parts(reading.value[: len(reading.value) - len(number)], number)
        case _:
            return dialect.quoted(reading.value)
