"""Settings complain about everything at once, name the variable, and never repeat a value."""

from pathlib import Path

import pytest

from workers.errors import SettingsError
from workers.reading import load

GOOD = {
    "WORKERS_SUPABASE_URL": "http://127.0.0.1:54321",
    "WORKERS_SUPABASE_SERVICE_KEY": "service-key",
    "WORKERS_SATUSEHAT_AUTH_URL": "http://127.0.0.1:9/oauth2/v1",
    "WORKERS_SATUSEHAT_FHIR_URL": "http://127.0.0.1:9/fhir-r4/v1",
}


def env_file(folder: Path, **changes: str | None) -> Path:
    """A settings file like GOOD with changes; None leaves a name out."""
    names = {**GOOD, **{f"WORKERS_{name.upper()}": value for name, value in changes.items()}}
    path = folder / "env"
    path.write_text("".join(f"{name}={value}\n" for name, value in names.items() if value is not None))
    return path


def complaint(folder: Path, **changes: str | None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(env_file(folder, **changes))
    return str(caught.value)


def test_defaults_are_enough(tmp_path: Path) -> None:
    """Four names start a sandbox."""
    assert 32 == load(env_file(tmp_path)).satusehat_concurrency


def test_every_complaint_at_once(tmp_path: Path) -> None:
    """Two mistakes are two clauses of one sentence, with the names a person can look for."""
    said = complaint(tmp_path, supabase_url=None, satusehat_concurrency="many")
    assert "WORKERS_SUPABASE_URL is missing" in said
    assert "WORKERS_SATUSEHAT_CONCURRENCY" in said
    assert "many" not in said


def test_a_misspelt_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file and in the real environment alike."""
    assert "WORKERS_POLL_SECOND is not a setting" in complaint(tmp_path, poll_second="3")
    monkeypatch.setenv("WORKERS_LEASE_SECOND", "60")
    assert "WORKERS_LEASE_SECOND is not a setting" in complaint(tmp_path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"supabase_url": "http://db.example.org"}, "must use https"),
        ({"supabase_url": "nonsense"}, "must be a URL"),
        ({"satusehat_fhir_url": "https://api-satusehat.kemkes.go.id/fhir-r4/v1"}, "production"),
        ({"environment": "production", "satusehat_fhir_url": "https://stg.example.org/fhir"}, "production"),
        ({"lease_seconds": "31"}, "WORKERS_LEASE_SECONDS must be at least twice"),
        ({"satusehat_uncertain_rest_seconds": "3"}, "UNCERTAIN_REST_SECONDS must not be shorter"),
        ({"bridge_hook_secret": "short"}, "at least 16 characters"),
        ({"reconcile_at": "25:00"}, "WORKERS_RECONCILE_AT"),
        ({"satusehat_credentials": "{"}, "WORKERS_SATUSEHAT_CREDENTIALS"),
        ({"supabase_url": "http://["}, "WORKERS_SUPABASE_URL must be a URL"),
        ({"poll_seconds": "inf"}, "WORKERS_POLL_SECONDS"),
        ({"satusehat_imaging_wait_seconds": "inf"}, "WORKERS_SATUSEHAT_IMAGING_WAIT_SECONDS"),
        ({"bridge_host": ""}, "WORKERS_BRIDGE_HOST"),
        ({"laboratory_mllp_host": ""}, "WORKERS_LABORATORY_MLLP_HOST"),
        ({"laboratory_dicom_ae_title": "A\\B"}, "WORKERS_LABORATORY_DICOM_AE_TITLE"),
        ({"messaging_whatsapp_url": "https://host:port"}, "WORKERS_MESSAGING_WHATSAPP_URL must be a URL"),
        ({"messaging_app_url": "klinik"}, "WORKERS_MESSAGING_APP_URL must be a URL"),
        ({"messaging_sender": "klinik"}, "WORKERS_MESSAGING_SENDER must be one address"),
        ({"messaging_sender": "a@b.test, c@d.test"}, "WORKERS_MESSAGING_SENDER must be one address"),
        ({"messaging_smtp_user": "klinik"}, "MESSAGING_SMTP_PASSWORD belong together"),
        ({"messaging_smtp_port": "0"}, "WORKERS_MESSAGING_SMTP_PORT"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    """Each bad setting is refused with a clause that says what to do."""
    assert expected in complaint(tmp_path, **changes)


def test_one_client_belongs_to_one_organization(tmp_path: Path) -> None:
    """Two organizations with one client id would send under a false name; the secret is never shown."""
    twice = (
        '[{"organization_id":"1","client_id":"same","client_secret":"hush-hush"},'
        '{"organization_id":"2","client_id":"same","client_secret":"hush-hush"}]'
    )
    said = complaint(tmp_path, satusehat_credentials=twice)
    assert "each organization has its own client" in said
    assert "hush" not in said


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """--env-file with a wrong path is one sentence."""
    with pytest.raises(SettingsError, match="There is no settings file"):
        load(tmp_path / "nowhere")


def test_a_target_nobody_uses_limits_no_lease(tmp_path: Path) -> None:
    """Without a facility nothing is sent to BPJS, however long its answers might take."""
    file = env_file(tmp_path, lease_seconds="12", satusehat_timeout_seconds="4", satusehat_uncertain_rest_seconds="5")
    assert 12 == load(file).lease_seconds
