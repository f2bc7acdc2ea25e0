"""The message's own separators, and its escape sequences (HL7 v2.5.1 §2.5.4 and §2.7).

python-hl7 can unescape too, but it writes what it cannot read into a log, and that is a patient's.
"""

import re
from dataclasses import dataclass

from workers.laboratory.analysers.charset import decode_bytes

_USUAL = "^~\\&"
_LINES = {"br": "\n", "ce": "\n", "sp": "\n"}
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
del _CONTROLS[0x09], _CONTROLS[0x0A]
MOST_REPEATS = 99


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    @property
    def encoding_characters(self) -> str:
        """MSH-2 as an answer repeats it."""
        return self.component + self.repetition + self.escape + self.subcomponent


def delimiters(header: str) -> Delimiters | None:
    """Those of an MSH segment; None when they cannot be told apart. What MSH-2 leaves out is as usual."""
    field, given = header[3:4], header[4:].split(header[3:4], 1)[0] if header[3:4] else ""
    signs = given[:4] + _USUAL[len(given) :]
    told_apart = {field, *signs}
    if len(told_apart) < 5 or not all(" " < sign <= "~" and not sign.isalnum() for sign in told_apart):
        return None
    return Delimiters(field, *signs)


def unescape(text: str, signs: Delimiters, codec: str) -> str:
    """The text that was meant; a sequence nobody knows stays as it was sent. Control characters go."""
    if signs.escape in text:
        mark = re.escape(signs.escape)
        text = re.sub(f"{mark}([^{mark}]*){mark}", lambda found: _meaning(found, signs, codec), text)
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def escape(text: str, signs: Delimiters) -> str:
    """A text that holds no separator; line ends become blanks."""
    names = {signs.escape: "E", signs.field: "F", signs.component: "S", signs.subcomponent: "T", signs.repetition: "R"}
    escaped = (f"{signs.escape}{names[sign]}{signs.escape}" if sign in names else sign for sign in text)
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", "".join(escaped))


def _meaning(found: re.Match[str], signs: Delimiters, codec: str) -> str:
    sequence = found.group(1)
    plain = {
        "F": signs.field, "S": signs.component, "T": signs.subcomponent, "R": signs.repetition, "E": signs.escape,
        "H": "", "N": "",  # highlighting begins and ends
    }  # fmt: skip
    if sequence in plain:
        return plain[sequence]
    if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", sequence):
        return decode_bytes(bytes.fromhex(sequence[1:]), codec)
    return _formatting(sequence) if sequence.startswith(".") else found.group(0)


def _formatting(command: str) -> str:
    """A formatting command of §2.7.6: line ends and blanks count, indentation and filling do not."""
    name, count = command[1:3], command[3:].lstrip("+")
    repeats = min(int(count), MOST_REPEATS) if re.fullmatch("[0-9]{1,3}", count) else 1
    if name in _LINES:
        return _LINES[name] * repeats
    return " " * repeats if name == "sk" else ""
