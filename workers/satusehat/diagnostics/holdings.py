"""What SatuSehat holds of one order, found by our own identifiers and by what rests on its requests.

Search parameters are those proven by recordings (SatuSehat reference §4.9): ``identifier``, and
``subject`` with ``based-on``. The subject is the one there: a corrected NIK must not hide what was sent.
"""

from collections.abc import Iterable
from typing import Final

from workers.satusehat.diagnostics.snapshot import OrderSnapshot
from workers.satusehat.exchange import Way
from workers.satusehat.holdings import HeldResource, search

KINDS: Final = {
    "ServiceRequest": "service-request",
    "Specimen": "specimen",
    "Observation": "observation",
    "DiagnosticReport": "diagnostic-report",
}
"""The types an order owns and the kinds of local keys they go by."""
_RESTING: Final = ("Observation", "DiagnosticReport")


async def of_order(snapshot: OrderSnapshot, way: Way) -> list[HeldResource]:
    """Requests and specimens, also of rows taken back, and every result and report based on the requests."""
    items = (*(item.id for item in snapshot.items), *snapshot.voided)
    tubes = (*(row.id for row in snapshot.specimens), *snapshot.voided)
    requests = await _bearing("ServiceRequest", "servicerequest", items, snapshot, way)
    specimens = await _bearing("Specimen", "specimen", tubes, snapshot, way)
    return [*requests, *specimens, *[one for request in requests for one in await _resting(request, way)]]


async def _bearing(type_: str, name: str, ids: Iterable[str], snapshot: OrderSnapshot, way: Way) -> list[HeldResource]:
    system = f"http://sys-ids.kemkes.go.id/{name}/{snapshot.clinic.organization_id}"
    found = []
    for one in dict.fromkeys(ids):
        found += await search(type_, {"identifier": f"{system}|{one}"}, way)
    return found


async def _resting(request: HeldResource, way: Way) -> list[HeldResource]:
    reference = f"ServiceRequest/{request.id}"
    subject = request.body.get("subject")
    whose = {"subject": str(subject.get("reference"))} if isinstance(subject, dict) else {}
    found = []
    for type_ in _RESTING:
        held = await search(type_, {**whose, "based-on": reference}, way)
        found += [one for one in held if reference in _based_on(one)]
    return found


def _based_on(one: HeldResource) -> list[object]:
    rows = one.body.get("basedOn")
    return [row.get("reference") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def row_of(one: HeldResource) -> str | None:
    """The id of the clinic's row that a resource of ours was made of."""
    for name in sorted(one.identifiers):
        if "/acsn/" not in name:
            return name.rpartition("|")[2]
    return None
