"""WhatsApp through a gateway of the clinic's choice: a signed webhook (standardwebhooks.com).

The gateway is told ``{"to", "text"}``. The webhook's id is the message's own, so that a gateway that keeps to the
standard sends a repeated one once.
"""

from datetime import UTC, datetime, timedelta

import httpx
import orjson
from standardwebhooks.webhooks import Webhook

from workers.ending import Ended
from workers.messaging.snapshot import MessageSnapshot
from workers.messaging.text import Text
from workers.messaging.wording import credentials_refused, refused_address
from workers.outcome import Failure, Outcome, Postponed, Rejected, Uncertain
from workers.transport import NEVER_SENT, Client

SOON, LATER = timedelta(seconds=15), timedelta(minutes=5)


class WhatsappChannel:
    """The adapter for WhatsApp."""

    def __init__(self, url: str, secret: str, http: Client, rest: timedelta) -> None:
        self._url = url
        self._webhook = Webhook(secret)
        self._http = http
        self._rest = rest

    async def send(self, told: MessageSnapshot, said: Text) -> int:
        """Hand the message over; answers the gateway's status. Raises Ended when it was not taken."""
        body = orjson.dumps({"to": told.message.address, "text": said.body})
        try:
            response = await self._http.post(self._url, content=body, headers=self._headers(told.message.id, body))
        except httpx.HTTPError as error:
            never = isinstance(error, NEVER_SENT)
            raise Ended(
                Postponed(Failure.UNREACHABLE, SOON) if never else Uncertain(Failure.NO_REPLY, self._rest)
            ) from None
        if response.is_success:
            return response.status_code
        raise Ended(self._ending(response.status_code))

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message_id, now, body.decode()),
        }

    def _ending(self, status: int) -> Outcome:
        if status in (400, 404, 410, 422):
            return Rejected((refused_address("whatsapp"),))
        if status in (401, 403):
            return Postponed(Failure.CREDENTIALS, LATER, credentials_refused("whatsapp"))
        if status == 429:
            return Postponed(Failure.THROTTLED, SOON)
        return Uncertain(Failure.SERVER_ERROR, self._rest)
