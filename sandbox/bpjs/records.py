"""What BPJS holds: registrations, visits, SEP, queue entries and the rest, and what is held twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.door.ledger import Effect, Json


@dataclass(slots=True)
class Held:
    """One thing held. `key` says what should be unique in its type; times are Unix seconds."""

    type: str
    id: str
    body: Json
    facility: str
    key: str
    updated_at: float
    versions: int = 1
    origin: str = "ws"
    """`ws` when it came over the wire, `clerk` when somebody typed it into the web page."""

    def described(self) -> Json:
        """Give it as JSON."""
        return {
            "type": self.type,
            "id": self.id,
            "key": self.key,
            "versions": self.versions,
            "facility": self.facility,
            "origin": self.origin,
            "updated_at": self.updated_at,
            "body": self.body,
        }


class Records:
    """Everything held, per type in the order it came."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty."""
        self._clock = clock
        self.origin = "ws"
        self.reset()

    def reset(self) -> None:
        """Forget everything; numbers start anew."""
        self._held: dict[str, dict[str, Held]] = {}
        self._keyed: dict[tuple[str, str], list[Held]] = {}
        self._numbers: dict[str, int] = {}
        self._effects: list[Effect] = []

    def number(self, series: str) -> int:
        """Give the next number of a series, from 1."""
        self._numbers[series] = self._numbers.get(series, 0) + 1
        return self._numbers[series]

    def add(self, kind: str, one_id: str, body: Json, facility: str, key: str) -> Held:
        """Take something in."""
        held = Held(kind, one_id, body, facility, key, self._clock(), origin=self.origin)
        self._held.setdefault(kind, {})[one_id] = held
        self._keyed.setdefault((kind, key), []).append(held)
        self._effects.append(Effect(kind, one_id, 1))
        return held

    def change(self, held: Held, body: Json) -> None:
        """Put another body in place; the key stays."""
        held.body, held.updated_at = body, self._clock()
        held.versions += 1
        self._effects.append(Effect(held.type, held.id, held.versions))

    def remove(self, held: Held) -> None:
        """Take something out; its effect has version 0."""
        del self._held[held.type][held.id]
        rows = self._keyed[held.type, held.key]
        rows[:] = [one for one in rows if one is not held]
        self._effects.append(Effect(held.type, held.id, 0))

    def retire(self, held: Held) -> None:
        """Free the key of something that stays held, such as a cancelled queue entry."""
        self._keyed[held.type, held.key].remove(held)

    def get(self, kind: str, one_id: Any) -> Held | None:
        """Find by id."""
        return self._held.get(kind, {}).get(one_id) if isinstance(one_id, str) else None

    def keyed(self, kind: str, key: str) -> list[Held]:
        """Give what is held under a key, oldest first."""
        return list(self._keyed.get((kind, key), ()))

    def of(self, kind: str | None = None) -> list[Held]:
        """Give what is held of a type, or everything type by type, oldest first."""
        if kind is not None:
            return list(self._held.get(kind, {}).values())
        return [one for rows in self._held.values() for one in rows.values()]

    def effects(self) -> tuple[Effect, ...]:
        """Give what has changed since this was asked last."""
        changed, self._effects = tuple(self._effects), []
        return changed

    def duplicates(self) -> list[Json]:
        """Name every key under which more than one thing is held."""
        return [
            {"type": kind, "key": key, "ids": [one.id for one in rows]}
            for (kind, key), rows in self._keyed.items()
            if len(rows) > 1
        ]
