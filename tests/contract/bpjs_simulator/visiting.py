"""A visit of the usual member."""

from typing import Any

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs, Heard

NUMBER = "0114A0010526Y000001"


async def visited(bpjs: Bpjs, **changes: Any) -> Heard:
    """Register and serve the usual member."""
    day = bpjs.clock.dmy()
    await bpjs.pcare.post("pendaftaran", examples.registration(day))
    return await bpjs.pcare.post("kunjungan/V1", examples.visit(day, **changes))
