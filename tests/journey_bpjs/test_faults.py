"""What is wrong between us and BPJS is named for what it is, and never shown as BPJS's answer."""

import pytest

from tests.journey.stage import until
from tests.journey_bpjs.stage import ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER, Counter

FAILURES = "select failure from integration.attempts where failure <> 'stopped'"
PAUSED = "select paused_reason from integration.lanes where target = 'pcare' and paused_until > now()"


async def lane_rests(counter: Counter) -> None:
    """Wait until the clinic's lane to P-Care rests."""

    async def rests() -> bool:
        return bool(await counter.one(PAUSED))

    await until(rests, "the lane rests")


@pytest.mark.parametrize(("fault", "failure", "word"), [
    ("wrong_password", "credentials", "WORKERS_BPJS_FACILITIES"),
    ("wrong_signature", "credentials", "WORKERS_BPJS_FACILITIES"),
    ("expired_consumer", "expired", "kedaluwarsa"),
    ("not_registered", "not_registered", "terdaftar"),
    ("no_mapping", "not_registered", "alamat"),
])  # fmt: skip
async def test_trouble_of_ours_stops_the_lane_with_one_alert(
    counter: Counter, fault: str, failure: str, word: str
) -> None:
    """Eight patients wait; BPJS is asked once, not eight times, and the admin reads one sentence."""
    await counter.behave({"match": {}, "effect": {"kind": fault}})
    for nik in (ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER):
        await counter.registers(nik)
    async with counter.daemon():
        await lane_rests(counter)
        await counter.drained_but_waiting()
    assert 1 == len(await counter.requests())
    (alert,) = await counter.sql("select target, reason from public.target_alerts")
    assert "pcare" == alert["target"]
    assert word in alert["reason"]
    assert {failure} == {row[0] for row in await counter.sql(FAILURES)}
    assert {"unknown"} == {row[0] for row in await counter.sql("select status from public.bpjs_memberships")}


async def test_the_lane_opens_with_one_probe(counter: Counter) -> None:
    """The mended lane tries one, then all; the alert goes away."""
    await counter.behave({"match": {}, "effect": {"kind": "wrong_password"}})
    for nik in (ACTIVE, ELSEWHERE, IN_ARREARS, NEW_MEMBER):
        await counter.registers(nik)
    async with counter.daemon():
        await lane_rests(counter)
    await counter.behave()
    await counter.sql("update public.target_alerts set refused_at = now() - interval '2 minutes'")
    async with counter.daemon():  # started anew, as after the settings were mended
        await counter.drained()
    assert {"delivered": 4} == await counter.states()
    assert [] == await counter.sql("select * from public.target_alerts")


async def test_a_program_that_restarts_again_and_again_does_not_hammer(counter: Counter) -> None:
    """However old the trouble is: what was refused a moment ago is not tried again by whoever starts."""
    await counter.behave({"match": {}, "effect": {"kind": "wrong_password"}})
    await counter.registers(ACTIVE)
    async with counter.daemon():
        await lane_rests(counter)
    await counter.sql("update public.target_alerts set since = now() - interval '1 hour'")
    await counter.sql("select integration.reopen(array['0114A001'])")
    assert await counter.one(PAUSED)
    assert 1 == len(await counter.requests())


@pytest.mark.parametrize("fault", ["bad_gateway", "error", "undecryptable", "truncated", "html", "empty_after_commit"])
async def test_noise_is_not_an_answer(counter: Counter, fault: str) -> None:
    """A gateway's page or an answer we cannot open is asked again, until BPJS itself speaks."""
    await counter.behave({"match": {"path": "peserta", "next": 2}, "effect": {"kind": fault}})
    async with counter.daemon(poll_seconds=0.2):
        patient = await counter.registers(ACTIVE)
        await counter.drained()
    expected = "not_found" if fault == "empty_after_commit" else "active"
    assert expected == (await counter.membership(patient))["status"]


async def test_a_wrong_clock_is_named(counter: Counter) -> None:
    """The signature is refused because of our clock, not because of the secret."""
    await counter.behave({"match": {}, "effect": {"kind": "clock_skew", "seconds": 4000}})
    await counter.registers(ACTIVE)
    async with counter.daemon():
        await lane_rests(counter)
    assert "NTP" in await counter.one(PAUSED)
