"""The few words of a received image that say where it belongs; everything else is the examination's."""

import re
from pathlib import Path
from typing import Final

import pydicom

from workers.laboratory.files.dicom_classes import MALFORMED

LONGEST_VALUE_BYTES: Final = 1024
"""Longer values stay on disk: none of them is looked for."""
LONGEST_NUMBER: Final = 64
UID: Final = re.compile(r"[0-9]+(\.[0-9]+)+")


class Unreadable(Exception):
    """It is no DICOM dataset, or names no instance."""


def accession_number(path: Path) -> str | None:
    """What (0008,0050) says; None when it says nothing. Raises Unreadable."""
    try:
        dataset = pydicom.dcmread(
            path, stop_before_pixels=True, defer_size=LONGEST_VALUE_BYTES, specific_tags=["AccessionNumber"]
        )
        number = str(dataset.get("AccessionNumber") or "").strip()
    except (*MALFORMED, MemoryError, RecursionError):
        raise Unreadable from None
    return number[:LONGEST_NUMBER] or None


def checked_uid(text: object) -> str:
    """A SOP instance UID that is one (PS3.5 §9.1); raises Unreadable."""
    uid = str(text or "")
    if len(uid) > 64 or not UID.fullmatch(uid):
        raise Unreadable
    return uid
