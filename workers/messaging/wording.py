"""What the admin is told about a message that cannot go out."""

from typing import Literal

from workers.outcome import Problem, Role

Channel = Literal["email", "whatsapp"]
CHANNELS: tuple[Channel, ...] = ("email", "whatsapp")
FIELDS = {"email": "staff_contacts.email", "whatsapp": "staff_contacts.whatsapp_number"}
NAMES = {"email": "alamat e-mail", "whatsapp": "nomor WhatsApp"}
SETTINGS = {"email": "WORKERS_MESSAGING_SMTP_HOST", "whatsapp": "WORKERS_MESSAGING_WHATSAPP_URL"}


def channel_key(channel: Channel) -> str:
    """The key that messages of a channel wait for which is not set up."""
    return f"credential/messaging/{channel}"


def no_channel(channel: Channel) -> Problem:
    """Nobody has set the channel up."""
    return Problem(
        f"Saluran pesan belum dipasang pada server. Minta pengelola sistem mengisi {SETTINGS[channel]}, atau hapus "
        "saluran ini dari langkah eskalasi.",
        Role.ADMIN, "escalation_steps.channels", waits_for=channel_key(channel),
    )  # fmt: skip


def no_address(channel: Channel, staff_id: str) -> Problem:
    """The member of staff cannot be reached this way."""
    return Problem(
        f"Isi {NAMES[channel]} petugas ini agar pemberitahuan hasil kritis sampai kepadanya.",
        Role.ADMIN, FIELDS[channel], waits_for=f"contact/{staff_id}",
    )  # fmt: skip


def refused_address(channel: Channel) -> Problem:
    """The server says that there is nobody at this address."""
    return Problem(
        f"Pesan ditolak: {NAMES[channel]} petugas ini tidak ada. Perbaiki kontaknya.", Role.ADMIN, FIELDS[channel]
    )


def credentials_refused(channel: Channel) -> str:
    """The server does not let us in: an alert for the clinic's admin."""
    return (
        f"Server pesan ({channel}) menolak akses klinik, sehingga pemberitahuan hasil kritis tidak terkirim. "
        f"Minta pengelola sistem memeriksa {SETTINGS[channel]} dan kata sandinya."
    )
