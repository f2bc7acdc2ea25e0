"""From urns to real numbers: references resolved, and the transaction Bundle of a first delivery."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from workers.satusehat.facts import Known
from workers.satusehat.mapping.resource import Body, Resource, urn

_URN: Final = "urn:uuid:"


def _numbers(known: Known) -> dict[str, str]:
    """Urn → number of what we wrote there; master data is never referred to by urn."""
    return {urn(key): f"{held.type}/{held.remote_id}" for key, held in known.items() if held.content_hash}


def _resolved(value: Any, numbers: Mapping[str, str]) -> Any:
    """A copy in which every ``reference`` that has a number bears it."""
    if not numbers:
        return value  # a first delivery: nothing of ours has a number yet
    if isinstance(value, list):
        return [_resolved(inner, numbers) for inner in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _resolved(inner, numbers) for name, inner in value.items()}
    if "reference" in copy:
        copy["reference"] = numbers.get(copy["reference"], copy["reference"])
    return copy


def resolve(body: Body, known: Known) -> Body:
    """The body with ``Type/id`` in place of every urn that SatuSehat already holds."""
    resolved: Body = _resolved(body, _numbers(known))
    return resolved


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from _references(inner)


def dangling(body: Body) -> tuple[str, ...]:
    """The urns still unresolved in a body; a resource sent alone must have none."""
    return tuple(reference for reference in _references(body) if reference.startswith(_URN))


def bundle(resources: Iterable[Resource], known: Known) -> Body:
    """A transaction that POSTs what is not yet known, in the order given.

    Every entry has its urn as fullUrl (rules 20017 to 20021); the answer keeps the same order.
    """
    numbers = _numbers(known)
    entries = [
        {
            "fullUrl": urn(resource.key),
            "resource": _resolved(resource.body, numbers),
            "request": {"method": "POST", "url": resource.type},
        }
        for resource in resources
        if resource.key not in known
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
