"""Drives one place in the queue through the service of its kind of facility."""

from workers.bpjs.antrean.clinic import ClinicRoute
from workers.bpjs.antrean.hospital import HospitalRoute
from workers.bpjs.antrean.snapshot import Queue
from workers.bpjs.exchange import Way
from workers.outcome import Outcome


async def carry(queue: Queue, way: Way, *, doubt: bool) -> Outcome:
    """Bring Antrean in line with the queue; raises Ended when that cannot go on.

    ``doubt``: an earlier attempt may have been accepted.
    """
    route = HospitalRoute if queue.clinic.capability == "fkrtl" else ClinicRoute
    return await route(queue, way, doubt=doubt).carry()
