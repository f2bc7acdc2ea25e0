"""Pictures and DICOM images made for tests."""

from io import BytesIO

import numpy as np
from PIL import Image, PngImagePlugin
from pydicom.dataset import Dataset

from sandbox.modality import Subject, image

GPS = "CANARY-GPS"
SUBJECT = Subject("RM-0001", "SARI^DEWI", "19900412", "F")


def noise(width: int = 80, height: int = 60, mode: str = "RGB") -> Image.Image:
    """A picture without two pixels alike."""
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def jpeg(picture: Image.Image | None = None, **options: object) -> bytes:
    """A JPEG."""
    out = BytesIO()
    (picture or noise()).save(out, "JPEG", **options)
    return out.getvalue()


def png(picture: Image.Image | None = None, **options: object) -> bytes:
    """A PNG."""
    out = BytesIO()
    (picture or noise()).save(out, "PNG", **options)
    return out.getvalue()


def located(orientation: int = 6) -> Image.Exif:
    """EXIF of a telephone: where it was, how it was held, and a canary."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = GPS
    exif.get_ifd(0x8825)[1] = "S"
    exif.get_ifd(0x8825)[2] = (6.0, 10.0, 31.0)
    exif.get_ifd(0x8825)[29] = GPS
    return exif


def texts() -> PngImagePlugin.PngInfo:
    """Comments of a PNG."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", GPS)
    info.add_itxt("XML:com.adobe.xmp", f"<x>{GPS}</x>", zip=True)
    return info


def dicom(dataset: Dataset | None = None, preamble: bytes = b"", **changes: object) -> bytes:
    """A DICOM file with some elements changed; None removes one."""
    made = dataset if dataset is not None else image(SUBJECT, "R2611240003A", "US")
    for keyword, value in changes.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    out = BytesIO()
    made.preamble = preamble.ljust(128, b"\0")
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()
