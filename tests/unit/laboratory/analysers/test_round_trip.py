"""What the simulated analyser builds is what the reader reads, in any dialect; and no bytes bring the reader down."""

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.analyser.dialect import Dialect
from sandbox.analyser.message import Reading, Sample, Sender, oru
from tests.unit.laboratory.analysers.messages import MSH, message
from workers.laboratory.analysers.reader import Message, Refusal, read

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=7)))
SIGNS = st.sampled_from(["|^~\\&", "$*@!%", "#:;?+"])
CHARSETS = st.sampled_from(
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "iso8859-1"), ("", "utf-8"), ("UNICODE UTF-8", "iso8859-1")]
)
LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc", "Cf", "Zs"])
WORDS = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(lambda text: text not in {"", '""'})
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-99999, max_value=99999, places=3).map(
    lambda number: f"{number:f}".replace("-0.000", "0.000")
)
VALUES: dict[Any, st.SearchStrategy[str]] = {
    "NM": NUMBERS, "ST": WORDS, "TX": WORDS, "CWE": WORDS,
    "SN": st.tuples(st.sampled_from(["<", "<=", ">", ">="]), NUMBERS.map(lambda n: n.lstrip("-"))).map("".join),
}  # fmt: skip


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    """Menus as technicians set them."""
    charset, codec = draw(CHARSETS)
    return Dialect(
        draw(SIGNS), draw(st.sampled_from(["2.3.1", "2.5.1", "2.8"])), charset, codec,
        draw(st.sampled_from(["\r", "\n", "\r\n"])), draw(st.sampled_from(["+0700", ""])),
        draw(st.sampled_from(["SPM-2", "OBR-3", "OBR-2", "ORC-2"])),
    )  # fmt: skip


@st.composite
def taken_readings(draw: st.DrawFn) -> Reading:
    """One analyte."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    words = st.one_of(st.just(""), WORDS)
    return Reading(draw(WORDS), draw(VALUES[kind]), draw(WORDS), kind, draw(WORDS), draw(words), "H", draw(words))


SAMPLES = st.lists(
    st.builds(
        Sample, WORDS,
        st.lists(taken_readings(), min_size=1, max_size=5, unique_by=lambda one: one.code).map(tuple), WORDS,
    ), min_size=1, max_size=3,
)  # fmt: skip


@given(SAMPLES, dialects(), WORDS, WORDS)
def test_what_is_built_is_what_is_read(samples: list[Sample], dialect: Dialect, name: str, control_id: str) -> None:
    """Numbers of tubes, codes, values, units and notes, through every separator and character set."""
    found = read(oru(Sender(name, "LAB"), control_id, samples, NOW, dialect))
    assert isinstance(found, Message), found
    assert (name, control_id, NOW) == (found.header.sending_application, found.header.control_id, found.sent_at)
    told = [(sample, reading) for sample in samples for reading in sample.readings]
    for (sample, reading), seen in zip(told, found.observations, strict=True):
        assert (sample.accession, sample.patient_number) == (seen.accession_number, seen.patient_number)
        assert (reading.code, reading.name, reading.note or None) == (seen.code, seen.name, seen.note)
        assert (reading.unit, reading.flags, reading.status, None) == (seen.unit, seen.flags, seen.status, seen.problem)
        assert reading.value == shown(reading, seen.as_json())


def shown(reading: Reading, seen: dict[str, Any]) -> str:
    """What a display would show of an observation."""
    if reading.kind in {"NM", "SN"}:
        return f"{seen['comparator'] or ''}{seen['numeric']}"
    return str(seen["coded"] if reading.kind == "CWE" else seen["text"])


@given(SAMPLES, dialects())
def test_sent_again_it_is_the_same(samples: list[Sample], dialect: Dialect) -> None:
    """By its fingerprint, though the header has another time."""
    first, again = (read(oru(Sender("A", ""), "1", samples, at, dialect)) for at in (NOW, NOW + timedelta(hours=1)))
    assert isinstance(first, Message)
    assert isinstance(again, Message)
    assert first.sha256 == again.sha256


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Never a crash."""
    assert isinstance(read(raw), Message | Refusal)
    assert isinstance(read(b"MSH|^~\\&" + raw), Message | Refusal)


@given(st.lists(st.text(st.sampled_from("|^~\\&\r\n\t\x00OBXRPIDSMC<>=.,0519XTF\"'ñ\ud7ff"), max_size=60), max_size=8))
def test_any_fields_are_read_or_refused(fields: list[str]) -> None:
    """Behind a good header; and what is handed over has no sign that the database would refuse."""
    for start in ("OBX|1|NM|", "OBX|1|SN|", "OBX|1|CWE|", "OBX|1|FT|", "OBX|1|", "OBR|", "SPM|", "PID|", "NTE|1||"):
        found = read(message("OBR|1", "OBX|1|NM|K||4.1", start + "|".join(fields), msh=MSH))
        if isinstance(found, Message):
            assert "\x00" not in repr(found.as_json()).replace("\\x00", "\x00")


@given(SAMPLES, dialects(), st.data())
def test_a_damaged_message_is_read_or_refused(samples: list[Sample], dialect: Dialect, data: st.DataObject) -> None:
    """A byte lost or changed anywhere."""
    raw = bytearray(oru(Sender("A", "B"), "1", samples, NOW, dialect))
    at = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw[at] = data.draw(st.integers(0, 255))
    else:
        del raw[at]
    assert isinstance(read(bytes(raw)), Message | Refusal)
