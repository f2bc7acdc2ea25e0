"""Places in a queue, watched: the clinic's own row, what Antrean holds, and what was said to it."""

from typing import Any

import asyncpg

from tests.journey.stage import until
from tests.journey_bpjs.stage import Counter

START = "update public.visits set status = 'in_progress' where id = $1"
FINISH = "update public.visits set status = 'finished', disposition = 'home' where id = $1"
CANCEL = "update public.visits set status = 'cancelled' where id = $1"
ENTRY = "select * from public.queue_entries where visit_id = $1 and status <> 'cancelled'"
STATES = """select d.state::text from integration.deliveries d join public.queue_entries q on q.id = d.subject_id
             where d.kind = 'queue' and q.visit_id = $1 order by q.number"""
WORK = """select w.role::text, w.field from public.work_items w join public.queue_entries q on q.id = w.subject_id
           where q.visit_id = $1 order by 1, 2"""
UNDER_WAY = """select count(*) from integration.deliveries
                where target = 'antrean' and state in ('ready', 'leased', 'uncertain')"""


async def settled(counter: Counter, visit: str, *states: str) -> None:
    """Wait until the visit's places in the queue are in these states."""

    async def there() -> bool:
        return list(states) == [row[0] for row in await counter.sql(STATES, visit)]

    await until(there, f"the places become {states}")


async def rested(counter: Counter) -> None:
    """Wait until nothing is on its way to Antrean any more."""

    async def over() -> bool:
        return not await counter.one(UNDER_WAY)

    await until(over, "every place comes to rest")


async def entry(counter: Counter, visit: str) -> asyncpg.Record:
    """The visit's place."""
    (row,) = await counter.sql(ENTRY, visit)
    return row


async def standing(counter: Counter) -> list[dict[str, Any]]:
    """Whom BPJS still expects at the clinic: the bodies of what was not cancelled."""
    return [row["body"] for row in await counter.held("queue") if row["body"]["batal"] is None]


async def said(counter: Counter) -> list[str]:
    """What Antrean was sent, in order, refusals and lost answers among it."""
    paths = [row["path"].partition("/antrean/") for row in await counter.requests()]
    return [word for _, found, word in paths if found]


async def lose_answers(counter: Counter, *paths: str) -> None:
    """The next request to each path is carried out and its answer lost."""
    await counter.behave(*(
        {"match": {"path": path, "next": 1}, "effect": {"kind": "drop_after_commit"}} for path in paths
    ))  # fmt: skip
