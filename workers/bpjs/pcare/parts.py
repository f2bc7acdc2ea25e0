"""Tindakan and obat of a visit: brought in line row by row, since nothing guards them against a second copy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workers.bpjs.asking import Row, rows_at
from workers.bpjs.content import UNSETTLED, content_hash, identifier
from workers.bpjs.exchange import Way, exchange, opened
from workers.bpjs.pcare import bodies, complaints
from workers.bpjs.pcare.snapshot import PcareVisit
from workers.bpjs.reply import Good, Nothing, Refused
from workers.ending import Ended
from workers.outcome import Accepted, Failure, Rejected, Uncertain

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row that hangs on a kunjungan."""

    name: str
    """Of the local key: ``pcare-procedure/<id of our row>``."""
    number: str
    """P-Care's name for the row's number, 0 when it is added."""
    path: str
    """Where it is added and edited."""
    listing: str
    same: tuple[str, ...]
    """The fields by which a row there is known as one of ours."""
    code: tuple[str, ...]
    """The fields of these that stay when somebody corrects a row."""
    editable: bool
    wanted: Callable[[PcareVisit, str], dict[str, Body]]
    voided: Callable[[PcareVisit], dict[str, Body]]


PROCEDURES = Kind(
    "pcare-procedure", "kdTindakanSK", "tindakan", "tindakan/kunjungan", ("kdTindakan", "biaya"), ("kdTindakan",),
    editable=True, wanted=lambda visit, number: {row.id: bodies.procedure(row, number) for row in visit.procedures},
    voided=lambda visit: {row.id: bodies.voided_procedure(row) for row in visit.voided_procedures},
)  # fmt: skip
DRUGS = Kind(
    "pcare-drug", "kdObatSK", "obat/kunjungan", "obat/kunjungan", ("kdObat", "nmObatNonDPHO", "jmlObat"),
    ("kdObat", "nmObatNonDPHO"), editable=False,
    wanted=lambda visit, number: {row.id: bodies.drug(row, number) for row in visit.drugs},
    voided=lambda visit: {row.id: bodies.voided_drug(row) for row in visit.voided_drugs},
)  # fmt: skip


async def align(kind: Kind, visit: PcareVisit, number: str, way: Way, *, doubt: bool) -> None:
    """Make the rows there those we want: add, edit, take out; nothing is sent for what is right already.

    ``doubt``: the rows there are not certain, so they are listed first and those that are ours adopted.
    """
    wanted = kind.wanted(visit, number)
    known = _known(kind, way)
    settled = all(key in known and known[key].content_hash == content_hash(body) for key, body in wanted.items())
    if settled and known.keys() <= wanted.keys() and not doubt:
        return
    if doubt or known.keys() != wanted.keys():
        there = await _adopt(kind, wanted, number, way, doubt=doubt)
        if doubt and not (visit.held and visit.held.linked):
            _adopt_voided(kind, visit, there, way)
        known = _known(kind, way)
    for key in known.keys() - wanted.keys():
        await _take_out(kind, key, known[key].remote_id, visit, number, way)
    for key, body in wanted.items():
        await _put_in(kind, key, body, visit, number, way)


async def clear(kind: Kind, visit: PcareVisit, number: str, way: Way) -> None:
    """Take out every row that hangs on a kunjungan which is to go as well."""
    for row in await rows_at(way, f"GET {kind.path} of the visit", f"{kind.listing}/{number}"):
        await _take_out(kind, "", str(row.get(kind.number)), visit, number, way)


def _known(kind: Kind, way: Way) -> dict[str, Accepted]:
    prefix = f"{kind.name}/"
    return {key.removeprefix(prefix): one for key, one in way.journal.known.items() if key.startswith(prefix)}


