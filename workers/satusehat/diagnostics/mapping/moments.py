"""When the findings of an item are true, and when they were given out."""

from datetime import datetime

from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot


def taken_at(snapshot: OrderSnapshot, item: Item) -> datetime:
    """The moment the findings are true of: when the specimen was taken or the images were made."""
    tube = next((row for row in snapshot.specimens if row.id == item.specimen_id), None)
    observed = [result.observed_at for result in item.results]
    told = tube.collected_at if tube else item.performed_at
    return told or min(observed, default=snapshot.order.ordered_at)


def given_out_at(snapshot: OrderSnapshot, item: Item) -> datetime:
    """When this version of it was given out: with the last of its results."""
    told = [result.issued_at for result in item.results if result.issued_at]
    return max(told, default=snapshot.order.final_at or snapshot.order.ordered_at)
