"""Sends one write to VClaim and reads what it means for the delivery."""

from typing import Any

from workers.bpjs.exchange import Said, Way, exchange, opened
from workers.bpjs.reply import Good, Nothing, Refused
from workers.bpjs.vclaim import complaints
from workers.bpjs.vclaim.bodies import Body
from workers.ending import Ended
from workers.outcome import Failure, Rejected, Uncertain


async def write(way: Way, method: str, path: str, body: Body, what: str) -> Any:
    """VClaim's value; raises Ended with its refusal of ``what`` ("SEP", "LPK", …), or with the doubt."""
    reply = await exchange(way, f"{method} {path}", method, path, body)
    if isinstance(reply, Good):
        return opened(way, reply, writes=True)
    raise Ended(_not_good(reply, way, what))


async def delete(way: Way, path: str, body: Body) -> Refused | None:
    """Take something out; answers VClaim's refusal, for it may be gone already. Its answer is plain (reference 2.2)."""
    reply = await exchange(way, f"DELETE {path}", "DELETE", path, body)
    if isinstance(reply, Good | Nothing):
        return None
    if isinstance(reply, Refused):
        return reply
    raise Ended(Uncertain(Failure.UNREADABLE, way.rest))


def _not_good(reply: Said, way: Way, what: str) -> Rejected | Uncertain:
    if isinstance(reply, Refused):
        return Rejected(complaints.refused(reply, what))
    return Uncertain(Failure.UNREADABLE, way.rest)
