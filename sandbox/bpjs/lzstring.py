"""LZ-String in its URI-safe form, which BPJS puts between the JSON text and the cipher (reference 2.2).

The algorithm knows UTF-16 code units, so a character outside the basic plane counts as two. Codes are written
with their lowest bit first and packed six bits to a letter.
"""

from array import array
from typing import Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
_LETTER_OF: Final = {f"{value:06b}": letter for value, letter in enumerate(_LETTERS[:64])}
_BITS_OF: Final = {letter: bits for bits, letter in _LETTER_OF.items()}
_BYTE, _UNIT, _END = 0, 1, 2
_FIRST_FREE = 3


class LzError(ValueError):
    """The text is no LZ-String."""


class _Width:
    """The width of a code in bits, which grows as codes are spent."""

    __slots__ = ("bits", "left")

    def __init__(self, bits: int, left: int) -> None:
        self.bits = bits
        self.left = left

    def spend(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.left = 1 << self.bits
            self.bits += 1


def _reversed_bits(value: int, width: int) -> str:
    return f"{value:0{width}b}"[::-1]


class _Writer:
    """Collects bits; a unit that appears for the first time is written out in full."""

    __slots__ = ("bits", "new", "width")

    def __init__(self) -> None:
        self.bits: list[str] = []
        self.new: dict[int, int] = {}
        self.width = _Width(2, 2)

    def phrase(self, code: int) -> None:
        unit = self.new.pop(code, None)
        if unit is None:
            self.bits.append(_reversed_bits(code, self.width.bits))
        else:
            kind, size = (_BYTE, 8) if unit < 256 else (_UNIT, 16)
            self.bits += (_reversed_bits(kind, self.width.bits), _reversed_bits(unit, size))
            self.width.spend()
        self.width.spend()

    def finished(self) -> str:
        self.bits.append(_reversed_bits(_END, self.width.bits) + "0")
        text = "".join(self.bits)
        text += "0" * (-len(text) % 6)
        return "".join([_LETTER_OF[text[at : at + 6]] for at in range(0, len(text), 6)])


def compress(text: str) -> str:
    """Compress; never fails for a text that UTF-16 can hold."""
    writer = _Writer()
    singles: dict[int, int] = {}
    longer: dict[tuple[int, int], int] = {}
    free, phrase = _FIRST_FREE, -1
    for unit in array("H", text.encode("utf-16-le", "surrogatepass")):
        single = singles.get(unit)
        if single is None:
            single = singles[unit] = free
            writer.new[single] = unit
            free += 1
        known = single if phrase < 0 else longer.get((phrase, unit))
        if known is None:
            writer.phrase(phrase)
            longer[phrase, unit] = free
            free += 1
            known = single
        phrase = known
    if phrase >= 0:
        writer.phrase(phrase)
    return writer.finished()


class _Reader:
    """Takes bits from the front."""

    __slots__ = ("at", "bits")

    def __init__(self, text: str) -> None:
        try:
            self.bits = "".join([_BITS_OF[letter] for letter in text.replace(" ", "+").rstrip("$")])
        except KeyError:
            raise LzError("a letter is not of the alphabet") from None
        self.at = 0

    def take(self, count: int) -> int:
        end = self.at + count
        if end > len(self.bits):
            raise LzError("the text ends too early")
        value = int(self.bits[self.at : end][::-1], 2)
        self.at = end
        return value


def decompress(text: str) -> str:
    """Undo `compress`. Raises LzError for anything else."""
    reader, width = _Reader(text), _Width(2, 2)
    phrases: dict[int, bytes] = {}
    free, before, parts = _FIRST_FREE, b"", []
    while (code := reader.take(width.bits)) != _END:
        if code in (_BYTE, _UNIT):
            phrases[free] = reader.take(16 if code else 8).to_bytes(2, "little")
            code, free = free, free + 1
            width.spend()
        phrase = phrases.get(code, before + before[:2] if code == free else b"")
        if not phrase:
            raise LzError("a code names no phrase")
        parts.append(phrase)
        if before:
            phrases[free] = before + phrase[:2]
            free += 1
        width.spend()
        before = phrase
    return b"".join(parts).decode("utf-16-le", "surrogatepass")
