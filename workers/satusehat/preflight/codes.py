"""The written form of codes; whether a well-formed code exists, only the ministry knows.

A space before or after a code is the most common flaw and refused everywhere (rules 10003, 10010).
"""

import re
from typing import Final

ICD10: Final = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?")
ICD9CM: Final = re.compile(r"[0-9]{2}(\.[0-9]{1,2})?")
KFA_PRODUCT: Final = re.compile(r"9[2-4][0-9]{6}")
KFA_ANY: Final = re.compile(r"9[1-4][0-9]{6}")
LOINC: Final = re.compile(r"[0-9]{1,7}-[0-9]")
MODALITY: Final = re.compile(r"[A-Z]{2,4}")
SNOMED: Final = re.compile(r"[0-9]{6,18}")
DOSAGE_FORM: Final = re.compile(r"BS[0-9]{3}")


def wrong(code: str | None, form: re.Pattern[str]) -> bool:
    """Whether a code is missing or not written as its system writes codes."""
    return form.fullmatch(code or "") is None


def spaced(code: str | None) -> bool:
    """Whether only the spaces around a code may be what is wrong with it."""
    return bool(code) and code != (code or "").strip()
