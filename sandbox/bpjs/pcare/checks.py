"""Looking through a P-Care body, and collecting what is wrong with it.

That a 412 is a list of field and message is recorded; most of the sentences here are invented.
"""

from datetime import date, datetime
from typing import Any, Final

from sandbox.bpjs.answer import Answer, refused
from sandbox.door.ledger import Json

VITALS: Final = ("sistole", "diastole", "beratBadan", "tinggiBadan", "respRate", "heartRate")
_RANGES: Final = {"sistole": (40, 250), "diastole": (30, 180), "respRate": (5, 80), "heartRate": (20, 250)}
REFERENCE: Final = "tidak sesuai dengan referensi sistem."


def day_of(text: Any) -> date | None:
    """Read a day written dd-mm-yyyy; None when it is none."""
    try:
        return datetime.strptime(text, "%d-%m-%Y").date() if len(text) == 10 else None  # noqa: DTZ007 - a day only
    except (TypeError, ValueError):
        return None


def dmy(day: date) -> str:
    """Write a day as P-Care does."""
    return day.strftime("%d-%m-%Y")


def is_int(value: Any) -> bool:
    """Tell whether a JSON value is a whole number, which true is not."""
    return isinstance(value, int) and not isinstance(value, bool)


class Body:
    """A body under examination."""

    def __init__(self, body: Json) -> None:
        """Begin with no complaints."""
        self.body = body
        self.complaints: list[tuple[str, str]] = []

    def complain(self, name: str, text: str) -> None:
        """Note what is wrong with a field."""
        self.complaints.append((name, text))

    def refusal(self) -> Answer | None:
        """Give the 412, or None when nothing is wrong."""
        return refused(*self.complaints) if self.complaints else None

    def text(self, name: str, *, empty: bool = False, null: bool = False) -> str:
        """Take a string; the empty string when it is none."""
        value = self.body.get(name)
        if value is None and null:
            return ""
        if not isinstance(value, str) or not (empty or value.strip()):
            self.complain(name, f"{name} wajib diisi.")
            return ""
        return value

    def whole(self, *names: str, optional: bool = False) -> None:
        """Demand whole numbers, zero or more."""
        for name in names:
            if optional and name not in self.body:
                continue
            value: Any = self.body.get(name)
            if not is_int(value) or value < 0:
                self.complain(name, f"{name} harus berupa bilangan bulat.")

    def flag(self, name: str) -> bool:
        """Take a boolean."""
        value = self.body.get(name)
        if not isinstance(value, bool):
            self.complain(name, f"{name} harus berupa true atau false.")
        return value is True

    def day(self, name: str) -> date | None:
        """Take a day."""
        found = day_of(self.body.get(name))
        if found is None:
            self.complain(name, f"{name} harus berformat dd-mm-yyyy.")
        return found

    def listed(self, name: str, row: object, *, null: bool = False) -> None:
        """Demand that a code was found in its list."""
        if row is None and not (null and self.body.get(name) is None):
            self.complain(name, f"{name} {REFERENCE}")

    def plausible(self) -> None:
        """Complain about vital signs outside invented ranges (reference 4.6)."""
        for name, (low, high) in _RANGES.items():
            value = self.body.get(name)
            if is_int(value) and not low <= int(value or 0) <= high:
                self.complain(name, f"{name} di luar rentang yang wajar.")