async def _adopt(kind: Kind, wanted: Mapping[str, Body], number: str, way: Way, *, doubt: bool) -> dict[str, Row]:
    """Know what is there: forget what is gone, take over rows like ours that nobody has claimed for a row yet.

    Answers the rows that are left. In doubt a row may have been corrected here since it was sent.
    """
    rows = await rows_at(way, f"GET {kind.path} of the visit", f"{kind.listing}/{number}")
    there = {str(row.get(kind.number)): row for row in rows}
    for key, one in _known(kind, way).items():
        if there.pop(one.remote_id, None) is None:
            way.journal.forget(f"{kind.name}/{key}", one.type)
    for fields in (kind.same, kind.code) if doubt else (kind.same,):
        for key, body in wanted.items():
            if key not in _known(kind, way) and (like := _like(fields, there, body)) is not None:
                row = there.pop(like)
                settled = not doubt or _alike(tuple(body.keys() & row.keys() - {kind.number}), row, body)
                hash_ = content_hash(body) if settled else UNSETTLED
                way.journal.accept(Accepted(f"{kind.name}/{key}", kind.path, like, None, hash_))
    return there


def _adopt_voided(kind: Kind, visit: PcareVisit, there: dict[str, Row], way: Way) -> None:
    """A row that was voided while its answer was lost is one of ours too: known again, it is taken out."""
    for key, body in kind.voided(visit).items():
        if key not in _known(kind, way) and (like := _like(kind.code, there, body)) is not None:
            del there[like]
            way.journal.accept(Accepted(f"{kind.name}/{key}", kind.path, like, None, UNSETTLED))


def _like(fields: tuple[str, ...], there: Mapping[str, Row], body: Body) -> str | None:
    return next((id_ for id_, row in there.items() if _alike(fields, row, body)), None)


def _alike(fields: tuple[str, ...], row: Row, body: Body) -> bool:
    """Whether a row there is what we wanted to add; lists may nest or leave out what is empty."""
    return all(_plain(_inside(row, name)) == _plain(body[name]) for name in fields if body.get(name) is not None)


def _inside(row: Row, name: str) -> object:
    """A field of a row, which may stand in an object of the row: ``obat: {kdObat, …}``."""
    nested = (part[name] for part in row.values() if isinstance(part, Mapping) and name in part)
    return row.get(name) if name in row else next(nested, None)


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


async def _put_in(kind: Kind, key: str, body: Body, visit: PcareVisit, number: str, way: Way) -> None:
    known = _known(kind, way).get(key)
    if known is not None and known.content_hash == content_hash(body):
        return
    if known is not None and not kind.editable:
        await _take_out(kind, key, known.remote_id, visit, number, way)
        known = None
    method = "POST" if known is None else "PUT"
    sent = body if known is None else body | {kind.number: int(known.remote_id)}
    reply = await exchange(way, f"{method} {kind.path}", method, kind.path, sent)
    id_ = known.remote_id if known is not None else _number(kind, reply, way)
    if isinstance(reply, Refused):
        raise Ended(Rejected(complaints.refused(reply, visit, key)))
    if not isinstance(reply, Good) or id_ is None:
        raise Ended(Uncertain(Failure.UNREADABLE, way.rest))
    way.journal.accept(Accepted(f"{kind.name}/{key}", kind.path, id_, None, content_hash(body)))


def _number(kind: Kind, reply: object, way: Way) -> str | None:
    return identifier(opened(way, reply, writes=True), kind.number) if isinstance(reply, Good) else None


async def _take_out(kind: Kind, key: str, id_: str, visit: PcareVisit, number: str, way: Way) -> None:
    path = f"{kind.path.split('/')[0]}/{id_}/kunjungan/{number}"
    reply = await exchange(way, f"DELETE {kind.path}", "DELETE", path)
    if isinstance(reply, Refused):
        # Gone already, or not to be taken out: the list tells which.
        rows = await rows_at(way, f"GET {kind.path} of the visit", f"{kind.listing}/{number}")
        if any(str(row.get(kind.number)) == id_ for row in rows):
            raise Ended(Rejected(complaints.refused(reply, visit, key)))
    elif not isinstance(reply, Good | Nothing):
        raise Ended(Uncertain(Failure.UNREADABLE, way.rest))
    way.journal.forget(f"{kind.name}/{key}", kind.path)
