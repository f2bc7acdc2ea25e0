"""Messages against a real SMTP server and a gateway that checks signatures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from sandbox.postbox.smtp import Mailbox, mailbox
from sandbox.postbox.whatsapp import Gateway, gateway
from workers.clock import elapsed
from workers.deliveries import Lease
from workers.messaging.deliver import Channels, MessagingDelivery
from workers.outcome import Blocked, Delivered, Exempt, Failure, Postponed, Rejected, Report, Uncertain
from workers.settings import Settings
from workers.traffic import Traffic

PATIENT_WORDS = ("Nama Rekaan", "Hemoglobin", "5.1", "A91", "3171")


def settings(**changes: Any) -> Settings:
    """The least there is, and the channels a test wants."""
    url = "http://127.0.0.1:1"
    return Settings(
        _env_file=None, supabase_url=url, supabase_service_key=SecretStr("k" * 20), satusehat_auth_url=url,
        satusehat_fhir_url=url, messaging_timeout_seconds=1.0, **changes,
    )  # type: ignore[call-arg]  # fmt: skip


def through(box: Mailbox | None = None, way: Gateway | None = None, **changes: Any) -> Settings:
    """Settings that name these channels."""
    told: dict[str, Any] = {}
    if box:
        told |= {"messaging_smtp_host": box.host, "messaging_smtp_port": box.port, "messaging_smtp_security": "none",
                 "messaging_sender": "klinik@klinik.test"}  # fmt: skip
    if way:
        told |= {"messaging_whatsapp_url": way.url, "messaging_whatsapp_secret": SecretStr(way.secret)}
    return settings(**{**told, **changes})


def lease(channel: str, address: str | None, *, acknowledged: bool = False, seconds: float = 60.0) -> Lease:
    """A message that is due."""
    snapshot = {
        "as_of": "2026-11-24T08:00:00Z", "clinic": {"id": "c", "name": "Klinik Melati"},
        "message": {"id": "0b8e2a44-0000-4000-8000-000000000001", "staff_id": "s", "channel": channel, "step": 2,
                    "created_at": "2026-11-24T08:00:00Z", "address": address},
        "alert": {"id": "a", "acknowledged": acknowledged}, "order": {"accession_number": "L2611240012"},
    }  # fmt: skip
    return Lease(id=1, target=channel, kind=channel, subject_id="m", clinic_id="c", generation=1, lease_number=1,
                 attempt=1, ask_first=False, suspect=False, snapshot=snapshot, known=[], deadline=elapsed() + seconds,
                 started_at=datetime.now(UTC))  # fmt: skip


@asynccontextmanager
async def delivering(settings: Settings) -> AsyncIterator[MessagingDelivery]:
    """The route, with its channels open."""
    async with Channels(settings) as channels:
        yield MessagingDelivery(channels, settings)


async def sent(settings: Settings, what: Lease) -> Report:
    """What became of one message."""
    async with delivering(settings) as deliver:
        return await deliver(what)


async def test_an_email_arrives_and_says_nothing_of_the_patient() -> None:
    """From whom, to whom, that there is something; under the message's own id."""
    async with mailbox() as box:
        report = await sent(through(box), lease("email", "dokter@klinik.test"))
    (mail,) = box.mails

    assert (Delivered(), "dokter@klinik.test") == (report.outcome, mail["To"])
    assert "L2611240012" in mail["Subject"]
    assert "<0b8e2a44-0000-4000-8000-000000000001@klinik.test>" == mail["Message-ID"]
    assert not [word for word in PATIENT_WORDS if word in mail.as_string()]
    assert report.learned is not None
    assert abs(datetime.fromisoformat(report.learned["sent_at"]) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_whatsapp_message_is_signed_and_repeats_under_its_id() -> None:
    """The gateway knows it again, and sends it once."""
    async with gateway() as way:
        reports = [await sent(through(way=way), lease("whatsapp", "+6281234567890")) for _ in range(2)]

    assert [Delivered(), Delivered()] == [report.outcome for report in reports]
    assert (1, 1, 0) == (len(way.told), way.repeats, way.forged)
    ((number, words),) = way.told.values()
    assert "+6281234567890" == number
    assert not [word for word in PATIENT_WORDS if word in words]


async def test_a_wrong_secret_needs_a_person() -> None:
    """The channel rests, and the admin is told."""
    async with gateway() as way:
        forged = through(way=way, messaging_whatsapp_secret=SecretStr("whsec_" + "QUFB" * 8))
        report = await sent(forged, lease("whatsapp", "+628123456789"))

    assert isinstance(report.outcome, Postponed)
    assert (Failure.CREDENTIALS, 1) == (report.outcome.failure, way.forged)
    assert report.outcome.alert


async def test_a_wrong_password_needs_a_person() -> None:
    """The same for mail."""
    async with mailbox(password="right") as box:
        wrong = await sent(
            through(box, messaging_smtp_user="k", messaging_smtp_password=SecretStr("wrong")),
            lease("email", "a@b.test"),
        )
        right = await sent(
            through(box, messaging_smtp_user="k", messaging_smtp_password=SecretStr("right")),
            lease("email", "a@b.test"),
        )

    assert isinstance(wrong.outcome, Postponed)
    assert (Failure.CREDENTIALS, Delivered()) == (wrong.outcome.failure, right.outcome)


async def test_what_is_acknowledged_is_not_sent() -> None:
    """Nobody is woken for what is answered."""
    async with mailbox() as box:
        report = await sent(through(box), lease("email", "dokter@klinik.test", acknowledged=True))

    assert isinstance(report.outcome, Exempt)
    assert [] == box.mails


@pytest.mark.parametrize(
    ("channel", "address", "waits"),
    [("email", None, "contact/s"), ("whatsapp", "+62811111111", "credential/messaging/whatsapp")],
)
async def test_a_missing_address_or_channel_waits_for_it(channel: str, address: str | None, waits: str) -> None:
    """With the key whose release lets it go on."""
    async with mailbox() as box:
        report = await sent(through(box), lease(channel, address))

    assert isinstance(report.outcome, Blocked)
    assert [waits] == [problem.waits_for for problem in report.outcome.problems]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({"refuse": True}, Rejected), ({"busy": True}, Postponed), ({"drop": True}, Uncertain)],
)
async def test_a_mail_server_that_does_not_take_it(fault: dict[str, bool], outcome: type) -> None:
    """No such mailbox: a person; come back later: later; no answer: perhaps."""
    async with mailbox() as box:
        for name, value in fault.items():
            setattr(box, name, value)
        report = await sent(through(box), lease("email", "dokter@klinik.test"))

    assert isinstance(report.outcome, outcome)
    if isinstance(report.outcome, Rejected):
        assert ["contact/s"] == [problem.waits_for for problem in report.outcome.problems]


