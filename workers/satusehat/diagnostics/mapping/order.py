"""The whole order: every resource SatuSehat should hold for it, in the order they depend on each other."""

from collections.abc import Collection

from workers.satusehat.diagnostics.mapping.frame import OWNED, order_frame
from workers.satusehat.diagnostics.mapping.observation import observation
from workers.satusehat.diagnostics.mapping.report import in_order, report
from workers.satusehat.diagnostics.mapping.request import service_request
from workers.satusehat.diagnostics.mapping.specimen import specimen
from workers.satusehat.diagnostics.snapshot import Item, OrderSnapshot
from workers.satusehat.facts import Known
from workers.satusehat.mapping.frame import Frame
from workers.satusehat.mapping.plan import Plan, compare
from workers.satusehat.mapping.resource import Resource


def resources(snapshot: OrderSnapshot, known: Known, without: Collection[str] = ()) -> tuple[Resource, ...]:
    """Map an order that was done; raises MappingError naming what is missing.

    Of the items whose ids are in ``without`` only the request is told: their images are awaited. An
    order that was taken back is told as nothing at all.
    """
    if snapshot.taken_back:
        return ()
    frame = order_frame(snapshot, known)
    told = [item for item in snapshot.standing if item.id not in without]
    return (
        *(service_request(snapshot, item, frame) for item in snapshot.standing),
        *_specimens(snapshot, told, frame),
        *(observation(snapshot, item, result, frame) for item in told for result in in_order(item)),
        *(report(snapshot, item, frame) for item in told),
    )


def _specimens(snapshot: OrderSnapshot, items: list[Item], frame: Frame) -> list[Resource]:
    """The tubes that something was examined in."""
    served = {row.id: [item for item in items if item.specimen_id == row.id] for row in snapshot.specimens}
    return [specimen(row, served[row.id], frame) for row in snapshot.specimens if served[row.id]]


def plan(snapshot: OrderSnapshot, known: Known, without: Collection[str] = ()) -> Plan:
    """What must be sent now; unchanged content never is. Raises MappingError as ``resources`` does."""
    return compare(resources(snapshot, known, without), known, OWNED, first=not held(known))


def held(known: Known) -> bool:
    """Whether SatuSehat is known to hold anything of the order."""
    return any(key.partition("/")[0] in OWNED for key in known)
