"""Marks a single resource at SatuSehat as entered in error: the cure for a copy nobody knows here."""

from datetime import timedelta

from workers.ending import Ended, Journal
from workers.satusehat.client import SatusehatClients
from workers.satusehat.exchange import Way, exchange
from workers.satusehat.facts import MappingError
from workers.satusehat.mapping import retract
from workers.satusehat.reply import Found, Stored


async def retract_one(
    clients: SatusehatClients, organization: str | None, type_: str, remote_id: str
) -> tuple[str, bool]:
    """Read, mark, write; answers a sentence and whether it was done."""
    names = clients.organizations
    client = clients.of(organization or (names[0] if len(names) == 1 else None))
    if client is None:
        return (
            f"Say whose it is with --organization; there are credentials for: {', '.join(names) or 'nobody'}.",
            False,
        )
    way = Way(client, Journal(), timedelta(), lambda: True)
    path = f"{type_}/{remote_id}"
    try:
        match await exchange(way, f"GET {type_}", "GET", path):
            case Found(resources=[held, *_]):
                answer = await exchange(way, f"PUT {type_}", "PUT", path, retract(type_, held))
            case _:
                return f"SatuSehat does not hold {path}.", False
    except MappingError:
        return f"{type_} cannot be marked entered-in-error.", False
    except Ended as ended:
        reason = getattr(ended.outcome, "failure", "refused")
        return f"Not now ({reason}); `workers doctor` says what is wrong, then try again.", False
    done = isinstance(answer, Stored)
    return (f"{path} is marked entered-in-error." if done else f"SatuSehat refused to change {path}."), done
