"""The morning and the claims of the referral-level clinic."""

import asyncio
from pathlib import Path

from sandbox.demo import hospital
from sandbox.demo.outside import command
from sandbox.demo.scene import Scene, settled
from sandbox.satusehat.identities import UNAMBIGUOUS_PATIENTS
from sandbox.up import FOLDER

REFERRED = (0, 3, 4)
"""Patients who are referred to the sister clinic, all of them active members."""


async def morning(scene: Scene) -> None:
    """Three members come to the referral-level clinic, each with a referral."""
    await hospital.map_codes(scene.hospital)
    for number, patient in enumerate(REFERRED, start=1):
        person = UNAMBIGUOUS_PATIENTS[patient]
        scene.visits[-number] = await hospital.treat(scene.hospital, scene.insurer, number, person)


async def claims(scene: Scene, root: Path) -> None:
    """Claims are checked and sent; BPJS approves one and pends one; the monitoring is read as every hour."""
    for number in range(1, len(REFERRED) + 1):
        for reason in await hospital.send_claim(scene.hospital, scene.visits[-number]):
            scene.board.say(f"Claim {number}: {reason}")
    scene.board.say("Klinik Utama Kenanga: the doctor has signed, the cashier has checked, claims go out.")
    await asyncio.sleep(0.5)
    await settled(scene)
    await hospital.decide(scene.hospital, scene.insurer, scene.visits[-1], 3, requested=hospital.REQUESTED,
                          approved=hospital.APPROVED)  # fmt: skip
    await hospital.decide(scene.hospital, scene.insurer, scene.visits[-2], 2, reason="Resume medis tidak lengkap")
    await command(root, root / FOLDER / "demo.env", "bpjs", "claims")
    told = ", ".join(f"{state} ({what})" for state, what in await hospital.fates(scene.hospital))
    scene.board.say(f"What became of the claims: {told}")
