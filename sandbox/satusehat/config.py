"""What a simulated ministry is made of: its clients, its switches and its clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Client:
    """One OAuth client. The ministry knows the organization by the client alone (reference 1.2)."""

    client_id: str
    client_secret: str
    organization_id: str
    parent: str | None = None
    """The organization this one is a part of, when it is a sub-organization."""


SANDBOX_CLIENT = Client("sandbox-client-id", "sandbox-client-secret", "10000004")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a simulator needs at birth. Durations are seconds; the defaults are staging's."""

    clients: tuple[Client, ...] = (SANDBOX_CLIENT,)
    public_url: str = "https://api-satusehat-stg.dto.kemkes.go.id"
    """Origin printed in ``fullUrl``, ``link`` and a Bundle's ``location``; not where we listen."""
    token_ttl_s: int = 3599
    token_penalty_s: float = 60.0
    """Wait imposed on a client after a failed token call (reference 1.2); 0 switches it off."""
    check_references: bool = True
    """Whether a reference to something or someone that does not exist is refused."""
    mask_identities: bool = True
    """Names and NIK hidden as since December 2024; False gives the older open form."""
    practitioner_links: bool = False
    """Practitioner searchsets: False gives ``search.mode`` and no ``link`` (reference 2.3)."""
    creator_identifier: bool = True
    """Whether the server adds its own ``creator`` identifier, as it has done since about 2025."""
    patient_envelope: bool = False
    """Answer Patient creation with the older ``{"success": ...}`` envelope (reference 2.2)."""
    unknown_codes: frozenset[str] = frozenset({"Z99.99", "00.99", "93999999"})
    """Well-formed ICD-10, ICD-9-CM, KFA or kemkes codes that the look-up shall not find."""
    unknown_citizens: frozenset[str] = frozenset({"3171000000000000"})
    """NIK that the civil registry does not know, for Patient creation."""
    citizen_mismatches: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the civil registry holds differently, per NIK: ``alamat``, ``jenis_kelamin``, ``no_rt``,
    ``no_rw``."""
    patients_without_consent: frozenset[str] = frozenset()
    """IHS numbers whose data other organizations may not read."""
    subject_required: frozenset[str] = frozenset({"MedicationStatement", "CarePlan", "Goal"})
    """Types whose search demands ``subject`` (or an identifier); which ones do is not published."""
    studies_after_ms: float | None = None
    """The router makes an ImagingStudy by itself so long after each request for images; None: never."""
    page_size: int = 100
    oldest_date: str = "2014-06-03"
    """Clinical dates before this day are refused (reference 4.5)."""
    seed: int = 1
    clock: Callable[[], float] = field(default=time.time)
    """Unix time in seconds; a test may hand in a clock of its own."""


_SETS = frozenset({"unknown_codes", "unknown_citizens", "patients_without_consent", "subject_required"})


def config_of(settings: dict[str, Any]) -> Config:
    """Make a configuration of JSON values: the fields of Config by name, ``clients`` as objects.

    Raises ValueError or TypeError with the offending name.
    """
    unknown = settings.keys() - {one.name for one in fields(Config)} | settings.keys() & {"clock"}
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    made: dict[str, Any] = {key: frozenset(value) if key in _SETS else value for key, value in settings.items()}
    if "clients" in made:
        made["clients"] = tuple(Client(**client) for client in made["clients"])
    return Config(**made)
