"""From the bytes of one HL7 v2 message to what ``receive_results`` takes, or to why it cannot be taken. Pure."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

from workers.laboratory.analysers.charset import Decoded, decode
from workers.laboratory.analysers.delimiters import Delimiters, delimiters
from workers.laboratory.analysers.groups import grouped
from workers.laboratory.analysers.observations import Observation, observations
from workers.laboratory.analysers.segments import Segment, split
from workers.laboratory.analysers.times import moment, zone_of

JAKARTA = ZoneInfo("Asia/Jakarta")
MOST_PARTS = 100_000
"""Separators in one message: python-hl7 makes an object of each part, and a megabyte of separators is no result."""
MOST_PARTS_OF_A_HEADER = 1000
LONGEST_CONTROL_ID = 199
"""HL7 v2.7; 20 letters before."""
_ENDS = r"\r\n?|\n(?=[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s])"

# HL7 table 0357.
SEGMENT_SEQUENCE_ERROR = 100
REQUIRED_FIELD_MISSING = 101
DATA_TYPE_ERROR = 102
UNSUPPORTED_MESSAGE_TYPE = 200
UNSUPPORTED_EVENT_CODE = 201
UNSUPPORTED_PROCESSING_ID = 202
UNSUPPORTED_VERSION_ID = 203
UNKNOWN_KEY_IDENTIFIER = 204
APPLICATION_INTERNAL_ERROR = 207


@dataclass(frozen=True, slots=True)
class Header:
    """What an answer needs of the MSH, and who sent it."""

    signs: Delimiters
    codec: str
    charset: str
    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    sent_at_text: str
    message_type: tuple[str, str, str]
    control_id: str
    processing_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Message:
    """A readable ORU^R01; ``remark`` is one English sentence for whoever looks after the analyser, or None."""

    header: Header
    sha256: str
    sent_at: datetime | None
    observations: tuple[Observation, ...]
    remark: str | None

    def as_json(self) -> dict[str, Any]:
        """``p_message`` of ``receive_results``."""
        header = self.header
        return {
            "sending_application": header.sending_application, "sending_facility": header.sending_facility,
            "control_id": header.control_id, "sha256": self.sha256, "message_type": "ORU^R01",
            "version": header.version, "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "observations": [observation.as_json() for observation in self.observations],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not taken: ``header`` is None when not even that could be read."""

    header: Header | None
    acknowledgement: Literal["AE", "AR"]
    error: int
    """HL7 table 0357."""
    text: str
    """One English sentence without patient data."""


