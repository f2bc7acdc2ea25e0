"""Reads the messages of PostgreSQL's output plugin `pgoutput`, protocol version 1.

https://www.postgresql.org/docs/17/protocol-logicalrep-message-formats.html
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["INSERT", "UPDATE", "DELETE"]
Texts = dict[str, str | None]  # column name to PostgreSQL's text form; unchanged TOAST values are absent

_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - UTC by the protocol, printed with a Z
_KINDS: dict[bytes, Kind] = {b"I": "INSERT", b"U": "UPDATE", b"D": "DELETE"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as the stream describes it before its first change."""

    oid: int
    schema: str
    table: str
    columns: tuple[str, ...]
    types: tuple[int, ...]  # type oids, beside the columns


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changed; `old` holds the replica identity when PostgreSQL sent it."""

    kind: Kind
    relation: Relation
    transaction: int
    committed_at: str
    new: Texts | None
    old: Texts | None


class Decoder:
    """Remembers the relations and the open transaction between messages."""

    def __init__(self) -> None:
        """A decoder lives as long as its stream."""
        self._relations: dict[int, Relation] = {}
        self._transaction, self._committed_at = 0, ""

    def feed(self, message: bytes) -> Change | Relation | None:
        """What a message says, or None when it says nothing about tables."""
        kind = message[:1]
        if kind in _KINDS:
            return self._change(_KINDS[kind], message)
        if kind == b"R":
            relation = _relation(message)
            self._relations[relation.oid] = relation
            return relation
        if kind == b"B":
            moment, self._transaction = struct.unpack_from(">qI", message, 9)
            self._committed_at = _moment(moment)
        return None

    def _change(self, kind: Kind, message: bytes) -> Change:
        relation = self._relations[struct.unpack_from(">I", message, 1)[0]]
        tuples = dict(_tuples(message, relation))
        old = tuples.get("K") or tuples.get("O")
        return Change(kind, relation, self._transaction, self._committed_at, tuples.get("N"), old)


def _tuples(message: bytes, relation: Relation) -> Iterator[tuple[str, Texts]]:
    position = 5
    while position < len(message):
        tag = chr(message[position])
        texts, position = _tuple(message, position + 1, relation)
        yield tag, texts


def _tuple(message: bytes, position: int, relation: Relation) -> tuple[Texts, int]:
    texts: Texts = {}
    position += 2
    for column in relation.columns:
        state = message[position : position + 1]
        position += 1
        if state == b"t":
            size = struct.unpack_from(">I", message, position)[0]
            position += 4 + size
            texts[column] = message[position - size : position].decode()
        elif state == b"n":
            texts[column] = None
    return texts, position


def _relation(message: bytes) -> Relation:
    oid = struct.unpack_from(">I", message, 1)[0]
    schema, position = _string(message, 5)
    table, position = _string(message, position)
    count = struct.unpack_from(">H", message, position + 1)[0]
    position += 3
    columns, types = [], []
    for _ in range(count):
        column, position = _string(message, position + 1)
        columns.append(column)
        types.append(struct.unpack_from(">I", message, position)[0])
        position += 8
    return Relation(oid, schema or "pg_catalog", table, tuple(columns), tuple(types))


def _string(message: bytes, position: int) -> tuple[str, int]:
    end = message.index(0, position)
    return message[position:end].decode(), end + 1


def _moment(microseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec="milliseconds") + "Z"
