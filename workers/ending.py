"""What one delivery learns on its way, and the way out when it cannot go on."""

from collections.abc import Mapping
from typing import Any

from workers.outcome import Accepted, Outcome, Report


class Ended(Exception):
    """Nothing more can be done now; carries the outcome up to where the report is made."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


class Journal:
    """Steps taken, requests sent, and what the target is known to hold; no patient data in it."""

    def __init__(self) -> None:
        self.known: dict[str, Accepted] = {}
        self._learnt: dict[str, Accepted] = {}
        self._steps: list[str] = []
        self.requests = 0
        self.asked = False
        self.http_status: int | None = None
        self.learned: dict[str, Any] = {}

    def know(self, known: Mapping[str, Accepted]) -> None:
        """Take over what earlier deliveries recorded."""
        self.known.update(known)

    def accept(self, accepted: Accepted) -> None:
        """The target holds this now."""
        self.known[accepted.key] = self._learnt[accepted.key] = accepted

    def forget(self, key: str, type_: str) -> None:
        """The target was asked and does not hold it."""
        if self.known.pop(key, None) is not None:
            self._learnt[key] = Accepted(key, type_, "", None, "")

    def learn(self, **facts: Any) -> None:
        """The target said this about the subject; the clinic is to see it."""
        self.learned.update(facts)

    def sent(self, step: str, status: int | None) -> None:
        """A request went out: ``POST Bundle``; its status when one came back."""
        self.requests += 1
        self.http_status = status
        self._steps.append(f"{step} {status if status is not None else 'no reply'}")

    def report(self, outcome: Outcome) -> Report:
        """The outcome with everything learnt."""
        return Report(
            outcome, tuple(self._learnt.values()), self.requests, self.asked, self.http_status,
            tuple(self._steps[:50]), self.learned or None,
        )  # fmt: skip
