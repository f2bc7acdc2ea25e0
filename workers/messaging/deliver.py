"""Carries one leased message to its channel, unless the result has been acknowledged meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from pydantic import ValidationError

from workers.deliveries import Lease
from workers.ending import Ended, Journal
from workers.messaging.email import EmailChannel
from workers.messaging.snapshot import MessageSnapshot
from workers.messaging.text import Text, text
from workers.messaging.whatsapp import WhatsappChannel
from workers.messaging.wording import Channel, channel_key, no_address, no_channel
from workers.outcome import Blocked, Delivered, Exempt, Failure, Outcome, Postponed, Problem, Rejected, Report, Role
from workers.settings import Settings
from workers.transport import Client

LEASE_MARGIN_S = 1.0
AT_ONCE = timedelta()
UNREADABLE = Problem("Pesan ini tidak dapat dibaca. Hubungi pengelola sistem.", Role.ADMIN, "messages.id")


class Adapter(Protocol):
    """A way to reach somebody outside the application."""

    async def send(self, told: MessageSnapshot, said: Text) -> int:
        """Hand one message over; answers the status of whoever took it. Raises Ended when nobody did."""
        ...


class Channels:
    """The channels that are set up, closed together at the end."""

    def __init__(self, settings: Settings) -> None:
        self._http = Client(settings.messaging_timeout_seconds, 4)
        self._adapters: dict[Channel, Adapter] = {}
        if settings.messaging_smtp_host:
            self._adapters["email"] = EmailChannel(settings)
        url, secret = settings.messaging_whatsapp_url, settings.messaging_whatsapp_secret
        if url and secret:
            rest = timedelta(seconds=settings.messaging_timeout_seconds)
            self._adapters["whatsapp"] = WhatsappChannel(url, secret.get_secret_value(), self._http, rest)

    @property
    def keys(self) -> tuple[str, ...]:
        """What messages wait for that is there now."""
        return tuple(channel_key(channel) for channel in self._adapters)

    @property
    def adapters(self) -> Mapping[Channel, Adapter]:
        """The adapters by channel."""
        return self._adapters

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()


class MessagingDelivery:
    """The route of the kinds ``email`` and ``whatsapp``, each to the target of its name."""

    def __init__(self, channels: Channels, settings: Settings) -> None:
        self._adapters = channels.adapters
        self._app_url = settings.messaging_app_url
        self._timeout_s = settings.messaging_timeout_seconds

    async def __call__(self, lease: Lease) -> Report:
        """Carry the lease to its end; never raises for what the world does."""
        journal = Journal()
        journal.asked = True  # a mailbox cannot be asked: a second copy, with the same id, is better than none
        try:
            outcome = await self._carry(MessageSnapshot.model_validate(lease.snapshot), lease, journal)
        except Ended as ended:
            outcome = ended.outcome
        except ValidationError:
            outcome = Blocked((UNREADABLE,))
        return journal.report(outcome)

    async def _carry(self, told: MessageSnapshot, lease: Lease, journal: Journal) -> Outcome:
        if told.alert.acknowledged:
            return Exempt("Hasil sudah ditanggapi sebelum pesan ini terkirim.")
        channel = told.message.channel
        if told.message.address is None:
            return Blocked((no_address(channel, told.message.staff_id),))
        adapter = self._adapters.get(channel)
        if adapter is None:
            return Blocked((no_channel(channel),))
        if not lease.holds_for(self._timeout_s + LEASE_MARGIN_S):
            return Postponed(Failure.STOPPED, AT_ONCE)
        return await self._sent(adapter, told, journal)

    async def _sent(self, adapter: Adapter, told: MessageSnapshot, journal: Journal) -> Outcome:
        step = f"SEND {told.message.channel}"
        try:
            journal.sent(step, await adapter.send(told, text(told, self._app_url)))
        except Ended as ended:
            journal.sent(step, None)
            if isinstance(ended.outcome, Rejected):  # a corrected contact opens it again
                key = f"contact/{told.message.staff_id}"
                return Rejected(tuple(replace(problem, waits_for=key) for problem in ended.outcome.problems))
            raise
        journal.learn(sent_at=datetime.now(UTC).isoformat())
        return Delivered()
