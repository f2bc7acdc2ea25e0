"""The date rules of reference 4.5: a full dateTime with a zone, past, and not before June 2014."""

import re
from datetime import UTC, datetime

_FULL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z").match


def moment(value: object) -> datetime | None:
    """Read a full dateTime with its zone; None when it is not one."""
    if not isinstance(value, str) or _FULL(value) is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


class Calendar:
    """The days on which something may have happened, as seen at one moment."""

    __slots__ = ("_now", "_oldest")

    def __init__(self, oldest_date: str, now_unix: float) -> None:
        """Take the first allowed day (ISO) and the present as Unix seconds."""
        self._oldest = datetime.fromisoformat(oldest_date).replace(tzinfo=UTC)
        self._now = datetime.fromtimestamp(now_unix, UTC)

    def complaint(self, value: object, rule: int, *, planned: bool) -> tuple[str, str] | None:
        """Say what is wrong with a date as (issue code, text); None when nothing is."""
        when = moment(value)
        if when is None:
            text = f"Invalid date time format : {value} (RuleNumber: {rule}). Format allowed : "
            return "format", text + "YYYY-MM-DDThh:mm:ss+00:00"
        if when < self._oldest or (when > self._now and not planned):
            text = f"Invalid date time value : {value} (RuleNumber: {rule}) Not Allowed : "
            return "value", text + f"Future Date or Past Date older than {words(self._oldest)}"
        return None


def words(day: datetime) -> str:
    """Write a day as the ministry does: ``3rd June 2014``."""
    ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{ending} {day:%B %Y}"


def reversed_period(period: object) -> bool:
    """Tell whether a Period ends before it starts; unreadable ends are not its business."""
    if not isinstance(period, dict):
        return False
    start, end = moment(period.get("start")), moment(period.get("end"))
    return start is not None and end is not None and start > end
