"""All settings, frozen, and what they must agree on; ``reading`` fills them from the environment."""

from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from workers.settings_laboratory import (
    LOCAL_HOSTS,
    OPTIONAL,
    PREFIX,
    SHORTEST_SECRET,
    Host,
    LaboratorySettings,
    Seconds,
    split_url,
    web_complaints,
)

PRODUCTION_HOSTS = frozenset({
    "api-satusehat.kemkes.go.id",  # SatuSehat, hosts of 2026
    "apijkn.bpjs-kesehatan.go.id", "new-apijkn.bpjs-kesehatan.go.id",  # BPJS, hosts of 2026
})  # fmt: skip
TARGET_URLS = (
    "satusehat_auth_url", "satusehat_fhir_url", "bpjs_pcare_url", "bpjs_vclaim_url",
    "bpjs_antrean_fktp_url", "bpjs_antrean_rs_url",
)  # fmt: skip


class SatusehatCredential(BaseModel):
    """One client at SatuSehat; it belongs to exactly one organization."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    organization_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")]
    client_id: Annotated[str, Field(min_length=4)]
    client_secret: SecretStr


BpjsService = Literal["pcare", "vclaim", "antrean_fktp", "antrean_rs"]


class BpjsFacility(BaseModel):
    """What BPJS gave one facility: its consumer, a key per service, and its P-Care user."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    facility_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{8}$")]
    consumer_id: Annotated[str, Field(min_length=1)]
    consumer_secret: SecretStr
    user_keys: dict[BpjsService, SecretStr]
    pcare_user: str | None = None
    pcare_password: SecretStr | None = None
    application_code: str = "095"
    """kdAplikasi; 095 for most clinics, but BPJS may have given another."""


