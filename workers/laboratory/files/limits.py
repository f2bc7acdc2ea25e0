"""How much a file may be, on disk and once it is opened."""

from dataclasses import dataclass
from typing import Final

from workers.laboratory.files.kinds import Kind

MOST_PIXELS: Final = 40_000_000
"""Of one picture or frame (FILE-6)."""
LONGEST_SIDE: Final = 30_000
MOST_PAGES: Final = 500
MOST_OBJECTS: Final = 100_000
"""Of a PDF; a page of a laboratory report has some ten."""
MOST_EXPANDED_BYTES: Final = 300 * 1024 * 1024
"""Of all compressed streams of a PDF together."""
MOST_ELEMENTS: Final = 200_000
"""Of a DICOM dataset, those in sequences counted."""
PREVIEW_SIDE: Final = 1600
THUMBNAIL_SIDE: Final = 240


@dataclass(frozen=True, slots=True)
class Caps:
    """Largest sizes on disk in bytes, per kind."""

    pdf: int
    image: int
    dicom: int

    @property
    def any(self) -> int:
        """Beyond this, a file of whatever kind is too large."""
        return max(self.pdf, self.image, self.dicom)

    def of(self, kind: Kind) -> int:
        """The largest size of a file of that kind."""
        match kind:
            case Kind.PDF:
                return self.pdf
            case Kind.JPEG | Kind.PNG:
                return self.image
            case Kind.DICOM:
                return self.dicom
