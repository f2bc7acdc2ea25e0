"""The answer to a message: MSH, MSA and, where there is a reason, ERR (HL7 v2.5.1 §2.9.2 and §2.15). Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workers.laboratory.analysers.delimiters import Delimiters, escape
from workers.laboratory.analysers.reader import Header

Code = Literal["AA", "AE", "AR"]

USUAL = Delimiters("|", "^", "~", "\\", "&")
LONGEST_TEXT = 250
_MEANINGS = {
    100: "Segment sequence error", 101: "Required field missing", 102: "Data type error",
    200: "Unsupported message type", 201: "Unsupported event code", 202: "Unsupported processing id",
    203: "Unsupported version id", 204: "Unknown key identifier", 207: "Application internal error",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """AA: committed. AE: not taken, send it again or mend it. AR: never taken as it is."""

    code: Code
    text: str
    """One English sentence without patient data; may be empty."""
    error: int | None = None
    """HL7 table 0357."""


def acknowledgement(header: Header | None, verdict: Verdict, now: datetime, control_id: str) -> bytes:
    """The ACK in the sender's own separators and characters; ``control_id`` is the answer's own (MSH-10)."""
    signs = header.signs if header else USUAL
    segments = [_msh(header, signs, now, control_id), _msa(header, signs, verdict)]
    if verdict.error is not None:
        segments.append(_err(header, signs, verdict.error, verdict.text))
    text = "".join(segment.rstrip(signs.field) + "\r" for segment in segments)
    return text.encode(header.codec if header else "ascii", "replace")


def _msh(header: Header | None, signs: Delimiters, now: datetime, control_id: str) -> str:
    stamp = now.strftime("%Y%m%d%H%M%S%z")
    start = f"MSH{signs.field}{signs.encoding_characters}"
    if header is None:
        return signs.field.join([start, "", "", "", "", stamp, "", "ACK", control_id, "P", "2.5.1"])
    _, event, structure = header.message_type
    kind = signs.component.join(["ACK", *([event] if event else []), *(["ACK"] if event and structure else [])])
    quoted = [
        escape(text, signs)
        for text in (
            header.receiving_application,
            header.receiving_facility,
            header.sending_application,
            header.sending_facility,
        )
    ]
    rest = [escape(text, signs) for text in (header.processing_id, header.version)]
    tail = ["", "", "", "", "", escape(header.charset, signs)]
    return signs.field.join([start, *quoted, stamp, "", kind, control_id, *rest, *tail])


def _msa(header: Header | None, signs: Delimiters, verdict: Verdict) -> str:
    control_id = escape(header.control_id, signs) if header else ""
    return signs.field.join(["MSA", verdict.code, control_id, escape(verdict.text[:LONGEST_TEXT], signs)])


def _err(header: Header | None, signs: Delimiters, error: int, text: str) -> str:
    """From v2.5 a code in ERR-3 and a severity in ERR-4; before, a code within ERR-1."""
    code = [str(error), _MEANINGS.get(error, "Application internal error"), "HL70357"]
    if header is not None and header.version < "2.5":
        return signs.field.join(["ERR", signs.component * 3 + signs.subcomponent.join(code)])
    user = ["", "", "", escape(text[:LONGEST_TEXT], signs)]  # ERR-8: for the user to read
    return signs.field.join(["ERR", "", "", signs.component.join(code), "E", *user])
