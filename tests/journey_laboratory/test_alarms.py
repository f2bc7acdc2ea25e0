"""A result that somebody must see: on the screen at once, then by message, whatever happens to the workers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from sandbox.postbox.smtp import Mailbox, mailbox
from sandbox.postbox.whatsapp import Gateway, gateway
from sandbox.supabase.client import client
from sandbox.supabase.stack import Stack
from supabase import AsyncClient
from tests.contract.supabase.listening import Listener
from tests.database.bench import SQL, Row
from tests.journey.stage import daemon, until
from tests.journey_laboratory.intake import Intake, intake

NORMAL = [{"code": "HB", "numeric": "13.1", "unit": "g/dL"}]
CRITICAL = [{"code": "HB", "numeric": "5.1", "unit": "g/dL"}]
NUMBER = "+6281234567890"
CONTACT = "insert into public.staff_contacts (clinic_id, staff_id, whatsapp_number) values ($1, $2, $3)"
LADDER = "update public.escalation_steps set after_minutes = 0.001 where clinic_id = $1"
STATES = """select d.state::text from integration.deliveries d join public.messages m on m.id = d.subject_id
             where m.clinic_id = $1 and d.kind = $2"""
REASONS = "select role::text, field from public.work_items where clinic_id = $1 and target in ('email', 'whatsapp')"
DUE = "update integration.deliveries set due_at = now() where kind = 'email' and state = 'ready'"
FORBIDDEN = ("Pasien", "Hemoglobin", "5.1", "g/dL")


@pytest.fixture
async def lab(stack: Stack) -> AsyncIterator[Intake]:
    """A laboratory whose doctor has a telephone, and whose critical results climb at once."""
    async with intake(stack) as opened:
        clinic, doctor = opened.bench.clinic, opened.bench.staff["doctor"]
        await opened.bench.connection.execute(CONTACT, clinic, doctor, NUMBER)
        await opened.bench.connection.execute(LADDER, clinic)
        yield opened


def channels(box: Mailbox | None, way: Gateway | None) -> Mapping[str, Any]:
    """The settings of the channels that are there."""
    told: dict[str, Any] = {"messaging_timeout_seconds": 2.0, "lease_seconds": 5, "sweep_seconds": 0.2,
                            "satusehat_timeout_seconds": 1, "satusehat_uncertain_rest_seconds": 1}  # fmt: skip
    if box:
        told |= {"messaging_smtp_host": box.host, "messaging_smtp_port": box.port, "messaging_smtp_security": "none",
                 "messaging_sender": "lab@klinik.test"}  # fmt: skip
    if way:
        told |= {"messaging_whatsapp_url": way.url, "messaging_whatsapp_secret": way.secret}
    return told


async def states(lab: Intake, channel: str) -> list[str]:
    """Of the messages of a channel."""
    return [row[0] for row in await lab.bench.connection.fetch(STATES, lab.bench.clinic, channel)]


async def settled(lab: Intake, channel: str, count: int) -> bool:
    """Whether so many messages have arrived."""
    return ["delivered"] * count == await states(lab, channel)


@asynccontextmanager
async def alarmed(lab: Intake, box: Mailbox | None, way: Gateway | None) -> AsyncIterator[Row]:
    """A daemon that can send, and a critical result."""
    settings = lab.settings(laboratory_mllp_port=None, **channels(box, way))
    async with daemon(settings):
        yield await lab.bench.reached("final", "HB", values=CRITICAL)


async def test_a_critical_result_reaches_the_doctor_outside(lab: Intake) -> None:
    """By WhatsApp and by mail, at each step once, without a word of whose and what."""
    async with mailbox() as box, gateway() as way, alarmed(lab, box, way):
        # the doctor, both doctors, owner and admin: five mails; one of them has a telephone, and is told twice
        await until(lambda: settled(lab, "email", 5), "five mails arrive")
        await until(lambda: settled(lab, "whatsapp", 2), "two messages arrive")

    assert (5, 2, 0) == (len(box.mails), len(way.told), way.repeats)
    said = [mail.as_string() for mail in box.mails] + [words for _, words in way.told.values()]
    assert not [word for word in FORBIDDEN for words in said if word in words]


async def test_an_answer_ends_the_climb(lab: Intake) -> None:
    """Nobody else is woken."""
    async with mailbox() as box, gateway() as way, alarmed(lab, box, way) as order:
        await asyncio.wait_for(way.changed.wait(), 20)
        alert = await lab.one("select id from public.critical_alerts where order_id = $1", UUID(order["id"]))
        await lab.bench.call("doctor", "acknowledge_critical", alert, "Pasien dirujuk")
        step = await lab.one("select step from public.critical_alerts where id = $1", alert)
        await lab.bench.connection.execute(SQL["overdue"], lab.bench.clinic)

        assert 0 == await lab.deliveries.call("escalate")
        assert step == await lab.one("select step from public.critical_alerts where id = $1", alert)


async def test_a_mail_server_that_is_down_holds_up_no_whatsapp(lab: Intake) -> None:
    """Each channel goes by itself; what could not go goes later."""
    async with mailbox() as box, gateway() as way:
        box.busy = True
        async with alarmed(lab, box, way):
            await until(lambda: settled(lab, "whatsapp", 2), "two messages arrive")
            assert "delivered" not in await states(lab, "email")
            box.busy = False
            await lab.bench.connection.execute(DUE)
            await until(lambda: settled(lab, "email", 5), "five mails arrive")


async def test_a_lost_answer_makes_one_message_at_the_gateway(lab: Intake) -> None:
    """Sent again under the same id."""
    async with gateway() as way:
        way.drop = True
        async with alarmed(lab, None, way):
            await asyncio.wait_for(way.changed.wait(), 20)
            await until(lambda: _uncertain(lab), "a doubt is recorded")
            way.drop = False
            await until(lambda: settled(lab, "whatsapp", 2), "both are delivered")

    assert 2 == len(way.told)
    assert way.repeats >= 1


async def _uncertain(lab: Intake) -> bool:
    statement = "select exists (select from integration.attempts where outcome = 'uncertain' and failure = 'no_reply')"
    return await lab.one(statement)


async def test_a_channel_that_is_not_set_up_is_said_and_goes_on_once_it_is(lab: Intake) -> None:
    """Work for the admin; a worker that has the channel lets it go on by itself."""
    async with alarmed(lab, None, None):
        await until(lambda: _blocked(lab), "the messages are blocked")
        reasons = await lab.bench.connection.fetch(REASONS, lab.bench.clinic)
        assert {("admin", "escalation_steps.channels")} == {tuple(row) for row in reasons}
    async with AsyncExitStack() as later:
        told = channels(await later.enter_async_context(mailbox()), await later.enter_async_context(gateway()))
        await later.enter_async_context(daemon(lab.settings(laboratory_mllp_port=None, **told)))
        await until(lambda: settled(lab, "email", 5), "five mails arrive")


async def _blocked(lab: Intake) -> bool:
    found = await states(lab, "email")
    return len(found) == 5 and set(found) == {"blocked"}


async def test_losing_realtime_loses_nothing(lab: Intake) -> None:
    """The screen was off: the row is there when it is opened, and the climb did not wait for it."""
    order = await lab.bench.reached("final", "HB", values=CRITICAL)
    await lab.bench.connection.execute(SQL["overdue"], lab.bench.clinic)
    await lab.deliveries.call("escalate")

    doctor = lab.bench.staff["doctor"]
    kinds = [(row["kind"], row["step"]) for row in await lab.bench.notifications(order) if row["staff_id"] == doctor]
    assert [("result_critical", 0), ("result_critical", 1)] == kinds


async def signed_in(lab: Intake, desk: AsyncClient, role: str) -> AsyncClient:
    """That member of staff, under a login that can be signed in with."""
    login = {"email": f"{uuid4().hex}@klinik.test", "password": uuid4().hex}
    async with client(lab.stack.url, lab.stack.service_key) as service:
        made = await service.auth.admin.create_user({**login, "email_confirm": True})
    lab.bench.users[role] = UUID(made.user.id)
    change = "update public.staff set user_id = $2 where id = $1"
    await lab.bench.connection.execute(change, lab.bench.staff[role], lab.bench.users[role])
    await desk.auth.sign_in_with_password(login)
    return desk


async def test_the_doctors_screen_shows_it_and_no_others(lab: Intake) -> None:
    """Through Realtime, with row level security: the ordering doctor's session and nobody else's."""
    async with AsyncExitStack() as desks:
        ears = []
        for role in ("doctor", "second_doctor"):
            desk = await desks.enter_async_context(client(lab.stack.url, lab.stack.anon_key))
            ears.append(await Listener().on_changes(await signed_in(lab, desk, role), "notifications"))
        order = await lab.bench.reached("final", "HB")
        shown = (await ears[0].next())["record"]
        assert (order["id"], "result_final") == (shown["order_id"], shown["kind"])

        theirs = await lab.bench.call("second_doctor", "place_order", await lab.bench.visit(), ["HB"])
        for role, step, *more in (("nurse", "collect_specimens"), ("lab", "start_examination"),
                                  ("lab", "enter_results", NORMAL), ("lab", "finalize_order")):  # fmt: skip
            await lab.bench.call(role, step, theirs["id"], *more)
        assert theirs["id"] == (await ears[1].next())["record"]["order_id"]
