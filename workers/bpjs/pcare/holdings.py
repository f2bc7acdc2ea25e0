"""What P-Care holds of a visit: asked before anything is sent again, since it has no idempotency key (4.7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workers.bpjs.asking import Row, rows_at
from workers.bpjs.exchange import Way
from workers.ending import Ended
from workers.outcome import Failure, Postponed

PAGE = 100
MOST_PAGES = 30


@dataclass(frozen=True, slots=True)
class Encounter:
    """A kunjungan in a member's history."""

    number: str
    diagnosis: str | None


async def registration(way: Way, place: tuple[str, str, str]) -> str | None:
    """The noUrut under which card, day and poli are registered; None when they are not."""
    card, day, poli = place
    for page in range(MOST_PAGES):
        path = f"pendaftaran/tglDaftar/{day}/{page * PAGE}/{PAGE}"
        rows = await rows_at(way, "GET pendaftaran of the day", path)
        for row in rows:
            if _at(row, "peserta", "noKartu") == card and _at(row, "poli", "kdPoli") == poli:
                return str(row["noUrut"])
        if len(rows) < PAGE:
            return None
    raise Ended(Postponed(Failure.UNREADABLE, way.rest))  # what was not seen is not called missing


async def encounter(way: Way, place: tuple[str, str, str]) -> Encounter | None:
    """The kunjungan of that card, day and poli; None when there is none."""
    rows = await rows_at(way, "GET kunjungan of the member", f"kunjungan/peserta/{place[0]}")
    return among(rows, place, way.client.facility_code)


def among(rows: Iterable[Row], place: tuple[str, str, str], facility: str) -> Encounter | None:
    """The kunjungan of a day and poli in a member's history, which tells of other facilities' visits as well."""
    _, day, poli = place
    for row in rows:
        here = _at(row, "providerPelayanan", "kdProvider") in (facility, None)
        if here and row.get("tglKunjungan") == day and _at(row, "poli", "kdPoli") == poli and row.get("noKunjungan"):
            return Encounter(str(row["noKunjungan"]), _at(row, "diagnosa1", "kdDiag"))
    return None


def _at(row: Row, name: str, code: str) -> str | None:
    part = row.get(name)
    value = part.get(code) if isinstance(part, Mapping) else None
    return None if value is None else str(value)
