"""SEP of the usual member."""

from typing import Any

from tests.contract.bpjs_simulator import examples
from tests.contract.bpjs_simulator.conftest import Bpjs, Heard

NUMBER = "0114R0010526V000001"


async def referred(bpjs: Bpjs, **said: Any) -> examples.Json:
    """Make a referral from elsewhere."""
    made: examples.Json = await bpjs.door("referrals", {"card": examples.CARD, **said})
    return made


async def inserted(bpjs: Bpjs, body: examples.Json) -> Heard:
    """Send a SEP."""
    return await bpjs.vclaim.post("SEP/2.0/insert", {"request": {"t_sep": body}})


async def issued(bpjs: Bpjs, **changes: Any) -> str:
    """Issue the usual SEP, and give its number."""
    letter = await referred(bpjs)
    heard = await inserted(bpjs, examples.sep(bpjs.clock.day(), letter, **changes))
    assert "200" == heard.code, heard.message
    return str(heard.response["sep"]["noSep"])