async def test_a_full_mailbox_slows_nobody_else() -> None:
    """It is the recipient's alone: the channel keeps its pace."""
    async with mailbox() as box:
        box.full = True
        report = await sent(through(box), lease("email", "dokter@klinik.test"))
    traffic = Traffic(1, 10.0)
    traffic.learn(report.outcome, report.requests)

    assert isinstance(report.outcome, Postponed)
    assert (0.0, 10.0, "closed") == (traffic.pace.quiet_for_s, traffic.pace.rate, traffic.breaker.state)


@pytest.mark.parametrize(
    ("status", "outcome", "failure"),
    [
        (404, Rejected, None),
        (429, Postponed, Failure.THROTTLED),
        (500, Uncertain, Failure.SERVER_ERROR),
        (403, Postponed, Failure.CREDENTIALS),
    ],
)
async def test_a_gateway_that_does_not_take_it(status: int, outcome: type, failure: Failure | None) -> None:
    """By the status alone."""
    async with gateway() as way:
        way.answers.append(status)
        report = await sent(through(way=way), lease("whatsapp", "+6281234567890"))

    assert isinstance(report.outcome, outcome)
    assert failure == getattr(report.outcome, "failure", None)


async def test_a_lost_answer_is_sent_again_under_the_same_id() -> None:
    """The gateway had it: it is one message there."""
    async with gateway() as way:
        way.drop = True
        first = await sent(through(way=way), lease("whatsapp", "+6281234567890"))
        way.drop = False
        second = await sent(through(way=way), lease("whatsapp", "+6281234567890"))

    assert isinstance(first.outcome, Uncertain)
    assert (Delivered(), 1, 1) == (second.outcome, len(way.told), way.repeats)


async def test_nobody_there_is_no_doubt() -> None:
    """A refused connection took nothing."""
    async with mailbox() as box:
        told = through(box)
    report = await sent(told, lease("email", "dokter@klinik.test"))

    assert isinstance(report.outcome, Postponed)
    assert Failure.UNREACHABLE == report.outcome.failure


async def test_a_lease_that_is_about_to_end_sends_nothing() -> None:
    """Somebody else may have it already."""
    async with mailbox() as box:
        report = await sent(through(box), lease("email", "dokter@klinik.test", seconds=0.5))

    assert isinstance(report.outcome, Postponed)
    assert [] == box.mails


@pytest.mark.parametrize(
    "address",
    ["a@b.test\nBcc: c@d.test", "a@b.test, c@d.test", "a;c@d.test", "dr.bùdi@klinik.test", "(c)@d.test", "a:b@c.test;"],
)
async def test_an_address_no_server_takes_is_the_contacts_fault(address: str) -> None:
    """Nobody else gets it, and it holds up no other message: the channel itself is well."""
    async with mailbox() as box:
        report = await sent(through(box), lease("email", address))

    assert isinstance(report.outcome, Rejected)
    assert ["contact/s"] == [problem.waits_for for problem in report.outcome.problems]
    assert [] == box.mails


async def test_a_sender_with_a_name_signs_with_its_domain() -> None:
    """The Message-ID is one also then."""
    async with mailbox() as box:
        await sent(through(box, messaging_sender="Klinik Melati <k@klinik.test>"), lease("email", "dokter@klinik.test"))
    assert "<0b8e2a44-0000-4000-8000-000000000001@klinik.test>" == box.mails[0]["Message-ID"]


async def test_without_the_promised_encryption_nothing_is_said() -> None:
    """A server, or somebody on the way, that hides STARTTLS hears neither password nor message."""
    heard: list[bytes] = []

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250 AUTH PLAIN LOGIN\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        told = settings(
            messaging_smtp_host="127.0.0.1", messaging_smtp_port=server.sockets[0].getsockname()[1],
            messaging_sender="klinik@klinik.test", messaging_smtp_user="k",
            messaging_smtp_password=SecretStr("rahasia"),
        )  # fmt: skip
        report = await sent(told, lease("email", "dokter@klinik.test"))

    assert isinstance(report.outcome, Postponed)
    assert [] == [line for line in heard if line.split()[0].upper() not in (b"EHLO", b"HELO", b"QUIT")]
