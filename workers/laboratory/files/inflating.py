"""How large packed bytes are once unpacked: counted step by step, nothing kept, and stopped in time."""

import zlib
from typing import Final

WITH_HEADER: Final = zlib.MAX_WBITS
BARE: Final = -zlib.MAX_WBITS
"""As DICOM deflates: without zlib's header."""
_STEP_BYTES: Final = 1024 * 1024


def inflated_size(packed: bytes, most: int, window: int = WITH_HEADER) -> int:
    """Bytes unpacked, a little more than ``most`` when there are more; damaged data count as far as they go."""
    unpacker, size = zlib.decompressobj(window), 0
    try:
        while packed and size <= most and not unpacker.eof:  # after the end, what follows would be offered for ever
            size += len(unpacker.decompress(packed, _STEP_BYTES))
            packed = unpacker.unconsumed_tail
    except zlib.error:
        pass
    return size
