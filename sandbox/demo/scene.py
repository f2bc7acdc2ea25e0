"""Everybody and everything on stage, and waiting for what they do."""

import asyncio
from dataclasses import dataclass
from time import monotonic

from sandbox.demo.board import Board
from sandbox.demo.books import balances, delivery_states
from sandbox.demo.front_end import Clinic
from sandbox.demo.hospital import Hospital
from sandbox.demo.outside import Insurer, Ministry, Worker
from sandbox.surroundings import Surroundings
from sandbox.up import Sandbox

SETTLED_WITHIN_S = 60.0


@dataclass(slots=True)
class Scene:
    """Everybody and everything on stage."""

    running: Sandbox
    around: Surroundings
    clinic: Clinic
    ministry: Ministry
    insurer: Insurer
    worker: Worker
    board: Board
    hospital: Hospital
    visits: dict[int, str]


async def until_delivered(scene: Scene, visit: str) -> None:
    deadline = monotonic() + SETTLED_WITHIN_S
    while monotonic() < deadline:
        if (await delivery_states(scene.board.service, "satusehat", "visit")).get(visit) == "delivered":
            return
        await asyncio.sleep(0.2)


async def settled(scene: Scene) -> None:
    """Until nothing is on its way any more."""
    deadline = monotonic() + SETTLED_WITHIN_S
    while monotonic() < deadline:
        laws = await balances(scene.board.service)
        if any(law.eligible for law in laws) and not any(law.in_flight for law in laws):
            return
        await asyncio.sleep(0.3)
