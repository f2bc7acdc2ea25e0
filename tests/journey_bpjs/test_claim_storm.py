"""Many visits and every kind of doubt at once: one SEP and one LPK each, whatever gets lost on the way."""

from tests.journey_bpjs.hospital import Hospital
from tests.journey_bpjs.stage import BORN

DOUBTS = (
    "drop_after_commit", "drop_before_commit", "error_after_commit", "empty_after_commit", "html", "undecryptable",
    "bad_gateway", "truncated",
)  # fmt: skip
WRITES = ("POST", "PUT", "DELETE")
STORM = [
    {"name": f"{kind} {method}", "match": {"method": method, "probability": 0.06}, "effect": {"kind": kind}}
    for kind in DOUBTS for method in WRITES
]  # fmt: skip
PATIENTS = 12


async def test_a_storm_leaves_one_of_each(ward: Hospital) -> None:
    """Nearly every second write is in doubt; a third of the visits is cancelled in the middle of it."""
    visits = [await arrives(ward, number) for number in range(PATIENTS)]
    await ward.counter.settle(duplicate_guard=False, check_referrals=False)  # BPJS keeps no second copy away
    await ward.counter.behave(*STORM)
    async with ward.counter.daemon():
        for visit in visits:
            await ward.reaches(visit, "delivered")
        claims = [await ward.finish(visit) for visit in visits]
        for claim in claims:
            await ward.sign(claim)
            assert [] == await ward.check(claim)
        for visit in visits[::3]:
            await ward.counter.sql("update public.visits set payer = 'self' where id = $1", visit)
        for subject in (*claims, *visits):
            await ward.reaches(subject, "delivered")
        await ward.counter.drained()
    kept = PATIENTS - len(visits[::3])
    assert [kept, kept, kept] == [len(await ward.counter.held(kind)) for kind in ("sep", "lpk", "claim")]
    assert not (await ward.counter.summary())["duplicates"]
    ours = await ward.counter.sql("select sep_number from public.bpjs_seps where sep_number is not null")
    assert {row["sep_number"] for row in ours} == {sep["id"] for sep in await ward.counter.held("sep")}
    assert [] == await ward.work()
    await ward.counter.behave()
    assert [0] == [seen.differences for seen in await ward.watch()]


async def arrives(ward: Hospital, number: int) -> str:
    """A member of the clinic's own, referred today."""
    nik, card = f"88020145018{number:05}", f"80010000{number:05}"
    born = next(iter(BORN.values()))
    member = {"nik": nik, "card": card, "name": f"Peserta {number}", "birth_date": born, "sex": "P"}
    (await ward.counter.door.post("/__sandbox__/members", json=member)).raise_for_status()
    await ward.refer(card=card)
    return await ward.visit(nik, born)
