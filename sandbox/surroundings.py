"""What stands around the clinic's laboratory: where messages to staff end, and where instruments find the workers."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.people import CLINIC_ID
from sandbox.postbox.smtp import Mailbox, mailbox
from sandbox.postbox.whatsapp import Gateway, gateway
from sandbox.supabase.ports import HOST, free_port

AE_TITLE = "KLINIK"
SENDER = "laboratorium@klinik.test"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A mail server, a WhatsApp gateway, free ports for the workers to listen at, and the watched folder."""

    mailbox: Mailbox
    gateway: Gateway
    mllp_port: int
    dicom_port: int
    folder: Path

    def environment(self) -> dict[str, str]:
        """The workers' settings for all of it; one worker at a time can listen at these ports."""
        return {
            "WORKERS_LABORATORY_CLINIC_ID": CLINIC_ID,
            "WORKERS_LABORATORY_MLLP_HOST": HOST,
            "WORKERS_LABORATORY_MLLP_PORT": str(self.mllp_port),
            "WORKERS_LABORATORY_DICOM_HOST": HOST,
            "WORKERS_LABORATORY_DICOM_PORT": str(self.dicom_port),
            "WORKERS_LABORATORY_DICOM_AE_TITLE": AE_TITLE,
            "WORKERS_LABORATORY_FOLDER": str(self.folder),
            "WORKERS_MESSAGING_SMTP_HOST": self.mailbox.host,
            "WORKERS_MESSAGING_SMTP_PORT": str(self.mailbox.port),
            "WORKERS_MESSAGING_SMTP_SECURITY": "none",
            "WORKERS_MESSAGING_SENDER": SENDER,
            "WORKERS_MESSAGING_WHATSAPP_URL": self.gateway.url,
            "WORKERS_MESSAGING_WHATSAPP_SECRET": self.gateway.secret,
        }


@asynccontextmanager
async def surroundings(folder: Path) -> AsyncIterator[Surroundings]:
    """All of it while the block lasts; ``folder`` is made new, and is the instruments' to write into."""
    with _made(folder):
        async with mailbox() as box, gateway() as way:
            yield Surroundings(box, way, free_port(), free_port(), folder)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
