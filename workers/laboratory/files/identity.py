"""Whether a DICOM file is the patient's whom the order names. Pure; what it compares is never logged.

The rules, part by part. What the file does not say contradicts nothing, and is recorded as absent.

- **Patient number** (0010,0020): the medical record number or the NIK; blanks, dots, hyphens, slashes, case and
  zeros in front do not count.
- **Birth date** (0010,0030): the same day. What is no date is absent.
- **Sex** (0010,0040): M and F must be the order's; O and anything else is absent.
- **Accession number** (0008,0050): one of the numbers that mean this order.
- **Name** (0010,0010): words without regard to case, accents, order, the signs between them (``^``, ``=``, comma)
  and titles. The shorter name must be found in the longer: each word the same, or one the first letter of the
  other (``M`` and every spelling of Muhammad are one word). At least one whole word must be shared.

One contradiction is enough to hold the file for a person.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal

from workers.laboratory.files.verdict import Identity

Part = Literal["patient_number", "patient_name", "birth_date", "sex", "accession_number"]
PARTS: Final[tuple[Part, ...]] = ("patient_number", "patient_name", "birth_date", "sex", "accession_number")
SEXES: Final = {"M": "male", "F": "female"}
TITLES: Final = frozenset({
    "tn", "tuan", "ny", "nyonya", "nn", "nona", "an", "anak", "by", "bayi", "sdr", "sdri", "bpk", "bapak", "ibu",
    "mr", "mrs", "ms", "miss", "h", "hj", "haji", "hajjah", "kh", "ust", "dr", "drg", "drs", "dra", "ir", "prof",
    "sh", "se", "st", "mt", "mm", "mkes", "skm", "skep", "ners", "spd", "mpd", "skom", "amd", "sag", "ssos", "msi",
    "ssi", "phd", "jr", "sr",
})  # fmt: skip
MUHAMMAD: Final = re.compile(r"m(uh|oh|och)|mo?h?d|m[ou]c?ham+[ae]d")


class Expected:
    """The order's patient and numbers, as the file should name them."""

    def __init__(  # the five parts that are compared, and the second number a patient has
        self, *, patient_numbers: Sequence[str], full_name: str, birth_date: date | None, gender: str | None,
        accession_numbers: Sequence[str],
    ) -> None:  # fmt: skip
        self.patient_numbers = frozenset(map(_number, patient_numbers))
        self.words = _words(full_name)
        self.birth_date = birth_date
        self.gender = gender
        self.accession_numbers = frozenset(number.strip().upper() for number in accession_numbers)


def conflicts(found: Identity, expected: Expected) -> tuple[Part, ...]:
    """The parts in which the file contradicts the order."""
    same = {
        "patient_number": _same_number(found.patient_number, expected),
        "patient_name": _same_name(found.patient_name, expected),
        "birth_date": _same_day(found.birth_date, expected),
        "sex": _same_sex(found.sex, expected),
        "accession_number": _same_accession(found.accession_number, expected),
    }
    return tuple(part for part in PARTS if same[part] is False)


def absent(found: Identity) -> tuple[Part, ...]:
    """The parts of which the file says nothing that could be compared."""
    said = {
        "patient_number": bool(found.patient_number and _number(found.patient_number)),
        "patient_name": bool(found.patient_name and _words(found.patient_name)),
        "birth_date": _day(found.birth_date) is not None,
        "sex": _sex(found.sex) is not None,
        "accession_number": bool(found.accession_number and found.accession_number.strip()),
    }
    return tuple(part for part in PARTS if not said[part])


def _same_number(found: str | None, expected: Expected) -> bool | None:
    number = _number(found or "")
    return number in expected.patient_numbers if number else None


def _same_day(found: str | None, expected: Expected) -> bool | None:
    day = _day(found)
    return day == expected.birth_date if day is not None and expected.birth_date is not None else None


def _same_sex(found: str | None, expected: Expected) -> bool | None:
    sex = _sex(found)
    return sex == expected.gender if sex is not None and expected.gender in SEXES.values() else None


def _same_accession(found: str | None, expected: Expected) -> bool | None:
    number = (found or "").strip().upper()
    return number in expected.accession_numbers if number else None


def _same_name(found: str | None, expected: Expected) -> bool | None:
    words = _words(found or "")
    if not words or not expected.words:
        return None
    shorter, longer = sorted((words, expected.words), key=len)
    left, whole = list(longer), False
    for word in sorted(shorter, key=len, reverse=True):
        match = next((other for other in left if other == word), None)
        whole = whole or match is not None
        match = match or next((other for other in left if _initial(word, other)), None)
        if match is None:
            return False
        left.remove(match)
    return whole


def _initial(word: str, other: str) -> bool:
    return min(len(word), len(other)) == 1 and word[0] == other[0]


def _words(name: str) -> list[str]:
    """The words of a name that count, each in its one spelling."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign)).replace("'", "").replace("’", "")
    words = re.findall(r"[^\W_]+", _without_degrees(letters))
    return ["muhammad" if MUHAMMAD.fullmatch(word) else word for word in words if word not in TITLES]


def _without_degrees(name: str) -> str:
    """Titles written with dots, such as ``S.Kom``, become one word; other dots part words."""

    def joined(dotted: re.Match[str]) -> str:
        word = dotted[0].replace(".", "")
        return word if word in TITLES else dotted[0]

    return re.sub(r"[^\W_]+(?:\.[^\W_]+)+", joined, name)


def _number(text: str) -> str:
    return re.sub(r"[\s./-]", "", text).upper().lstrip("0")


def _day(text: str | None) -> date | None:
    digits = re.sub(r"[.\-/\s]", "", text or "")
    try:
        return datetime.strptime(digits, "%Y%m%d").date() if len(digits) == 8 else None  # noqa: DTZ007  # a day
    except ValueError:
        return None


def _sex(text: str | None) -> str | None:
    return SEXES.get((text or "").strip().upper())
