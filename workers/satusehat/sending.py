"""Carries out a plan: one Bundle the first time, single requests for what changed later."""

from workers.outcome import Accepted
from workers.satusehat import holdings
from workers.satusehat.exchange import Way, exchange, refused_or_uncertain
from workers.satusehat.mapping import (
    ADOPTED,
    RETRACTED,
    Plan,
    Resource,
    bundle,
    content_hash,
    resolve,
    retract,
    validate,
)
from workers.satusehat.reply import Duplicate, Found, Held, NotHeld, Stored


async def send(plan: Plan, way: Way) -> None:
    """Do what the plan says; raises Ended when something keeps it from being done."""
    if plan.first and plan.create:
        await _send_bundle(plan.create, way)
    else:
        for resource in plan.create:
            await _create(resource, way)
    for resource in plan.update:
        await _update(resource, way)
    for gone in plan.retract:
        await _retract(gone, way)


async def _send_bundle(resources: tuple[Resource, ...], way: Way) -> None:
    for resource in resources:
        validate(resource.body)
    body = bundle(resources, way.journal.known)
    match await exchange(way, f"POST Bundle ({len(resources)} entries)", "POST", "", body):
        case Held(entries) if len(entries) == len(resources):
            for resource, entry in zip(resources, entries, strict=True):
                _accept(resource, entry.id, entry.version, way)
        case reply:
            # A duplicate too: somebody posted these before us, perhaps we ourselves. Ask, then send the rest.
            raise refused_or_uncertain(reply, way)


async def _create(resource: Resource, way: Way) -> None:
    body = resolve(resource.body, way.journal.known)
    validate(body)
    match await exchange(way, f"POST {resource.type}", "POST", resource.type, body):
        case Stored(id=remote_id, version=version):
            _accept(resource, remote_id, version, way)
        case Duplicate() as taken:
            await _adopt(resource, taken, way)
        case reply:
            raise refused_or_uncertain(reply, way)


async def _adopt(resource: Resource, taken: Duplicate, way: Way) -> None:
    """It is there already: take over its id, and bring its content up to date."""
    held = await holdings.by_identifier(resource, way)
    if held is None:
        raise refused_or_uncertain(taken, way)  # the index lags behind the write
    way.journal.accept(Accepted(resource.key, resource.type, held.id, held.version, ADOPTED))
    await _update(resource, way)


async def _update(resource: Resource, way: Way) -> None:
    known = way.journal.known[resource.key]
    body = {**resolve(resource.body, way.journal.known), "id": known.remote_id}
    validate(body)
    match await exchange(way, f"PUT {resource.type}", "PUT", f"{resource.type}/{known.remote_id}", body):
        case Stored(version=version):
            _accept(resource, known.remote_id, version, way)
        case reply:
            if isinstance(reply, NotHeld):
                way.journal.forget(resource.key, resource.type)
            raise refused_or_uncertain(reply, way)


async def _retract(gone: Accepted, way: Way) -> None:
    """Say that a resource was entered in error: nothing can be deleted there."""
    path = f"{gone.type}/{gone.remote_id}"
    match await exchange(way, f"GET {gone.type}", "GET", path):
        case Found(resources=[held, *_]):
            await _put_retracted(gone, held, path, way)
        case NotHeld():
            way.journal.forget(gone.key, gone.type)
        case reply:
            raise refused_or_uncertain(reply, way)


async def _put_retracted(gone: Accepted, held: dict[str, object], path: str, way: Way) -> None:
    match await exchange(way, f"PUT {gone.type} entered-in-error", "PUT", path, retract(gone.type, held)):
        case Stored(version=version):
            way.journal.accept(Accepted(gone.key, gone.type, gone.remote_id, version, RETRACTED))
        case NotHeld():
            way.journal.forget(gone.key, gone.type)
        case reply:
            raise refused_or_uncertain(reply, way)


def _accept(resource: Resource, remote_id: str, version: str | None, way: Way) -> None:
    way.journal.accept(Accepted(resource.key, resource.type, remote_id, version, content_hash(resource.body)))
