"""Where a JPEG or PNG ends, whatever was appended to it (a ZIP or JAR makes it two files at once)."""

from typing import Final

_PNG_SIGNATURE_BYTES: Final = 8
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA


def end_of_png(content: bytes) -> int:
    """The offset after the chunk IEND; the whole length when there is none."""
    at = _PNG_SIGNATURE_BYTES
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name = content[at + 4 : at + 8]
        at += 12 + length
        if name == b"IEND":
            return min(at, len(content))
    return len(content)


def end_of_jpeg(content: bytes) -> int:
    """The offset after the end-of-image marker of the first picture; the whole length when there is none."""
    at = 2
    while at + 2 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _END_OF_IMAGE:
            return at + 2
        at = _after_segment(content, at, marker)
    return len(content)


def _after_segment(content: bytes, at: int, marker: int) -> int:
    if marker == 0xFF:  # a fill byte
        return at + 1
    if marker in _STANDALONE:
        return at + 2
    if at + 4 > len(content):
        return len(content)
    after = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return _after_scan(content, after) if marker == _START_OF_SCAN else after


def _after_scan(content: bytes, at: int) -> int:
    """The next marker that is no stuffed byte and no restart."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        following = content[at + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7:
            return at
        at += 2
    return len(content)
