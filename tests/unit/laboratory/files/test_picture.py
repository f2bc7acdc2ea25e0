"""JPEG and PNG: the picture goes out, and nothing that came with it (FILE-6)."""

import struct
import zipfile
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.unit.laboratory.files import pictures
from tests.unit.laboratory.files.conftest import judged
from workers.laboratory.files.trailing import end_of_jpeg, end_of_png

EXTENSION = {"JPEG": "a.jpg", "PNG": "a.png"}


def archive() -> bytes:
    """A ZIP (or JAR) with a canary."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("META-INF/MANIFEST.MF", pictures.GPS)
    return out.getvalue()


@pytest.mark.parametrize("content", [
    pictures.jpeg(exif=pictures.located(), comment=pictures.GPS.encode(), icc_profile=pictures.GPS.encode() * 9),
    pictures.png(exif=pictures.located(), pnginfo=pictures.texts()),
    pictures.png(icc_profile=pictures.GPS.encode() * 9),
])  # fmt: skip
def test_metadata_is_gone(content: bytes) -> None:
    """Where it was taken, comments, profiles."""
    told = judged(content, EXTENSION[_format(content)])

    assert "metadata_removed" in told.kept.findings
    for written in (told.safe, told.preview, told.thumbnail):
        assert pictures.GPS.encode() not in written
        with Image.open(BytesIO(written)) as again:
            assert not again.getexif()
            assert not {"exif", "icc_profile", "comment", "xmp"} & again.info.keys()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright(orientation: int) -> None:
    """What EXIF said of it is done to the pixels, and said no more."""
    told = judged(pictures.png(pictures.noise(80, 60), exif=pictures.located(orientation)), "a.png")

    turned = orientation >= 5
    assert ((60, 80) if turned else (80, 60)) == (told.kept.width, told.kept.height)
    assert (orientation != 1) == ("orientation_applied" in told.kept.findings)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_loses_nothing_of_the_picture(mode: str) -> None:
    """Grey, palette, transparency and 16 bits come out as they went in."""
    picture = (
        pictures.noise(mode=mode)
        if mode != "I;16"
        else Image.fromarray(np.arange(4800, dtype=np.uint16).reshape(60, 80))
    )
    told = judged(pictures.png(picture), "a.png")
    assert () == told.kept.findings
    with Image.open(BytesIO(told.safe)) as again:
        assert (picture.mode, picture.tobytes()) == (again.mode, again.tobytes())


def test_a_transparent_colour_stays() -> None:
    """The one thing beside the pixels that belongs to them."""
    told = judged(pictures.png(pictures.noise(mode="P"), transparency=0), "a.png")
    assert "transparency" in Image.open(BytesIO(told.safe)).info


def test_colours_of_a_printer_become_those_of_a_screen() -> None:
    """CMYK is converted, and that is said."""
    told = judged(pictures.jpeg(pictures.noise(mode="CMYK")), "a.jpg")
    assert "colours_converted" in told.kept.findings
    assert "RGB" == Image.open(BytesIO(told.safe)).mode


@pytest.mark.parametrize("content", [pictures.jpeg(), pictures.jpeg(progressive=True), pictures.png()])
@pytest.mark.parametrize("tail", [archive(), b"%PDF-1.7 " + b"x" * 99, b"\xff\xd9<script>", b"MZ"])
def test_what_is_appended_is_gone(content: bytes, tail: bytes) -> None:
    """A ZIP or JAR behind a picture makes it two files at once."""
    told = judged(content + tail, EXTENSION[_format(content)])
    assert "trailing_bytes_removed" in told.kept.findings
    assert tail not in told.safe
    assert judged(content, EXTENSION[_format(content)]).safe == told.safe


def test_the_end_of_a_picture_is_found() -> None:
    """Byte by byte, for those who made it and for us."""
    for progressive in (False, True):
        content = pictures.jpeg(pictures.noise(300, 200), progressive=progressive, exif=pictures.located())
        assert len(content) == end_of_jpeg(content) == end_of_jpeg(content + content)
    assert len(pictures.png()) == end_of_png(pictures.png() + b"IEND")


def test_a_gif_that_is_a_jar_is_no_picture_here() -> None:
    """GIFAR: neither half is one of the four kinds."""
    out = BytesIO()
    pictures.noise(mode="P").save(out, "GIF")
    assert "unknown_kind" == judged(out.getvalue() + archive(), "a.jpg").reason


@pytest.mark.parametrize("size", [(60_000, 60_000), (40_000_001, 1), (1, 30_001), (6_325, 6_325)])
def test_too_many_pixels_are_refused_by_their_header(size: tuple[int, int]) -> None:
    """Nothing is decoded; the data behind the header need not even be there."""
    assert "too_many_pixels" == judged(_header(*size), "a.png").reason


def test_forty_megapixels_may_be_a_result() -> None:
    """The limit is exact."""
    assert "unreadable" == judged(_header(8_000, 5_000), "a.png").reason
    assert "too_many_pixels" == judged(_header(8_000, 5_001), "a.png").reason


def test_text_that_expands_without_end_is_refused() -> None:
    """A comment of a few kilobytes that becomes a hundred megabytes."""
    text = b"Comment\0\0" + zlib.compress(bytes(100 * 1024 * 1024), 9)
    content = pictures.png()
    told = judged(content[:33] + _chunk(b"zTXt", text) + content[33:], "a.png")
    assert told.verdict.model_dump().get("refused") == "unreadable" or len(told.safe) < 100_000


def test_more_than_one_frame_is_said() -> None:
    """An animation goes out as its first picture."""
    told = judged(pictures.png(save_all=True, append_images=[pictures.noise(mode="RGB").rotate(90)]), "a.png")
    assert "frames_removed" in told.kept.findings


@pytest.mark.parametrize(("content", "name"), [(pictures.jpeg(), "a.jpg"), (pictures.png(), "a.png")])
def test_the_size_limit_is_exact(content: bytes, name: str) -> None:
    """At the limit it may pass, one byte more does not (FILE-2)."""
    assert judged(content, name, image_limit_bytes=len(content)).kept
    assert "too_large" == judged(content, name, image_limit_bytes=len(content) - 1).reason


def _format(content: bytes) -> str:
    return "PNG" if content.startswith(b"\x89PNG") else "JPEG"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _header(width: int, height: int) -> bytes:
    """A PNG that is all header."""
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + _chunk(
        b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")  # fmt: skip
