"""From the segments of an ORU^R01 to observations: whose they are, of which specimen, and when."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import tzinfo
from itertools import groupby
from typing import Any

from workers.laboratory.analysers.accession import accession
from workers.laboratory.analysers.groups import Group, Reported
from workers.laboratory.analysers.segments import Segment
from workers.laboratory.analysers.times import moment
from workers.laboratory.analysers.values import NOTHING, Value, ValueType, prose, value

NO_CODE = "Alat tidak menyebut kode pemeriksaan."
NO_RESULT = "Alat mengirim permintaan tanpa hasil; lihat catatannya."
TWICE = "Alat mengirim pemeriksaan yang sama lebih dari sekali; pilih yang benar."
TWO_SPECIMENS = "Alat menyebut dua nomor spesimen untuk satu hasil; pilih yang benar."
ENTERED = "R"
"""HL7 table 0085: entered, not verified. What an analyser says when it says nothing of the status."""
_LINES = {"TX", "FT"}


@dataclass(frozen=True, slots=True)
class Observation:
    """One value as the analyser sent it, in the words of ``receive_results``."""

    accession_number: str | None
    code: str
    name: str | None
    value_type: ValueType
    numeric: str | None
    comparator: str | None
    coded: str | None
    text: str | None
    unit: str | None
    flags: str | None
    status: str
    observed_at: str | None
    patient_number: str | None
    note: str | None
    problem: str | None

    def as_json(self) -> dict[str, Any]:
        """The keys of the contract."""
        return asdict(self)


def observations(groups: Iterable[Group], zone: tzinfo) -> Iterator[Observation]:
    """All of a message, in its order."""
    for group in groups:
        if group.reported:
            yield from _distinct([_observation(group, lines, zone) for lines in _joined(group.reported)])
        elif group.request is not None:
            yield _empty(group, group.request, zone)


def _joined(reported: list[Reported]) -> Iterator[list[Reported]]:
    """A text of several lines comes as several OBX of one code; everything else stands alone."""

    def text_of(one: Reported) -> tuple[object, ...]:
        lines = one.obx.text(2).upper() in _LINES
        return ("lines", *_code(one.obx, 3), one.obx.text(11)) if lines else ("alone", id(one))

    return (list(lines) for _, lines in groupby(reported, text_of))


def _distinct(found: list[Observation]) -> list[Observation]:
    """Which of two values counts is for a person to say."""
    times = Counter(one.code for one in found)
    return [replace(one, problem=one.problem or TWICE) if times[one.code] > 1 else one for one in found]


def _observation(group: Group, lines: list[Reported], zone: tzinfo) -> Observation:
    obx = lines[0].obx
    read = value(obx) if len(lines) == 1 else prose(line.obx for line in lines)
    code, name = _code(obx, 3)
    status = obx.text(11) or (group.request.text(25) if group.request else "")
    measured = moment(obx.text(14), zone) or (moment(group.request.text(7), zone) if group.request else None)
    number, doubt = _accession(group)
    return Observation(
        number, code, name, **_fields(read),
        unit=_unit(obx), flags=",".join(obx.wholes(8)) or None, status=status[:1].upper() or ENTERED,
        observed_at=measured.isoformat() if measured else None, patient_number=_patient(group),
        note="\n".join([*group.notes, *(note for line in lines for note in line.notes)]) or None,
        problem=read.problem or (None if code else NO_CODE) or doubt,
    )  # fmt: skip


def _empty(group: Group, request: Segment, zone: tzinfo) -> Observation:
    """A request that came without a result: its notes may say that the sample clotted."""
    code, name = _code(request, 4)
    measured = moment(request.text(7), zone)
    return Observation(
        _accession(group)[0], code, name, **_fields(NOTHING),
        unit=None, flags=None, status=request.text(25)[:1].upper() or ENTERED,
        observed_at=measured.isoformat() if measured else None, patient_number=_patient(group),
        note="\n".join(group.notes) or None, problem=NO_RESULT,
    )  # fmt: skip


def _fields(read: Value) -> dict[str, Any]:
    return {
        "value_type": read.value_type, "numeric": read.numeric, "comparator": read.comparator or None,
        "coded": read.coded, "text": read.text,
    }  # fmt: skip


def _code(segment: Segment, field: int) -> tuple[str, str | None]:
    """Code and name of a CE: its first code, or the alternative one (``^^^WBC``), or its name alone."""
    code, name = (segment.text(field, 1), segment.text(field, 2))
    code = code or segment.text(field, 4) or name
    return code, name or segment.text(field, 5) or None


def _unit(obx: Segment) -> str | None:
    """OBX-6: its code, or its text. A careless ``10^9/L`` is one unit, not the code 10."""
    code = obx.text(6, 1)
    if code.isdigit() and obx.text(6, 2):
        return obx.whole(6)
    return code or obx.text(6, 2) or None


def _patient(group: Group) -> str | None:
    return (group.patient.text(3) or None) if group.patient else None


def _accession(group: Group) -> tuple[str | None, str | None]:
    """The number, and why it is not sure."""
    specimens = {number for spm in group.specimens if (number := accession([spm], None, None))}
    number = accession(group.specimens, group.request, group.order)
    return number, TWO_SPECIMENS if len(specimens) > 1 else None
