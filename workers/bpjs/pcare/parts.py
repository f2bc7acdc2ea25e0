"""Tindakan and obat of a visit: brought in line row by row, since nothing guards them against a second copy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workers.bpjs.content import content_hash, identifier
from workers.bpjs.exchange import Way, exchange, opened
from workers.bpjs.pcare import bodies, complaints, holdings
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
    editable: bool
    wanted: Callable[[PcareVisit, str], dict[str, Body]]


PROCEDURES = Kind(
    "pcare-procedure", "kdTindakanSK", "tindakan", "tindakan/kunjungan", ("kdTindakan", "biaya"), editable=True,
    wanted=lambda visit, number: {row.id: bodies.procedure(row, number) for row in visit.procedures},
)  # fmt: skip
DRUGS = Kind(
    "pcare-drug", "kdObatSK", "obat/kunjungan", "obat/kunjungan", ("kdObat", "nmObatNonDPHO", "jmlObat"),
    editable=False, wanted=lambda visit, number: {row.id: bodies.drug(row, number) for row in visit.drugs},
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
        await _adopt(kind, wanted, number, way)
        known = _known(kind, way)
    for key in known.keys() - wanted.keys():
        await _take_out(kind, key, known[key].remote_id, number, way)
    for key, body in wanted.items():
        await _put_in(kind, key, body, known.get(key), number, way)


def _known(kind: Kind, way: Way) -> dict[str, Accepted]:
    prefix = f"{kind.name}/"
    return {key.removeprefix(prefix): one for key, one in way.journal.known.items() if key.startswith(prefix)}


async def _adopt(kind: Kind, wanted: Mapping[str, Body], number: str, way: Way) -> None:
    """Know what is there: forget what is gone, take over rows like ours that nobody has claimed for a row yet."""
    rows = await holdings.rows_at(way, f"GET {kind.path} of the visit", f"{kind.listing}/{number}")
    there = {str(row.get(kind.number)): row for row in rows}
    for key, one in _known(kind, way).items():
        if there.pop(one.remote_id, None) is None:
            way.journal.forget(f"{kind.name}/{key}", one.type)
    known = _known(kind, way)
    for key, body in wanted.items():
        if key in known:
            continue
        like = next((id_ for id_, row in there.items() if _alike(kind, row, body)), None)
        if like is not None:
            del there[like]
            way.journal.accept(Accepted(f"{kind.name}/{key}", kind.path, like, None, content_hash(body)))


def _alike(kind: Kind, row: holdings.Row, body: Body) -> bool:
    """Whether a row there is what we wanted to add; lists may nest or leave out what is empty."""
    return all(_plain(row.get(name)) == _plain(body.get(name)) for name in kind.same if body.get(name) is not None)


def _plain(value: object) -> str:
    return "" if value is None else str(value)


async def _put_in(kind: Kind, key: str, body: Body, known: Accepted | None, number: str, way: Way) -> None:
    if known is not None and known.content_hash == content_hash(body):
        return
    if known is not None and not kind.editable:
        await _take_out(kind, key, known.remote_id, number, way)
        known = None
    method = "POST" if known is None else "PUT"
    sent = body if known is None else body | {kind.number: int(known.remote_id)}
    reply = await exchange(way, f"{method} {kind.path}", method, kind.path, sent)
    id_ = known.remote_id if known is not None else _number(kind, reply, way)
    if isinstance(reply, Refused):
        raise Ended(Rejected(complaints.refused(reply)))
    if not isinstance(reply, Good) or id_ is None:
        raise Ended(Uncertain(Failure.UNREADABLE, way.rest))
    way.journal.accept(Accepted(f"{kind.name}/{key}", kind.path, id_, None, content_hash(body)))


def _number(kind: Kind, reply: object, way: Way) -> str | None:
    return identifier(opened(way, reply, writes=True), kind.number) if isinstance(reply, Good) else None


async def _take_out(kind: Kind, key: str, id_: str, number: str, way: Way) -> None:
    path = f"{kind.path.split('/')[0]}/{id_}/kunjungan/{number}"
    reply = await exchange(way, f"DELETE {kind.path}", "DELETE", path)
    if isinstance(reply, Refused):
        # Gone already, or not to be taken out: the list tells which.
        rows = await holdings.rows_at(way, f"GET {kind.path} of the visit", f"{kind.listing}/{number}")
        if any(str(row.get(kind.number)) == id_ for row in rows):
            raise Ended(Rejected(complaints.refused(reply)))
    elif not isinstance(reply, Good | Nothing):
        raise Ended(Uncertain(Failure.UNREADABLE, way.rest))
    way.journal.forget(f"{kind.name}/{key}", kind.path)
