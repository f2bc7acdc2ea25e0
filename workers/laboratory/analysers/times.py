"""HL7 timestamps (TS, DTM): YYYYMMDDHH[MM[SS[.S…]]][+/-ZZZZ]."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_SHAPE = re.compile(r"([0-9]{8})([0-9]{2})([0-9]{2})?([0-9]{2})?(?:\.([0-9]{1,6})[0-9]*)?([+-][0-9]{4})?")
EARLIEST_YEAR = 1900


def moment(text: str, zone: tzinfo) -> datetime | None:
    """The instant, in its own zone or else in ``zone``; None when it is no instant: a date alone is a whole day."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    day, hour, minute, second, fraction, offset = found.groups()
    try:
        local = datetime.strptime(f"{day}{hour}{minute or '00'}{second or '00'}", "%Y%m%d%H%M%S")  # noqa: DTZ007
        there = local.replace(
            microsecond=int((fraction or "0").ljust(6, "0")), tzinfo=_offset(offset) if offset else zone
        )
        return there if there.astimezone(UTC).year >= EARLIEST_YEAR else None
    except (ValueError, OverflowError):
        return None


def zone_of(text: str) -> tzinfo | None:
    """The zone a timestamp names. That of MSH-7 holds for the whole message: HL7 v2.5.1 §2.15.9.7."""
    found = _SHAPE.fullmatch(text.strip())
    try:
        return _offset(found.group(6)) if found and found.group(6) else None
    except ValueError:
        return None


def _offset(text: str) -> timezone:
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(ahead if text[0] == "+" else -ahead)
