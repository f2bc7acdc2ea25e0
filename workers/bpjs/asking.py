"""What BPJS holds: values and lists it was asked for, and the proof that there are none."""

from collections.abc import Mapping
from typing import Any

from workers.bpjs.exchange import Way, exchange, opened
from workers.bpjs.reply import Good, Nothing
from workers.ending import Ended
from workers.outcome import Failure, Postponed

Row = Mapping[str, Any]


async def value_at(way: Way, step: str, path: str) -> Any:
    """What BPJS gives there; None when it says that there is nothing. Raises Ended when the answer proves nothing."""
    reply = await exchange(way, step, "GET", path)
    match reply:
        case Good():
            return opened(way, reply, writes=False)
        case Nothing(proven=True):
            return None
        case _:
            raise Ended(Postponed(Failure.UNREADABLE, way.rest))


async def rows_at(way: Way, step: str, path: str, name: str = "list") -> list[Row]:
    """The rows of a list, which may come as they are, under a name, or as a list or one object below that name."""
    value = await value_at(way, step, path)
    found = value.get(name) if isinstance(value, Mapping) else value
    if isinstance(found, Mapping) and "list" in found:
        found = found["list"]
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, Mapping)]
