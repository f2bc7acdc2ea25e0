"""How one make of analyser writes HL7."""

from dataclasses import dataclass
from typing import Literal

Place = Literal["SPM-2", "OBR-3", "OBR-2", "ORC-2"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a technician sets in the analyser's menu, rightly or wrongly."""

    separators: str = "|^~\\&"
    """Field, component, repetition, escape, subcomponent."""
    version: str = "2.5.1"
    charset: str = "UNICODE UTF-8"
    """What MSH-18 says; empty: nothing."""
    codec: str = "utf-8"
    """What the bytes are."""
    line_end: str = "\r"
    zone: str = "+0700"
    """What stands after each time; empty: nothing."""
    number_in: Place = "SPM-2"
    """Where the number of the tube's label goes."""
    processing_id: str = "P"

    def quoted(self, text: str) -> str:
        """A text with the separators written as escape sequences."""
        field, component, repetition, escape, subcomponent = list(self.separators)
        names = {escape: "E", field: "F", component: "S", subcomponent: "T", repetition: "R", "\n": ".br"}
        return "".join(f"{escape}{names[sign]}{escape}" if sign in names else sign for sign in text)

    def segment(self, *fields: str) -> str:
        """Fields joined; those at the end that are empty are left out."""
        return self.separators[0].join(fields).rstrip(self.separators[0])

    def parts(self, *components: str) -> str:
        """Components joined, each a text."""
        return self.separators[1].join(self.quoted(one) for one in components).rstrip(self.separators[1])
