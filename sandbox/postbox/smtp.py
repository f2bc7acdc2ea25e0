"""An SMTP server that keeps every e-mail, and misbehaves when it is told to (aiosmtpd)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(slots=True)
class Mailbox:
    """What came, and how to answer: ``refuse`` a recipient, be ``full`` or ``busy``, ``drop`` the line after it."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refuse: bool = False
    full: bool = False
    busy: bool = False
    drop: bool = False
    password: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 - the library's word
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, or not."""
        if self.refuse:
            return "550 5.1.1 no such mailbox"
        if self.full:
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - see above
        """Keep the e-mail, then answer, or hang up without an answer."""
        if self.busy:
            return "451 4.3.2 come back later"
        self.mails.append(message_from_bytes(cast("bytes", envelope.content), policy=policy.default))
        self.changed.set()
        if self.drop:
            cast("asyncio.Transport", server.transport).abort()
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        """Whether name and password are right."""
        right = isinstance(login, LoginPassword) and login.password.decode() == self.password
        return AuthResult(success=right, handled=False)


@asynccontextmanager
async def mailbox(password: str | None = None) -> AsyncIterator[Mailbox]:
    """An SMTP server on a free port of loopback while the block lasts; ``password``: the one right login."""
    box = Mailbox(password=password)

    def protocol() -> SMTP:
        return SMTP(box, hostname="sandbox.test", authenticator=box.authenticate, auth_require_tls=False)

    listener = socket.create_server((box.host, 0))
    server = await asyncio.get_running_loop().create_server(protocol, sock=listener)
    box.port = listener.getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
