"""What the front end sees: the answer appears by Realtime, to those who may read it, and nobody edits it."""

import pytest
from postgrest.exceptions import APIError

from sandbox.supabase.client import client
from supabase import AsyncClient
from tests.contract.supabase.listening import Listener
from tests.journey.stage import CLINIC_ID, until
from tests.journey_bpjs.stage import ACTIVE, Counter


async def logged_in(counter: Counter, desk: AsyncClient, role: str) -> None:
    """Sign somebody in."""
    login = next(one.login() for one in counter.running.personas if one.role == role)
    await desk.auth.sign_in_with_password({"email": login["email"], "password": login["password"]})


async def test_the_cashier_sees_the_answer_appear(counter: Counter) -> None:
    """Subscribed before, told within moments of BPJS's answer; the row says active, and since when."""
    stack = counter.running.stack
    async with client(stack.url, stack.anon_key) as desk, counter.daemon():
        await logged_in(counter, desk, "cashier")
        listener = await Listener().on_changes(desk, "bpjs_memberships")
        patient = await counter.registers(ACTIVE)
        row = (await listener.next())["record"]
        while row["status"] == "unknown":
            row = (await listener.next())["record"]
    assert (patient, "active") == (row["patient_id"], row["status"])


async def test_the_front_desk_asks_again(counter: Counter) -> None:
    """``check_membership`` answers at once with what is known; the new answer follows by itself."""
    stack = counter.running.stack
    async with client(stack.url, stack.anon_key) as desk, counter.daemon():
        await logged_in(counter, desk, "front_desk")
        patient = await counter.registers(ACTIVE)
        await counter.drained()
        await counter.sql("update public.bpjs_memberships set as_of = as_of - interval '2 days', reason = 'LAMA'")
        (row,) = (await desk.rpc("check_membership", {"patient_id": patient}).execute()).data
        assert "LAMA" == row["reason"]

        async def anew() -> bool:
            return (await counter.membership(patient))["reason"] == "AKTIF"

        await until(anew, "BPJS is asked again")


async def test_the_front_desk_does_not_ask_what_is_known(counter: Counter) -> None:
    """An hour later the page is opened again: by the clinic's own limit the answer is fresh, BPJS is left alone."""
    stack = counter.running.stack
    async with client(stack.url, stack.anon_key) as desk, counter.daemon():
        await logged_in(counter, desk, "front_desk")
        patient = await counter.registers(ACTIVE)
        await counter.drained()
        await counter.sql("update public.bpjs_memberships set as_of = as_of - interval '1 hour'")
        await desk.rpc("check_membership", {"patient_id": patient}).execute()
        assert 1 == await counter.one("select generation from integration.deliveries where kind = 'membership'")


@pytest.mark.parametrize("role", ["front_desk", "cashier", "admin", "owner"])
async def test_nobody_edits_an_answer(counter: Counter, role: str) -> None:
    """It is BPJS's word."""
    stack = counter.running.stack
    await counter.registers(ACTIVE)
    async with client(stack.url, stack.anon_key) as desk:
        await logged_in(counter, desk, role)
        assert 1 == len((await desk.table("bpjs_memberships").select("id").execute()).data)
        with pytest.raises(APIError):
            await desk.table("bpjs_memberships").update({"status": "active"}).eq("clinic_id", CLINIC_ID).execute()


async def test_the_pharmacist_does_not_read_it(counter: Counter) -> None:
    """Counter, carers and management do."""
    stack = counter.running.stack
    await counter.registers(ACTIVE)
    async with client(stack.url, stack.anon_key) as desk:
        await logged_in(counter, desk, "pharmacist")
        assert [] == (await desk.table("bpjs_memberships").select("id").execute()).data
