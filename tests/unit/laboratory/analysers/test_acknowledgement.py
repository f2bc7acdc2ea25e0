"""The answers, letter for letter."""

from datetime import UTC, datetime

from tests.unit.laboratory.analysers.messages import MSH, OBR, message
from workers.laboratory.analysers.acknowledgement import Verdict, acknowledgement
from workers.laboratory.analysers.reader import Header, read

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OBX = "OBX|1|NM|WBC||5.4"


def header(msh: str = MSH) -> Header:
    """The header of a message."""
    found = read(message(OBR, OBX, msh=msh)).header
    assert found is not None
    return found


def test_accepted() -> None:
    """MSH turned round, MSA, no ERR."""
    assert (
        b"MSH|^~\\&|KLINIK|LIS|APP|LAB|20261124010000+0000||ACK^R01^ACK|A1|P|2.5.1||||||UNICODE UTF-8\r"
        b"MSA|AA|42|Received\r"
    ) == acknowledgement(header(), Verdict("AA", "Received"), NOW, "A1")


def test_an_error_has_its_code() -> None:
    """ERR as of v2.5."""
    lines = acknowledgement(header(), Verdict("AE", "Away.", 207), NOW, "A1").decode().split("\r")
    assert ["MSA|AE|42|Away.", "ERR|||207^Application internal error^HL70357|E||||Away.", ""] == lines[1:]


def test_an_error_before_version_2_5_has_it_elsewhere() -> None:
    """ERR-1 was the only field."""
    old = MSH.replace("|2.5.1|", "|2.3.1|").replace("^ORU_R01", "")
    lines = acknowledgement(header(old), Verdict("AR", "No.", 200), NOW, "A1").decode().split("\r")
    assert "|ACK^R01|A1|" in lines[0]
    assert "ERR|^^^200&Unsupported message type&HL70357" == lines[2]


def test_the_senders_own_separators_are_kept() -> None:
    """It may not know others; and what holds one is escaped."""
    own = "MSH$*@!%$A!F!P$$$$$$ORU*R01$4!S!2$P$2.5"
    found = read(own.encode() + b"\rOBR$1\rOBX$1$NM$K$$1\r").header
    text = acknowledgement(found, Verdict("AE", "a $ b", 207), NOW, "A1").decode()
    assert text.startswith("MSH$*@!%$$$A!F!P$")
    assert "MSA$AE$4!S!2$a !F! b\r" in text


def test_what_was_no_message_is_answered_too() -> None:
    """With the usual separators."""
    text = acknowledgement(None, Verdict("AE", "x", 100), NOW, "A1")
    assert text.startswith(b"MSH|^~\\&|||||20261124010000+0000||ACK|A1|P|2.5.1\rMSA|AE||x\rERR|||100^")
