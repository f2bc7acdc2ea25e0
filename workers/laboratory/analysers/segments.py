"""One segment as python-hl7 has split it, read by HL7's own numbers: from one, and what is absent is empty."""

from collections.abc import Iterator
from typing import Any

import hl7  # type: ignore[import-untyped]  # the package ships no types

from workers.laboratory.analysers.delimiters import Delimiters, unescape


class Segment:
    """A segment; every text that it gives is unescaped."""

    def __init__(self, parts: Any, signs: Delimiters, codec: str) -> None:
        self._parts = parts
        self._signs = signs
        self._codec = codec
        self.id = str(parts[0])

    def text(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One place, without blanks around it; HL7's explicit null (two quotation marks) is empty too."""
        place = self._parts[field] if field < len(self._parts) else ""
        for number in (repetition, component, subcomponent):
            place = _part(place, number)
        return self._clean(str(place))

    def whole(self, field: int, repetition: int = 1) -> str:
        """A repetition with the separators in it, as they were sent: what a careless sender did not escape."""
        place = self._parts[field] if field < len(self._parts) else ""
        return self._clean(str(_part(place, repetition)))

    def repetitions(self, field: int) -> int:
        """How often the field was given; 0 when it is absent or empty."""
        place = self._parts[field] if field < len(self._parts) else ""
        return len(place) if str(place) else 0

    def wholes(self, field: int) -> Iterator[str]:
        """Every repetition that is not empty."""
        texts = (self.whole(field, number + 1) for number in range(self.repetitions(field)))
        return (text for text in texts if text)

    def _clean(self, text: str) -> str:
        meant = unescape(text, self._signs, self._codec).strip()
        return "" if meant == '""' else meant


def _part(place: Any, number: int) -> Any:
    """A leaf stands for the first of whatever is asked of it: HL7 v2.5.1 §2.10, compatibility."""
    if isinstance(place, str):
        return place if number == 1 else ""
    return place[number - 1] if number <= len(place) else ""


def split(lines: list[str], signs: Delimiters, codec: str) -> list[Segment]:
    """Let python-hl7 split whole segments; the first is the MSH, and no other one may be."""
    header = f"MSH{signs.field}{signs.encoding_characters}{signs.field}"
    rest = lines[0][4:].partition(signs.field)[2]
    return [Segment(parts, signs, codec) for parts in hl7.parse("\r".join([header + rest, *lines[1:]]))]
