"""Preview and thumbnail of whatever can be seen, as JPEG."""

from typing import BinaryIO

from PIL import Image, ImageOps

from workers.laboratory.files.limits import PREVIEW_SIDE, THUMBNAIL_SIDE

QUALITY = 82


def write_previews(image: Image.Image, preview: BinaryIO, thumbnail: BinaryIO) -> None:
    """Write both, never larger than the picture itself."""
    large = _fitted(opaque(image), PREVIEW_SIDE)
    for shown, out in ((large, preview), (_fitted(large, THUMBNAIL_SIDE), thumbnail)):
        shown.save(out, "JPEG", quality=QUALITY, optimize=True)


def opaque(image: Image.Image) -> Image.Image:
    """Eight bits, grey or RGB, and transparency on white: what a JPEG can hold."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I"):  # 16 bits: the whole range, without a window
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def _fitted(image: Image.Image, side: int) -> Image.Image:
    return ImageOps.contain(image, (side, side), Image.Resampling.LANCZOS) if max(image.size) > side else image
