"""The pixels of a DICOM image: whether they are what the header says, and one frame as people look at it."""

import warnings
from typing import Final

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import generate_fragments
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import get_expected_length, pixel_array
from pydicom.uid import UID, JPEGExtended12Bit

from workers.laboratory.files.limits import LONGEST_SIDE, MOST_PIXELS
from workers.laboratory.files.verdict import Reason, Refusal

MOST_FRAMES: Final = 20_000
_GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
_BITS: Final = frozenset({1, 8, 16, 32})


def frames_of(dataset: Dataset) -> int:
    """How many pictures it holds; raises Refusal when it does not say so sensibly."""
    frames = int(dataset.get("NumberOfFrames") or 1)
    if not 1 <= frames <= MOST_FRAMES:
        raise Refusal(Reason.PIXELS_MISSING)
    return frames


def check(dataset: Dataset) -> int:
    """Compare the header with the data; answers how many bytes of padding follow the pixels. Raises Refusal."""
    if "PixelData" not in dataset or not dataset.PixelData:
        raise Refusal(Reason.PIXELS_MISSING)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not 1 <= rows or not 1 <= columns:
        raise Refusal(Reason.PIXELS_MISSING)
    if rows * columns > MOST_PIXELS or max(rows, columns) > LONGEST_SIDE:
        raise Refusal(Reason.TOO_MANY_PIXELS)
    if int(dataset.BitsAllocated) not in _BITS or int(dataset.SamplesPerPixel) not in (1, 3):
        raise Refusal(Reason.PIXELS_MISSING)
    return _check_fragments(dataset) if _compressed(dataset) else _check_length(dataset)


def picture(dataset: Dataset) -> Image.Image | None:
    """The middle frame with its window applied; None when no decoder here reads it.

    Raises Refusal when it is damaged.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if _compressed(dataset) and not _decodable(syntax, int(dataset.BitsAllocated)):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return _shown(dataset, frames_of(dataset) // 2)
    except (ValueError, AttributeError, RuntimeError, NotImplementedError, TypeError, KeyError, IndexError):
        raise Refusal(Reason.PIXELS_MISSING) from None


def _compressed(dataset: Dataset) -> bool:
    return bool(dataset.file_meta.TransferSyntaxUID.is_encapsulated)


def _check_length(dataset: Dataset) -> int:
    expected = get_expected_length(dataset)
    padding = len(dataset.PixelData) - expected
    if padding < 0:
        raise Refusal(Reason.PIXELS_MISSING)
    return padding - expected % 2 if padding else 0


def _check_fragments(dataset: Dataset) -> int:
    frames = frames_of(dataset)
    pieces = sum(1 for _ in generate_fragments(dataset.PixelData)) - 1  # the first is the offset table
    video = "MPEG" in dataset.file_meta.TransferSyntaxUID.name
    if pieces < (1 if video else frames):
        raise Refusal(Reason.PIXELS_MISSING)
    return 0


def _decodable(syntax: UID, bits: int) -> bool:
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        return False
    # Pillow reads the extended process with 8 bits only.
    return decoder.is_available and not (syntax == JPEGExtended12Bit and bits != 8)


def _shown(dataset: Dataset, frame: int) -> Image.Image:
    pixels = pixel_array(dataset, index=frame)
    meaning = dataset.PhotometricInterpretation
    if meaning in _GREY:
        return Image.fromarray(_grey(pixels, dataset, inverted=meaning == "MONOCHROME1"))
    if meaning == "PALETTE COLOR":
        coloured = apply_color_lut(pixels, dataset)
        return Image.fromarray(_eight_bits(coloured))
    return Image.fromarray(_eight_bits(pixels)).convert("RGB")


def _grey(pixels: np.ndarray, dataset: Dataset, *, inverted: bool) -> np.ndarray:
    """Hounsfield or the like, then the window (PS3.3 C.11.2), or else all there is, on 256 greys."""
    measured = apply_modality_lut(pixels, dataset)
    windowed = "WindowWidth" in dataset or "VOILUTSequence" in dataset
    values = (apply_voi_lut(measured, dataset) if windowed else measured).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    grey = ((values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)).astype(np.uint8)
    return np.invert(grey) if inverted else grey


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
