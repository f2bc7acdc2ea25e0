"""JPEG and PNG: decoded and encoded anew, so that nothing but the picture goes out (FILE-6)."""

from io import BytesIO
from typing import BinaryIO, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from workers.laboratory.files.kinds import Kind
from workers.laboratory.files.limits import LONGEST_SIDE, MOST_PIXELS
from workers.laboratory.files.shown import write_previews
from workers.laboratory.files.trailing import end_of_jpeg, end_of_png
from workers.laboratory.files.verdict import Finding, Reason, Refusal, Safe

FORMATS: Final = {Kind.JPEG: "JPEG", Kind.PNG: "PNG"}
ENDS: Final = {Kind.JPEG: end_of_jpeg, Kind.PNG: end_of_png}
ORIENTATION: Final = 0x0112
PICTURE_FACTS: Final = frozenset({
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive", "progression", "adobe",
    "adobe_transform", "transparency", "gamma", "interlace", "srgb", "aspect", "default_image", "loop", "chromaticity",
})  # fmt: skip
"""What Pillow reads from the encoding itself; everything else it reads is metadata."""
KEPT_MODES: Final = {
    Kind.JPEG: frozenset({"L", "RGB"}),
    Kind.PNG: frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}),
}


def clean(kind: Kind, content: bytes, out: BinaryIO, preview: BinaryIO, thumbnail: BinaryIO) -> Safe:
    """Write the picture alone, and its previews; raises Refusal."""
    findings: list[Finding] = []
    if any(content[ENDS[kind](content) :]):
        findings.append(Finding.TRAILING_BYTES_REMOVED)
    image = _decoded(kind, content)
    findings += _left_behind(image)
    picture = _plain(kind, image)
    _encode(kind, picture, out)
    _check(kind, out, picture.size)
    write_previews(picture, preview, thumbnail)
    if picture.mode != image.mode:
        findings.append(Finding.COLOURS_CONVERTED)
    width, height = picture.size
    return Safe(kind=kind, findings=tuple(findings), width=width, height=height)


def check_size(width: int, height: int) -> None:
    """Judge a picture by what its header says, before a pixel of it is decoded; raises Refusal."""
    if width < 1 or height < 1:
        raise Refusal(Reason.UNREADABLE)
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise Refusal(Reason.TOO_MANY_PIXELS)


def _decoded(kind: Kind, content: bytes) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # our own limit is stricter, and judged in the line after next
    try:
        image = Image.open(BytesIO(content), formats=[FORMATS[kind]])
        check_size(*image.size)
        image.load()
    except UnidentifiedImageError:
        raise Refusal(Reason.UNREADABLE) from None
    return image


def _left_behind(image: Image.Image) -> list[Finding]:
    found = []
    if set(image.info) - PICTURE_FACTS or image.getexif():
        found.append(Finding.METADATA_REMOVED)
    if image.getexif().get(ORIENTATION, 1) != 1:
        found.append(Finding.ORIENTATION_APPLIED)
    if getattr(image, "n_frames", 1) > 1:
        found.append(Finding.FRAMES_REMOVED)
    return found


def _plain(kind: Kind, image: Image.Image) -> Image.Image:
    """The upright picture with nothing attached but a palette's transparency."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in KEPT_MODES[kind]:
        upright = upright.convert("RGB")
    upright.info = {name: upright.info[name] for name in ("transparency",) if name in upright.info}
    return upright


def _encode(kind: Kind, picture: Image.Image, out: BinaryIO) -> None:
    if kind is Kind.JPEG:
        picture.save(out, "JPEG", quality=92, subsampling=0, exif=b"")
    else:
        picture.save(out, "PNG", exif=b"")


def _check(kind: Kind, out: BinaryIO, size: tuple[int, int]) -> None:
    """What was written is read again: the same size, and nothing but the picture."""
    out.seek(0)
    content = out.read()
    with Image.open(BytesIO(content), formats=[FORMATS[kind]]) as again:
        again.load()
        nothing_else = not set(again.info) - PICTURE_FACTS and not again.getexif()
        if again.size != size or not nothing_else or ENDS[kind](content) != len(content):
            raise Refusal(Reason.UNCLEANABLE)
