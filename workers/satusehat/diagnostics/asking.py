"""Ends a doubt: asks SatuSehat what it holds of an order, adopts what is there, forgets what is not."""

from collections.abc import Iterable

from workers.outcome import Accepted
from workers.satusehat import holdings
from workers.satusehat.asking import adopt, recognise
from workers.satusehat.diagnostics.holdings import KINDS, of_order, row_of
from workers.satusehat.diagnostics.mapping import OWNED, resources
from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.exchange import Way
from workers.satusehat.holdings import HeldResource
from workers.satusehat.mapping import ADOPTED


async def ask(snapshot: OrderSnapshot, way: Way) -> None:
    """Bring ``known`` in line with what SatuSehat really holds; raises Ended when it cannot be asked."""
    wanted = resources(snapshot, way.journal.known)
    held = await of_order(snapshot, way)
    way.journal.asked = True
    found = adopt(wanted, held, way)
    _forget(held, way)
    _adopt_strays(snapshot, {resource.key for resource in wanted}, held, way)
    recognise(wanted, found, way)


def _forget(held: Iterable[HeldResource], way: Way) -> None:
    """What is known of rows that are not wanted any more, and is not there."""
    there = {(one.type, one.id) for one in held}
    for entry in tuple(way.journal.known.values()):
        if entry.key.partition("/")[0] in OWNED and (entry.type, entry.remote_id) not in there:
            way.journal.forget(entry.key, entry.type)


def _adopt_strays(snapshot: OrderSnapshot, wanted: set[str], held: Iterable[HeldResource], way: Way) -> None:
    """What bears the id of a row of this order and is not to be there: the plan retracts it.

    A second copy of what is wanted is none: that is a difference for a person to judge.
    """
    ids = {(entry.type, entry.remote_id) for entry in way.journal.known.values()}
    rows = _rows(snapshot)
    for one in held:
        row = row_of(one)
        key = f"{KINDS[one.type]}/{row}"
        if row not in rows or key in wanted or (one.type, one.id) in ids or holdings.retracted(one):
            continue
        if key in way.journal.known:  # two copies, neither of them wanted
            key = f"{KINDS[one.type]}/{one.id}"
        way.journal.accept(Accepted(key, one.type, one.id, one.version, ADOPTED))


def _rows(snapshot: OrderSnapshot) -> set[str]:
    """The ids of all rows of the order that make resources, voided ones too."""
    results = (result.id for item in snapshot.items for result in item.results)
    items = (item.id for item in snapshot.items)
    return {*items, *results, *(row.id for row in snapshot.specimens), *snapshot.voided}
