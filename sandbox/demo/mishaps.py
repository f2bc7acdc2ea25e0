"""What goes wrong in the demo: both governments away, answers lost, a clerk who is faster, a worker killed."""

import asyncio

from sandbox.demo.scene import Scene
from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS

LATENCY = {"name": "latency", "match": {}, "effect": {"kind": "latency", "ms": 150}}
OUTAGE = {"name": "outage", "match": {}, "effect": {"kind": "outage"}}
LOST = {
    "name": "lost",
    "match": {"method": "POST", "type": "Bundle", "next": 3},
    "effect": "drop_after_commit",
}

BPJS_LATENCY = {"name": "latency", "match": {}, "effect": {"kind": "latency", "ms": 80}}
BPJS_LOST = [
    {"name": path, "match": {"method": "POST", "path": path, "next": 1}, "effect": {"kind": "drop_after_commit"}}
    for path in ("pendaftaran", "kunjungan", "obat")
]
OUTAGE_S, BPJS_OUTAGE_S = 6.0, 8.0
CLERKS_CASE = 7


async def outage(scene: Scene) -> None:
    """The ministry answers 503, and when it is back, loses three answers."""
    await scene.ministry.behave(LATENCY, OUTAGE)
    scene.board.say("The ministry is down: every request is answered 503.")
    await asyncio.sleep(OUTAGE_S)
    await scene.ministry.behave(LATENCY, LOST)
    scene.board.say("The ministry is back; its next three answers get lost after it has saved the visit.")


async def bpjs_outage(scene: Scene) -> None:
    """Eight hours squeezed into seconds; meanwhile a clerk loses patience."""
    await scene.insurer.behave(BPJS_LATENCY, OUTAGE)
    scene.board.say("BPJS is down (eight hours, squeezed): registrations and visits wait, SatuSehat goes on.")
    await asyncio.sleep(BPJS_OUTAGE_S / 2)
    person = UNAMBIGUOUS_PATIENTS[CLERKS_CASE]
    await scene.insurer.type_in(await scene.insurer.card_of(person.nik))
    scene.board.say(f"Visit {CLERKS_CASE + 1}: a clerk types it into P-Care's own pages.")
    await asyncio.sleep(BPJS_OUTAGE_S / 2)
    await scene.insurer.behave(BPJS_LATENCY, *BPJS_LOST)
    scene.board.say("BPJS is back; one answer of each kind gets lost after it was carried out.")


async def kill(scene: Scene) -> None:
    """SIGKILL, two seconds without any worker, then a new one."""
    killed = scene.worker.pid
    await scene.worker.kill()
    scene.board.say(f"The worker (process {killed}) is killed with SIGKILL in the middle of its work.")
    await asyncio.sleep(2)
    scene.worker.start()
    scene.board.say(f"A new worker (process {scene.worker.pid}) takes over.")
