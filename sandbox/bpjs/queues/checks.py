"""What both queue services say and demand (reference 6). The sentences are invented, after those known from clinics."""

from typing import Any, Final

from sandbox.bpjs.answer import Answer
from sandbox.bpjs.insurer import Ask
from sandbox.bpjs.pcare.checks import is_int
from sandbox.bpjs.vclaim.membership import day_of
from sandbox.door.ledger import Json

REFUSED: Final = 201
_KINDS: Final = {"text": lambda value: isinstance(value, str), "int": is_int}


def accepted(code: int = 200) -> Answer:
    """Say that it is done, with nothing to give."""
    return Answer(code, "Ok")


def refused(text: str) -> Answer:
    """Say why not."""
    return Answer(REFUSED, text)


def listed(ask: Ask, rows: list[Json], code: int) -> Answer:
    """Give a list, bare or in an object: sources disagree."""
    return Answer(code, "Ok", rows if ask.switches.queue_list == "array" else {"list": rows})


def wrong_field(body: Json, kinds: dict[str, str]) -> str | None:
    """Give a sentence about the first field that is missing or of the wrong type."""
    for name, kind in kinds.items():
        if not _KINDS[kind](body.get(name)):
            return f"{name} tidak sesuai format"
    return None


def wrong_day(ask: Ask, text: Any, *, past: bool) -> str | None:
    """Give a sentence about a day that is none, or lies in the past where it may not."""
    day = day_of(text)
    if day is None:
        return "Format tanggal tidak sesuai, format yang benar adalah yyyy-mm-dd"
    return "Tanggal periksa tidak berlaku mundur" if day < ask.today and not past else None


def wrong_time(value: Any) -> str | None:
    """Give a sentence about a moment that is not in milliseconds since 1970."""
    return None if is_int(value) and 10**12 <= value < 10**14 else "waktu harus dalam milidetik"
