"""What a simulator received, in order, and what is said of it afterwards. Appending costs O(1)."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]

DROPPED = "dropped"
CRASHED = "crashed"
"""The simulator itself failed: a bug of ours, never the real service's behaviour."""


class Effect(NamedTuple):
    """One resource version that a request left behind."""

    type: str
    id: str
    version: int


@dataclass(slots=True)
class Receipt:
    """One request. Times are Unix seconds; ``status`` is None while it is being carried out."""

    seq: int
    received_at: float
    started_at: float
    method: str
    path: str
    query: str
    type: str
    body_sha256: str | None
    body_bytes: int
    visit: str | None
    """The visit the request is about, by the key its simulator knows it by."""
    in_flight: int
    """Requests about the same visit being carried out when this one started, itself included."""
    organization: str | None = None
    finished_at: float | None = None
    status: int | str | None = None
    effects: tuple[Effect, ...] = ()
    faults: list[str] = field(default_factory=list)
    service: str | None = None
    """Which of a simulator's services was asked, where it has several."""
    code: int | None = None
    """The code in the answer's envelope, where it says more than the status."""
    body: Any = None
    """The parsed body, where a simulator keeps it."""

    def described(self) -> Json:
        """Give the receipt as JSON."""
        return {
            "seq": self.seq,
            "received_at": self.received_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "type": self.type,
            "status": self.status,
            "effect": bool(self.effects),
            "effects": [effect._asdict() for effect in self.effects],
            "body_sha256": self.body_sha256,
            "body_bytes": self.body_bytes,
            "organization": self.organization,
            "visit": self.visit,
            "in_flight": self.in_flight,
            "faults": self.faults,
            **({} if self.service is None else {"service": self.service, "code": self.code, "body": self.body}),
        }


class Ledger:
    """The receipts, and counts kept while they are written."""

    def __init__(self) -> None:
        """Start empty."""
        self.clear()

    def clear(self) -> None:
        """Forget all receipts; sequence numbers start again at 1."""
        self.receipts: list[Receipt] = []
        self.bodies: dict[str, Counter[str]] = {}
        self.in_flight = 0
        self.most_in_flight = 0
        self.overlaps = 0
        self._busy: dict[str, int] = {}

    def begin(self, receipt: Receipt, body: bytes, key: str | None) -> Receipt:
        """Write a receipt down; ``key`` is the identifier that a creating body was sent for."""
        receipt.seq = len(self.receipts) + 1
        if body:
            receipt.body_sha256 = hashlib.sha256(body).hexdigest()
        if key is not None and receipt.body_sha256 is not None:
            self.bodies.setdefault(key, Counter())[receipt.body_sha256] += 1
        if receipt.visit is not None:
            receipt.in_flight = self._busy[receipt.visit] = self._busy.get(receipt.visit, 0) + 1
            self.overlaps += receipt.in_flight > 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.receipts.append(receipt)
        return receipt

    def end(self, receipt: Receipt, status: int | str, now: float) -> None:
        """Note how a request ended, in the moment before its answer leaves."""
        receipt.status, receipt.finished_at = status, now
        if receipt.seq > len(self.receipts) or self.receipts[receipt.seq - 1] is not receipt:
            return  # the ledger was cleared while this one was on its way
        self.in_flight -= 1
        if receipt.visit is not None:
            left = self._busy.get(receipt.visit, 1) - 1
            if left > 0:
                self._busy[receipt.visit] = left
            else:
                self._busy.pop(receipt.visit, None)

    def summary(self) -> Json:
        """Count what was received."""
        rows = self.receipts
        return {
            "requests": len(rows),
            "last_seq": len(rows),
            "by_status": dict(Counter(str(row.status) for row in rows)),
            "by_method": dict(Counter(row.method for row in rows)),
            "by_type": dict(Counter(row.type for row in rows)),
            "effects": sum(bool(row.effects) for row in rows),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "overlaps": self.overlaps,
        }