def read(raw: bytes, zone: tzinfo = JAKARTA) -> Message | Refusal:
    """Read one message; ``zone`` holds for times that name none, unless MSH-7 does. Never raises on content."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\x00")
    if not raw.startswith(b"MSH"):
        return Refusal(None, "AE", SEGMENT_SEQUENCE_ERROR, "The message does not begin with an MSH segment.")
    decoded, lines = _lines(raw)
    signs = delimiters(lines[0])
    if signs is None:
        return Refusal(None, "AE", DATA_TYPE_ERROR, "The separators of MSH-1 and MSH-2 cannot be told apart.")
    if _parts(lines[:1], signs) > MOST_PARTS_OF_A_HEADER:
        return Refusal(None, "AE", DATA_TYPE_ERROR, "The MSH segment cannot be read.")
    header = _header(lines[0], signs, decoded.codec)
    return _refused(header) or _unreadable(header, lines) or _message(header, lines, raw, decoded.remark, zone)


def _lines(raw: bytes) -> tuple[Decoded, list[str]]:
    """The segments as text. CR ends a segment (HL7 v2.5.1 §2.5.2); CR LF and LF are taken for it."""
    first = re.split(rb"[\r\n]", raw, maxsplit=1)[0]
    fields = first.split(first[3:4] or b"|")
    declared = fields[17].split(b"~")[0].decode("ascii", "replace") if len(fields) > 17 else ""
    decoded = decode(raw, declared)
    # Where CR ends the segments, an LF within a text is a line of that text.
    ends = _ENDS if "\r" in decoded.text else "\n"
    return decoded, [line.strip("\x00") for line in re.split(ends, decoded.text) if line.strip("\x00 \t\n")]


def _header(line: str, signs: Delimiters, codec: str) -> Header:
    msh = split([line], signs, codec)[0]
    return Header(
        signs, codec, msh.whole(18, 1), msh.text(3), msh.text(4), msh.text(5), msh.text(6), msh.text(7),
        (msh.text(9, 1).upper(), msh.text(9, 2).upper(), msh.text(9, 3).upper()),
        msh.text(10), msh.text(11).upper(), msh.text(12),
    )  # fmt: skip


def _refused(header: Header) -> Refusal | None:
    """What an MSH alone can be refused for, HL7 v2.5.1 §2.9.2.2."""
    kind, event, _ = header.message_type
    rules: tuple[tuple[bool, Literal["AE", "AR"], int, str], ...] = (
        (kind == "ORU", "AR", UNSUPPORTED_MESSAGE_TYPE, "Only ORU^R01 messages are taken here."),
        # Before v2.3 many left the event out.
        (event in {"R01", ""}, "AR", UNSUPPORTED_EVENT_CODE, "Of ORU messages only the event R01 is taken here."),
        # Q, for one, is the quality control of some analysers.
        # T (training) and D (debugging) are not of patients: the analyser keeps them until it is set to P.
        (header.processing_id == "P", "AR", UNSUPPORTED_PROCESSING_ID,
         "Only results of patients are filed: set the processing id (MSH-11) to P."),
        (bool(re.fullmatch(r"2\.[1-9](\.[0-9])?", header.version)), "AR", UNSUPPORTED_VERSION_ID,
         "Only HL7 versions 2.1 to 2.9 are taken here."),
        (header.control_id != "", "AE", REQUIRED_FIELD_MISSING, "The message control id (MSH-10) is missing."),
        (len(header.control_id) <= LONGEST_CONTROL_ID, "AE", DATA_TYPE_ERROR,
         "The message control id (MSH-10) is too long."),
    )  # fmt: skip
    return next((Refusal(header, code, error, text) for holds, code, error, text in rules if not holds), None)


def _unreadable(header: Header, lines: list[str]) -> Refusal | None:
    """The first segment that is none, by its place; what is in it is not repeated."""
    signs = header.signs
    if _parts(lines, signs) > MOST_PARTS:
        return Refusal(header, "AE", APPLICATION_INTERNAL_ERROR, f"The message has more than {MOST_PARTS} parts.")
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("MSH"):
            text = f"Segment {number} begins a second message; send one message at a time."
            return Refusal(header, "AE", SEGMENT_SEQUENCE_ERROR, text)
        if not re.match(r"[A-Z][A-Z0-9]{2}", line) or line[3:4] not in {"", signs.field}:
            return Refusal(header, "AE", DATA_TYPE_ERROR, f"Segment {number} cannot be read.")
    return None


def _parts(lines: list[str], signs: Delimiters) -> int:
    return sum(line.count(sign) for line in lines for sign in (signs.field, *signs.encoding_characters))


def _message(header: Header, lines: list[str], raw: bytes, remark: str | None, zone: tzinfo) -> Message | Refusal:
    zone = zone_of(header.sent_at_text) or zone
    found = tuple(observations(grouped(_after_msh(header, lines)), zone))
    if not found:
        return Refusal(header, "AE", SEGMENT_SEQUENCE_ERROR, "The message holds no result.")
    return Message(header, fingerprint(raw), moment(header.sent_at_text, zone), found, remark)


def _after_msh(header: Header, lines: list[str]) -> Iterator[Segment]:
    return iter(split(lines, header.signs, header.codec)[1:])


def fingerprint(raw: bytes) -> str:
    """sha256 of all segments but the MSH, in hexadecimal: a re-send has another time of sending, and nothing else."""
    segments = [line for line in re.split(rb"[\r\n]", raw) if line.strip(b"\x00 \t")]
    return hashlib.sha256(b"\r".join(segments[1:])).hexdigest()
