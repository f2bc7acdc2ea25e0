"""From bytes to text by MSH-18, HL7 table 0211; a wrong declaration costs a remark, never a message."""

from dataclasses import dataclass

UNDECLARED = "ascii"
FALLBACKS = ("utf-8", "iso8859-1")
"""Tried in this order; the last one reads anything."""
_CODECS = {
    "ASCII": "ascii", "ISO IR6": "ascii", "US-ASCII": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "ISO-8859-1": "iso8859-1", "ISO8859-1": "iso8859-1", "ISO IR100": "iso8859-1",
    # An MSH that was found byte by byte is not UTF-16, whatever it says of itself.
    "UNICODE UTF-8": "utf-8", "UNICODE": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8",
    "GB 18030-2000": "gb18030", "BIG-5": "big5", "KS X 1001": "euc_kr",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the Python codec it was read with, and one English sentence when that was not the declared one."""

    text: str
    codec: str
    remark: str | None


def decode(raw: bytes, declared: str) -> Decoded:
    """Read a message; ``declared`` is MSH-18 as it was sent, empty when it was not."""
    codec = _CODECS.get(declared.strip().upper(), "") if declared.strip() else UNDECLARED
    # ISO 8859 reads anything; but what reads as UTF-8 beyond ASCII was never meant as ISO 8859.
    mistaken = codec.startswith("iso8859") and not raw.isascii() and _strictly(raw, "utf-8") is not None
    if codec and not mistaken and (text := _strictly(raw, codec)) is not None:
        return Decoded(text, codec, None)
    for other in FALLBACKS:
        if (text := _strictly(raw, other)) is not None:
            return Decoded(text, other, f"The character set declared in MSH-18 does not fit; read as {other}.")
    raise AssertionError("ISO 8859-1 reads any byte")


def decode_bytes(raw: bytes, codec: str) -> str:
    """Read the bytes of one hexadecimal escape: by the message's codec, or byte by byte."""
    text = _strictly(raw, codec)
    return raw.decode("iso8859-1") if text is None else text


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None
