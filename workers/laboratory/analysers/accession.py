"""Which accession number a group of results is of."""

import re
from collections.abc import Iterable, Iterator

from workers.laboratory.analysers.segments import Segment

OURS = re.compile(r"[LR][0-9]{10}[A-Z]?")
"""The numbers printed on the labels: of an order, and with a letter of one of its specimens."""


def accession(specimens: Iterable[Segment], request: Segment | None, order: Segment | None) -> str | None:
    """The first of SPM-2 (placer, filler), OBR-3, OBR-2, ORC-3 and ORC-2 that looks like ours, or else the first.

    Many an analyser puts a running number of its own where another puts the number on the tube.
    """
    numbers = [number for number in _numbers(specimens, request, order) if number]
    return next((number for number in numbers if OURS.fullmatch(number)), numbers[0] if numbers else None)


def _numbers(specimens: Iterable[Segment], request: Segment | None, order: Segment | None) -> Iterator[str]:
    for spm in specimens:
        yield spm.text(2, 1)
        yield spm.text(2, 2)
    for segment in (request, order):
        if segment is not None:
            yield segment.text(3)
            yield segment.text(2)
