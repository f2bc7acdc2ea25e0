"""Resources that are complete but for one thing, and the validator's answer to them."""

import copy
from collections.abc import Callable
from typing import Any

from sandbox.satusehat.dialects import Json
from tests.contract.satusehat_simulator import examples
from tests.contract.satusehat_simulator.conftest import Ministry

Build = Callable[[str], Json]
DELETE = object()


def changed(resource: Json, path: str, value: Any) -> Json:
    """Give a copy with one element replaced or deleted; digits in the path are array indexes."""
    result = copy.deepcopy(resource)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    holder: Any = result
    for step in steps:
        holder = holder[step]
    if value is DELETE:
        del holder[last]
    else:
        holder[last] = value
    return result


async def refused(ministry: Ministry, resource: Json) -> list[Json]:
    """Send a resource that must be refused by the validator, and give the issues."""
    reply = await ministry.create(resource)
    assert (400, "application/json") == (reply.status_code, reply.headers["content-type"]), reply.text
    outcome = reply.json()
    assert ["resourceType", "text", "issue"] == list(outcome)
    return list(outcome["issue"])


def encounter(_visit: str) -> Json:
    """Give a visit without a room of its own; reference checks come after the validator's."""
    return examples.encounter("room")


def done(visit: str) -> Json:
    """Give a finished visit."""
    return examples.finished(encounter(visit), "Condition/none")


def order(visit: str) -> Json:
    """Give a dispense without a stored order."""
    return examples.dispense(visit, "MedicationRequest/none")


def episode(_visit: str) -> Json:
    """Give an episode of care."""
    return examples.episode()


def drug(_visit: str) -> Json:
    """Give a separate drug."""
    return examples.medication()
