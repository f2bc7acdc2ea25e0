"""From urns to real numbers: references resolved, and the transaction Bundle of a first delivery."""

from collections.abc import Iterable
from typing import Final

from workers.satusehat.mapping.resource import Body, Resource, urn, walk
from workers.satusehat.snapshot import Known

_URN: Final = "urn:uuid:"


def _numbers(known: Known) -> dict[str, str]:
    return {urn(key): f"{held.type}/{held.remote_id}" for key, held in known.items()}


def resolve(body: Body, known: Known) -> Body:
    """The body with ``Type/id`` in place of every urn that SatuSehat already holds."""
    numbers = _numbers(known)
    resolved: Body = walk(body, lambda text: numbers.get(text, text))
    return resolved


def dangling(body: Body) -> tuple[str, ...]:
    """The urns still unresolved in a body; a resource sent alone must have none."""
    found: list[str] = []

    def note(text: str) -> str:
        if text.startswith(_URN):
            found.append(text)
        return text

    walk(body, note)
    return tuple(found)


def bundle(resources: Iterable[Resource], known: Known) -> Body:
    """A transaction that POSTs what is not yet known, in the order given.

    Every entry has its urn as fullUrl (rules 20017 to 20021); the answer keeps the same order.
    """
    numbers = _numbers(known)
    entries = [
        {
            "fullUrl": urn(resource.key),
            "resource": walk(resource.body, lambda text: numbers.get(text, text)),
            "request": {"method": "POST", "url": resource.type},
        }
        for resource in resources
        if resource.key not in known
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