class Settings(LaboratorySettings):
    """Everything the workers and the bridge are told from outside, in seconds and whole numbers."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore"
    )

    environment: Literal["sandbox", "staging", "production"] = "sandbox"
    supabase_url: str
    supabase_service_key: SecretStr
    worker_name: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"

    poll_seconds: Seconds = 5.0
    lease_seconds: Seconds = 120.0
    sweep_seconds: Seconds = 5.0
    reconcile_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "02:30"
    reconcile_days: Annotated[int, Field(ge=1, le=366)] = 35
    schedule_time_zone: str = "Asia/Jakarta"

    satusehat_auth_url: str
    satusehat_fhir_url: str
    satusehat_credentials: tuple[SatusehatCredential, ...] = ()
    satusehat_concurrency: Annotated[int, Field(ge=1, le=256)] = 32
    satusehat_requests_per_second: Annotated[float, Field(gt=0)] = 100.0
    satusehat_timeout_seconds: Seconds = 30.0
    satusehat_uncertain_rest_seconds: Seconds = 60.0

    bpjs_facilities: tuple[BpjsFacility, ...] = ()
    bpjs_pcare_url: str | None = None
    bpjs_vclaim_url: str | None = None
    bpjs_antrean_fktp_url: str | None = None
    bpjs_antrean_rs_url: str | None = None
    bpjs_pcare_visit_path: Literal["kunjungan/V1", "kunjungan"] = "kunjungan/V1"
    bpjs_pcare_content_type: Literal["text/plain", "Application/x-www-form-urlencoded", "application/json"] = (
        "text/plain"
    )
    bpjs_concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    bpjs_requests_per_second: Annotated[float, Field(gt=0)] = 10.0
    bpjs_timeout_seconds: Seconds = 25.0
    bpjs_uncertain_rest_seconds: Seconds = 60.0

    satusehat_imaging_wait_seconds: Annotated[float, Field(ge=0, le=30 * 86_400)] = 900.0

    bridge_host: Host = "127.0.0.1"
    bridge_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    bridge_hook_secret: SecretStr | None = None
    bridge_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/*]+$")], ...] = ()
    bridge_body_limit_bytes: Annotated[int, Field(ge=1)] = 65_536

    @field_validator("bridge_hook_secret", *TARGET_URLS[2:], *OPTIONAL, mode="before")
    @classmethod
    def _nothing_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def rest_after_doubt(self) -> timedelta:
        """How long an uncertain delivery rests before SatuSehat is asked."""
        return timedelta(seconds=self.satusehat_uncertain_rest_seconds)

    @property
    def bpjs_rest_after_doubt(self) -> timedelta:
        """How long an uncertain delivery rests before BPJS is asked."""
        return timedelta(seconds=self.bpjs_uncertain_rest_seconds)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        complaints = [
            *_url_complaints(self),
            *_key_complaints(self),
            *_credential_complaints(self),
            *_time_complaints(self),
            *self.laboratory_complaints(),
        ]
        if complaints:
            raise ValueError("; ".join(complaints))
        return self


def _url_complaints(settings: Settings) -> list[str]:
    found = []
    for name in ("supabase_url", *TARGET_URLS):
        if (text := getattr(settings, name)) is None:
            continue
        found += web_complaints(name, text)
        host = url.hostname if (url := split_url(text)) else None
        if (host in PRODUCTION_HOSTS) != (settings.environment == "production") and (
            host in PRODUCTION_HOSTS or (name in TARGET_URLS and host not in LOCAL_HOSTS)
        ):
            found.append(
                f"{PREFIX}{name.upper()} and {PREFIX}ENVIRONMENT={settings.environment} disagree: "
                "production hosts are for production alone"
            )
    return found


def _key_complaints(settings: Settings) -> list[str]:
    """Keys travel in headers: letters, digits and signs of ASCII, nothing between or around them."""
    secrets = {"supabase_service_key": settings.supabase_service_key, "bridge_hook_secret": settings.bridge_hook_secret}
    texts = {name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None}
    return [
        f"{PREFIX}{name.upper()} is empty or holds a sign no key has; copy it anew"
        for name, text in texts.items()
        if not text or not all("!" <= letter <= "~" for letter in text)
    ]


def _credential_complaints(settings: Settings) -> list[str]:
    clients = [c.client_id for c in settings.satusehat_credentials]
    organizations = [c.organization_id for c in settings.satusehat_credentials]
    found = []
    if len(set(clients)) < len(clients) or len(set(organizations)) < len(organizations):
        # SatuSehat gives one client id to exactly one organization.
        found.append(
            f"{PREFIX}SATUSEHAT_CREDENTIALS gives one client_id or organization_id twice; "
            "each organization has its own client"
        )
    return [*found, *_facility_complaints(settings)]


def _facility_complaints(settings: Settings) -> list[str]:
    codes = [facility.facility_code for facility in settings.bpjs_facilities]
    services = sorted({service for facility in settings.bpjs_facilities for service in facility.user_keys})
    twice = [f"{PREFIX}BPJS_FACILITIES gives one facility_code twice"] if len(set(codes)) < len(codes) else []
    addressless = [
        f"{PREFIX}BPJS_{service.upper()}_URL is missing, though a facility has a user key for it"
        for service in services if getattr(settings, f"bpjs_{service}_url") is None
    ]  # fmt: skip
    userless = [
        f"{PREFIX}BPJS_FACILITIES: {facility.facility_code} has a P-Care key but no pcare_user and pcare_password"
        for facility in settings.bpjs_facilities
        if "pcare" in facility.user_keys and not (facility.pcare_user and facility.pcare_password)
    ]
    return twice + addressless + userless


def _time_complaints(settings: Settings) -> list[str]:
    found = []
    if settings.schedule_time_zone not in available_timezones():
        found.append(f"{PREFIX}SCHEDULE_TIME_ZONE is no time zone; write for instance Asia/Jakarta")
    for target in ("satusehat", *(["bpjs"] if settings.bpjs_facilities else [])):
        timeout, rest = (getattr(settings, f"{target}_{what}_seconds") for what in ("timeout", "uncertain_rest"))
        named = f"{PREFIX}{target.upper()}"
        if settings.lease_seconds < 2 * timeout + 2:
            found.append(
                f"{PREFIX}LEASE_SECONDS must be at least twice {named}_TIMEOUT_SECONDS plus 2, "
                "or a slow answer outlives its lease"
            )
        if rest < timeout:
            found.append(
                f"{named}_UNCERTAIN_REST_SECONDS must not be shorter than {named}_TIMEOUT_SECONDS: "
                "a request that timed out here may still run there"
            )
    if (settings.messaging_smtp_host or settings.messaging_whatsapp_url) and (
        settings.lease_seconds < settings.messaging_timeout_seconds + 2
    ):
        found.append(
            f"{PREFIX}LEASE_SECONDS must be at least {PREFIX}MESSAGING_TIMEOUT_SECONDS plus 2, "
            "or a slow mail server outlives its lease"
        )
    secret = settings.bridge_hook_secret
    if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
        found.append(f"{PREFIX}BRIDGE_HOOK_SECRET must have at least {SHORTEST_SECRET} characters")
    return found
