"""E-mail over SMTP (aiosmtplib): one message, one connection.

A second copy of an e-mail is better than none: after a lost answer it is sent again under the same Message-ID, by
which a mailbox knows it.
"""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from workers.ending import Ended
from workers.mailboxes import is_plain
from workers.messaging.snapshot import MessageSnapshot
from workers.messaging.text import Text
from workers.messaging.wording import credentials_refused, refused_address
from workers.outcome import Failure, Outcome, Postponed, Rejected, Uncertain
from workers.settings import Settings

SOON, LATER = timedelta(seconds=15), timedelta(minutes=5)
MAILBOX_WAIT = timedelta(minutes=1)
"""A mailbox that is full, or a server that wants to see whether a stranger comes again (RFC 6647)."""


def compose(told: MessageSnapshot, said: Text, sender: str) -> EmailMessage:
    """The e-mail; its Message-ID is the message's own id, at the sender's domain."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, told.message.address, said.subject
    mail["Date"] = format_datetime(told.message.created_at)
    mail["Message-ID"] = f"<{told.message.id}@{mail['From'].addresses[0].domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(said.body)
    return mail


class EmailChannel:
    """The adapter for e-mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, told: MessageSnapshot, said: Text) -> int:
        """Hand the message over; answers SMTP's code. Raises Ended when it was not taken."""
        settings, address = self._settings, told.message.address or ""
        if not is_plain(address):  # a list, a group or letters no server takes: others must not wait for it
            raise Ended(Rejected((refused_address("email"),)))
        password = settings.messaging_smtp_password
        security = settings.messaging_smtp_security
        try:
            await aiosmtplib.send(
                compose(told, said, settings.messaging_sender or ""), recipients=[address],
                hostname=settings.messaging_smtp_host,
                port=settings.messaging_smtp_port, timeout=settings.messaging_timeout_seconds,
                username=settings.messaging_smtp_user, password=password.get_secret_value() if password else None,
                use_tls=security == "tls", start_tls=security == "starttls",
            )  # fmt: skip
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Ended(_ending(error, timedelta(seconds=settings.messaging_timeout_seconds))) from None
        return 250


def _ending(error: Exception, rest: timedelta) -> Outcome:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return Postponed(Failure.CREDENTIALS, LATER, credentials_refused("email"))
        case aiosmtplib.SMTPRecipientsRefused(recipients=refused):
            return _refused(for_good=any(one.code >= 500 for one in refused))
        case aiosmtplib.SMTPResponseException(code=code) if code >= 500:
            return Postponed(Failure.INVALID, LATER)  # the server's own trouble with us: the address is not to blame
        case aiosmtplib.SMTPResponseException():
            return Postponed(Failure.THROTTLED, SOON)  # 4xx: come back later
        case aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError() if not _never_connected(error):
            return Uncertain(Failure.NO_REPLY, rest)
        case _:
            return Postponed(Failure.UNREACHABLE, SOON)


def _refused(*, for_good: bool) -> Outcome:
    """By the recipient alone: one full mailbox must not slow everybody else's e-mail."""
    return Rejected((refused_address("email"),)) if for_good else Postponed(Failure.AWAITED, MAILBOX_WAIT)


def _never_connected(error: Exception) -> bool:
    return isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPConnectTimeoutError)
