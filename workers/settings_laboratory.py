"""The settings of the laboratory, of files and of messages to staff, and what they must agree on."""

import base64
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from workers.mailboxes import sender

PREFIX = "WORKERS_"
OPTIONAL = (
    "laboratory_clinic_id", "laboratory_mllp_port", "laboratory_folder", "laboratory_dicom_port",
    "messaging_smtp_host", "messaging_smtp_user", "messaging_smtp_password", "messaging_sender",
    "messaging_whatsapp_url", "messaging_whatsapp_secret", "messaging_app_url",
)  # fmt: skip
"""Settings that may be left empty."""
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_SECRET = 16
MEBIBYTE = 1024 * 1024
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]
Port = Annotated[int, Field(ge=0, le=65535)]
Host = Annotated[str, Field(min_length=1)]
"""An empty one would listen on every network there is."""


class LaboratorySettings(BaseSettings):
    """What instruments, files and messages are told from outside; a part of ``Settings``."""

    laboratory_clinic_id: UUID | None = None
    laboratory_mllp_host: Host = "127.0.0.1"
    laboratory_mllp_port: Port | None = None
    laboratory_folder: Path | None = None
    laboratory_dicom_host: Host = "127.0.0.1"
    laboratory_dicom_port: Port | None = None
    laboratory_dicom_ae_title: Annotated[str, Field(pattern=r"^[!-\[\]-~]{1,16}$")] = "KLINIK"
    laboratory_sources: tuple[str, ...] = ()
    files_concurrency: Annotated[int, Field(ge=1, le=16)] = 2
    files_scan_seconds: Seconds = 60.0
    files_memory_limit_bytes: Annotated[int, Field(ge=256 * MEBIBYTE)] = 1024 * MEBIBYTE
    files_pdf_limit_bytes: Annotated[int, Field(ge=1)] = 20 * MEBIBYTE
    files_image_limit_bytes: Annotated[int, Field(ge=1)] = 15 * MEBIBYTE
    files_dicom_limit_bytes: Annotated[int, Field(ge=1)] = 200 * MEBIBYTE
    messaging_smtp_host: str | None = None
    messaging_smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    messaging_smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    messaging_smtp_user: str | None = None
    messaging_smtp_password: SecretStr | None = None
    messaging_sender: str | None = None
    messaging_whatsapp_url: str | None = None
    messaging_whatsapp_secret: SecretStr | None = None
    messaging_app_url: str | None = None
    messaging_timeout_seconds: Seconds = 20.0

    def laboratory_complaints(self) -> list[str]:
        """One clause for everything that does not fit together."""
        return _laboratory_complaints(self)


def _laboratory_complaints(settings: LaboratorySettings) -> list[str]:
    listens = ("laboratory_mllp_port", "laboratory_folder", "laboratory_dicom_port")
    told = [name for name in listens if getattr(settings, name) is not None]
    found = [
        f"{PREFIX}{name.upper()} needs {PREFIX}LABORATORY_CLINIC_ID: whose results are these?"
        for name in told if settings.laboratory_clinic_id is None
    ]  # fmt: skip
    for source in settings.laboratory_sources:
        try:
            ip_network(source)
        except ValueError:
            found.append(f"{PREFIX}LABORATORY_SOURCES holds {source!r}, which is no address or network")
    return found + _messaging_complaints(settings)


def _messaging_complaints(settings: LaboratorySettings) -> list[str]:
    found = _mail_complaints(settings)
    for name in ("messaging_whatsapp_url", "messaging_app_url"):
        found += web_complaints(name, getattr(settings, name) or "https://nobody")
    if bool(settings.messaging_whatsapp_url) != bool(settings.messaging_whatsapp_secret):
        found.append(f"{PREFIX}MESSAGING_WHATSAPP_URL and {PREFIX}MESSAGING_WHATSAPP_SECRET belong together")
    elif settings.messaging_whatsapp_secret and not _signs(settings.messaging_whatsapp_secret.get_secret_value()):
        found.append(f"{PREFIX}MESSAGING_WHATSAPP_SECRET is no webhook secret (whsec_ and base64)")
    return found


def _mail_complaints(settings: LaboratorySettings) -> list[str]:
    found, host = [], settings.messaging_smtp_host
    if host and not settings.messaging_sender:
        found.append(f"{PREFIX}MESSAGING_SENDER is missing: from which address are e-mails sent?")
    if settings.messaging_sender and sender(settings.messaging_sender) is None:
        found.append(f"{PREFIX}MESSAGING_SENDER must be one address in plain letters: Klinik <klinik@host>")
    if host and settings.messaging_smtp_security == "none" and host not in LOCAL_HOSTS:
        found.append(f"{PREFIX}MESSAGING_SMTP_SECURITY=none is for this machine only; use starttls or tls")
    if bool(settings.messaging_smtp_user) != bool(settings.messaging_smtp_password):
        found.append(f"{PREFIX}MESSAGING_SMTP_USER and {PREFIX}MESSAGING_SMTP_PASSWORD belong together")
    return found


def web_complaints(name: str, text: str) -> list[str]:
    """A clause for an address that is none, or that is not private on its way."""
    url = split_url(text)
    if url is None:
        return [f"{PREFIX}{name.upper()} must be a URL such as https://host/path"]
    if url.scheme == "http" and url.hostname not in LOCAL_HOSTS:
        return [f"{PREFIX}{name.upper()} must use https (http is for this machine only)"]
    return []


def split_url(text: str) -> SplitResult | None:
    """A web address in its parts; None when it is none."""
    try:
        url = urlsplit(text)
        good = url.hostname and url.port != 0 and url.scheme in {"http", "https"}
    except ValueError:  # brackets that do not close, a port that is no number
        return None
    return url if good and all("!" <= letter <= "~" for letter in text) else None


def _signs(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) >= SHORTEST_SECRET
    except ValueError:
        return False
