"""What ``workers doctor`` tries of the channels: a mail server is greeted and logged in to, nothing is sent."""

from collections.abc import AsyncIterator

import aiosmtplib

from workers.settings import Settings

Check = tuple[str, bool, str]


async def checks(settings: Settings) -> AsyncIterator[Check]:
    """Name, whether it is right, and what to do when not."""
    if settings.messaging_smtp_host is None:
        yield "email", True, "not set up (WORKERS_MESSAGING_SMTP_HOST); critical results climb without e-mail"
    else:
        yield await _mail_server(settings)
    if settings.messaging_whatsapp_url is None:
        yield "whatsapp", True, "not set up (WORKERS_MESSAGING_WHATSAPP_URL); critical results climb without WhatsApp"
    else:
        yield "whatsapp", True, "set up; a gateway cannot be tried without sending a message"


async def _mail_server(settings: Settings) -> Check:
    security, password = settings.messaging_smtp_security, settings.messaging_smtp_password
    server = aiosmtplib.SMTP(
        hostname=settings.messaging_smtp_host, port=settings.messaging_smtp_port,
        timeout=settings.messaging_timeout_seconds, use_tls=security == "tls", start_tls=security == "starttls",
        username=settings.messaging_smtp_user, password=password.get_secret_value() if password else None,
    )  # fmt: skip
    try:
        async with server:
            return "email", True, "the mail server lets us in"
    except aiosmtplib.SMTPAuthenticationError:
        return (
            "email",
            False,
            "the mail server refuses user or password; check WORKERS_MESSAGING_SMTP_USER and _PASSWORD",
        )
    except (aiosmtplib.SMTPException, OSError):
        return (
            "email",
            False,
            "the mail server does not answer as it should; check WORKERS_MESSAGING_SMTP_HOST, _PORT and _SECURITY",
        )
