"""What is read of an ORU^R01, what is refused, and in whose name."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.unit.laboratory.analysers.messages import MSH, OBR, message, one, refused, taken
from workers.laboratory.analysers import values
from workers.laboratory.analysers.observations import TWICE
from workers.laboratory.analysers.reader import MOST_PARTS, Message, read

OBX = "OBX|1|NM|WBC||5.4|10*9/L|||||F"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("5.40", "5.40"), ("+5.4", "5.4"), ("-0.10", "-0.10"), (".5", "0.5"), ("5.", "5"), ("007", "007"),
     ("1234567890.12345678901234567", "1234567890.12345678901234567")],
)  # fmt: skip
def test_a_number_is_the_text_that_was_sent(sent: str, expected: str) -> None:
    """No digit is rounded, added or dropped."""
    seen = one(f"OBX|1|NM|WBC||{sent}")
    assert ("numeric", expected, None) == (seen.value_type, seen.numeric, seen.problem)


@pytest.mark.parametrize("sent", ["5,4", "1.234,5", "<0,01", "12,345"])
def test_a_decimal_comma_is_a_problem(sent: str) -> None:
    """12,345 may be twelve or twelve thousand; a person looks at the analyser."""
    seen = one(f"OBX|1|NM|WBC||{sent}")
    assert (values.COMMA, None, sent) == (seen.problem, seen.numeric, seen.text)


@pytest.mark.parametrize(
    "sent", ["----", "****", "5 4", "1e3", "NaN", "inf", "٥", "5.4.1", "--5", ".", "9" * 41, "0x1F"]
)
def test_what_is_no_number_is_a_problem(sent: str) -> None:
    """And stays to be seen."""
    seen = one(f"OBX|1|NM|WBC||{sent}")
    assert (values.NO_NUMBER, None, sent) == (seen.problem, seen.numeric, seen.text)


@pytest.mark.parametrize(
    ("sent", "comparator", "numeric"),
    [("SN|X||<^0.01", "<", "0.01"), ("SN|X||>=^5", ">=", "5"), ("SN|X||^5", None, "5"), ("SN|X||=^5", None, "5"),
     ("NM|X||<0.01", "<", "0.01"), ("NM|X||> 100", ">", "100")],
)  # fmt: skip
def test_a_comparator_stands_beside_its_number(sent: str, comparator: str | None, numeric: str) -> None:
    """Out of range is a number with a sign before it, also from an analyser that does not know SN."""
    seen = one(f"OBX|1|{sent}")
    assert ("numeric", comparator, numeric, None) == (seen.value_type, seen.comparator, seen.numeric, seen.problem)


@pytest.mark.parametrize(("sent", "text"), [("^10^-^20", "10-20"), ("^1^:^128", "1:128"), ("^2^+", "2+")])
def test_a_range_or_titre_is_a_text(sent: str, text: str) -> None:
    """SN that is no single number."""
    seen = one(f"OBX|1|SN|X||{sent}")
    assert ("text", text, None) == (seen.value_type, seen.text, seen.numeric)


def test_a_number_sent_as_text_is_both() -> None:
    """The catalogue knows which is meant."""
    seen = one("OBX|1|ST|SG||1.025")
    assert ("text", "1.025", "1.025") == (seen.value_type, seen.text, seen.numeric)
    assert one("OBX|1|ST|PRO||1+").numeric is None


def test_empty_and_explicit_null_are_no_value() -> None:
    """Neither zero nor a text."""
    for field in ("", '""', "  "):
        seen = one(f"OBX|1|NM|K||{field}|mmol/L|||||X")
        assert ("none", None, None, "X") == (seen.value_type, seen.numeric, seen.text, seen.status)


def test_embedded_data_is_kept_and_shown_as_a_problem() -> None:
    """A histogram is no value; it is not lost either."""
    seen = one("OBX|1|ED|HIST||^Image^BMP^Base64^Qk0=")
    assert (values.EMBEDDED, "^Image^BMP^Base64^Qk0=") == (seen.problem, seen.text)


def test_the_same_code_twice_is_for_a_person() -> None:
    """A rerun: nobody here knows which one counts."""
    found = taken(OBR, OBX, "OBX|2|NM|WBC||5.6|10*9/L|||||F", "OBX|3|NM|RBC||4.1").observations
    assert [TWICE, TWICE, None] == [seen.problem for seen in found]


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (("ORC|RE|o2|o3", "OBR|1|r2|r3", OBX, "SPM|1|s1^s2"), "s1"),
        (("ORC|RE|o2|o3", "OBR|1|r2|r3", OBX, "SPM|1|^s2"), "s2"),
        (("ORC|RE|o2|o3", "OBR|1|r2|r3", OBX), "r3"),
        (("ORC|RE|o2|o3", "OBR|1|r2", OBX), "r2"),
        (("ORC|RE|o2|o3", "OBR|1", OBX), "o3"),
        (("ORC|RE|o2", "OBR|1", OBX), "o2"),
        (("ORC|RE|L2611240012", "OBR|1|r2|r3", OBX, "SPM|1|s1"), "L2611240012"),
        (("OBR|1|L2611240012|000123", OBX), "L2611240012"),
        (("OBR|1", OBX), None),
        ((OBX,), None),
    ],
)
def test_the_accession_number_is_looked_for_in_order(segments: tuple[str, ...], expected: str | None) -> None:
    """SPM-2, OBR-3, OBR-2, ORC; what looks like a label of ours comes before all."""
    assert expected == taken("PID|1", *segments).observations[0].accession_number


def test_an_order_number_is_of_one_group() -> None:
    """A group that names nothing does not inherit from the one before."""
    found = taken("PID|1||A", "ORC|RE|L2611240001", "OBR|1", OBX, "OBR|2", OBX, "PID|2||B", "OBR|1", OBX).observations
    assert [("A", "L2611240001"), ("A", None), ("B", None)] == [(o.patient_number, o.accession_number) for o in found]


def test_specimens_that_lead_hold_for_what_follows() -> None:
    """Some put the SPM above its OBR, against the grammar."""
    found = taken("PID|1", "SPM|1|L2611240001A", "OBR|1", OBX, "OBR|2", OBX, "SPM|2|L2611240002A", "OBR|3", OBX)
    assert ["L2611240001A", "L2611240001A", "L2611240002A"] == [o.accession_number for o in found.observations]


def test_times_take_the_zone_that_is_nearest() -> None:
    """Their own, that of MSH-7, that of the clinic."""
    at = datetime(2026, 11, 24, 1, 15, tzinfo=UTC)
    bare = MSH.replace("+0700", "")
    eastern = MSH.replace("+0700", "+0900")
    for msh, sent in ((bare, "202611241015+0900"), (eastern, "202611241015"), (bare, "202611240815")):
        seen = taken(OBR, f"OBX|1|NM|K||4.1||||||F|||{sent}", msh=msh).observations[0]
        assert seen.observed_at is not None
        assert at == datetime.fromisoformat(seen.observed_at)
    makassar = read(message(OBR, "OBX|1|NM|K||4.1||||||F|||202611240915", msh=bare), ZoneInfo("Asia/Makassar"))
    assert isinstance(makassar, Message)
    assert "2026-11-24T09:15:00+08:00" == makassar.observations[0].observed_at


@pytest.mark.parametrize("sent", ["20261124", "2026", "20261324100000", "20261124250000", "0001010100", "x"])
def test_a_day_is_no_moment(sent: str) -> None:
    """Midnight would be a guess."""
    assert one(f"OBX|1|NM|K||4.1||||||F|||{sent}").observed_at is None


def test_the_time_of_collection_stands_in() -> None:
    """OBR-7, where OBX-14 says nothing."""
    seen = taken("OBR|1||L1|K|||20261124070000", "OBX|1|NM|K||4.1").observations[0]
    assert "2026-11-24T07:00:00+07:00" == seen.observed_at


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("", "ascii"), ("ASCII", "ascii"), ("8859/1", "iso8859-1"), ("UNICODE UTF-8", "utf-8"), ("8859/15", "iso8859-15"),
     ("GB 18030-2000", "gb18030")],
)  # fmt: skip
def test_characters_are_read_as_declared(declared: str, codec: str) -> None:
    """Without a remark."""
    name = "Jose" if codec == "ascii" else "钾" if codec == "gb18030" else "José µ"
    found = taken(OBR, f"OBX|1|NM|K^{name}||4.1", msh=MSH.replace("UNICODE UTF-8", declared), codec=codec)
    assert (name, None) == (found.observations[0].name, found.remark)


@pytest.mark.parametrize(
    ("declared", "codec"), [("UNICODE UTF-8", "iso8859-1"), ("8859/1", "utf-8"), ("", "utf-8"), ("KLINGON", "utf-8")]
)
def test_a_wrong_declaration_loses_nothing(declared: str, codec: str) -> None:
    """The message is read, and what was done is said."""
    found = taken(OBR, "OBX|1|NM|K^José||4.1", msh=MSH.replace("UNICODE UTF-8", declared), codec=codec)
    assert "José" == found.observations[0].name
    assert found.remark is not None
    assert codec in found.remark


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_segments_end_as_they_like(end: str) -> None:
    """CR is the rule; the others happen."""
    raw = end.join([MSH, OBR, OBX, "NTE|1||late"]).encode()
    found = read(raw)
    assert isinstance(found, Message)
    assert ["late"] == [seen.note for seen in found.observations]


def test_a_line_end_within_a_text_is_a_line_of_it() -> None:
    """Where CR ends the segments."""
    assert "one\ntwo" == one("OBX|1|TX|T||one\ntwo").text


def test_a_sent_again_message_has_the_same_content() -> None:
    """Only its MSH differs; other results differ."""
    later = MSH.replace("20261124080000", "20261124090000")
    first, again = taken(OBR, OBX), taken(OBR, OBX, msh=later)
    assert first.sha256 == again.sha256
    assert first.sha256 != taken(OBR, OBX.replace("5.4", "5.5")).sha256


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ORU^R01^ORU_R01", "ADT^A01", ("AR", 200)),
        ("ORU^R01^ORU_R01", "ORU^W01", ("AR", 201)),
        ("|P|", "|Q|", ("AR", 202)),
        ("|P|", "|T|", ("AR", 202)),
        ("|P|", "|D|", ("AR", 202)),
        ("|P|", "||", ("AR", 202)),
        ("|2.5.1|", "|3.0|", ("AR", 203)),
        ("|42|", "||", ("AE", 101)),
        ("|42|", f"|{'4' * 200}|", ("AE", 102)),
    ],
)
def test_a_header_may_be_refused(before: str, after: str, expected: tuple[str, int]) -> None:
    """HL7 table 0357 says why."""
    found = refused(OBR, OBX, msh=MSH.replace(before, after))
    assert expected == (found.acknowledgement, found.error)


@pytest.mark.parametrize("broken", ["X|1|NM|WBC||5.4", "obx|1", "OBX;1", "5.4|10*9/L", MSH, "\x01\x02"])
def test_an_unreadable_segment_is_named_by_its_place(broken: str) -> None:
    """One sentence, nothing of its content, and nothing is filed by halves."""
    found = refused(OBR, OBX, broken)
    assert "AE" == found.acknowledgement
    assert "Segment 4" in found.text
    assert "5.4" not in found.text


def test_nothing_to_file_is_said() -> None:
    """No result, no header, no message."""
    assert ("AE", 100) == (refused("PID|1").acknowledgement, refused("PID|1").error)
    for raw in (b"", b"MSH", b"MSH|", b"BHS|^~\\&", b"\x00", b"MSHAAAAA", b"MSH|^^^^|", b"MSH" + "µ^~\\&µ".encode()):
        found = read(raw)
        assert not isinstance(found, Message)


def test_a_message_of_separators_is_refused() -> None:
    """Before anything is built of it."""
    assert "AE" == refused(OBR, "OBX" + "|" * (MOST_PARTS + 1)).acknowledgement
    assert "AE" == refused(msh=MSH + "|" * MOST_PARTS).acknowledgement
