"""Set up wrongly: every command says in one sentence which setting to mend, and exits with 2."""

import json
from pathlib import Path

import pytest

from sandbox.up import CREDENTIAL
from tests.cli.desk import Desk, typed
from tests.journey.stage import until

COMMANDS = (("status",), ("kpi",), ("show", "1"), ("doctor",), ("once",), ("run",), ("satusehat", "setup"))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_no_settings_at_all(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer hears every missing name and where to read about it."""
    monkeypatch.chdir(tmp_path)
    (await typed(*words)).refused(2, "WORKERS_SUPABASE_URL is missing", "WORKERS_SATUSEHAT_FHIR_URL", ".env.example")


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A wrong --env-file is named."""
    (await typed("status", "--env-file", str(tmp_path / "nowhere"))).refused(2, "There is no settings file", "nowhere")
    (await typed("status", "--env-file", str(tmp_path))).refused(2, "There is no settings file")


async def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """No text, or not ours to read: one sentence, and no word of what is in it."""
    file = tmp_path / "env"
    file.write_bytes(b"WORKERS_SUPABASE_SERVICE_KEY=\xff\xfe\x00secret")
    said = await typed("status", "--env-file", str(file))
    said.refused(2, "cannot be read")
    assert "secret" not in said.err
    # A file to the eye that gives nobody a byte, root included.
    (await typed("status", "--env-file", "/proc/self/mem")).refused(2, "cannot be read (OSError)")


async def test_a_line_that_is_no_setting(idle_desk: Desk) -> None:
    """The line is named by its number."""
    file = idle_desk.variant()
    count = len(file.read_text().splitlines())
    with file.open("a") as stream:
        stream.write("!! not a setting 'at all\n")
    (await idle_desk.type("status", file=file)).refused(2, f"line {count + 1} of")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"poll_second": "5"}, ("WORKERS_POLL_SECOND is not a setting",)),
        ({"supabase_service_key": ""}, ("WORKERS_SUPABASE_SERVICE_KEY", "empty")),
        ({"supabase_service_key": "kunci rahasia ñ"}, ("WORKERS_SUPABASE_SERVICE_KEY", "copy it anew")),
        ({"supabase_url": ""}, ("WORKERS_SUPABASE_URL", "https://host/path")),
        ({"satusehat_credentials": "[{"}, ("WORKERS_SATUSEHAT_CREDENTIALS", "JSON")),
        ({"satusehat_credentials": '[{"organization_id": "1"}]'}, ("CLIENT_ID", "is missing")),
        ({"schedule_time_zone": "Mars/Crater"}, ("WORKERS_SCHEDULE_TIME_ZONE", "Asia/Jakarta")),
        ({"satusehat_concurrency": "0"}, ("WORKERS_SATUSEHAT_CONCURRENCY",)),
        ({"bridge_hook_secret": "rahasia-yang-panjang-ñ"}, ("WORKERS_BRIDGE_HOOK_SECRET",)),
        ({"bridge_port": "70000", "log_level": "LOUD"}, ("WORKERS_BRIDGE_PORT", "WORKERS_LOG_LEVEL")),
    ],
)
async def test_a_wrong_value(idle_desk: Desk, changes: dict[str, str], words: tuple[str, ...]) -> None:
    """The setting is named, its value is not repeated."""
    said = await idle_desk.type("status", file=idle_desk.variant(**changes))
    said.refused(2, *words)
    assert not any(value in said.err for value in changes.values() if len(value) > 5)


@pytest.mark.parametrize("words", [("status",), ("replay", "--state", "blocked", "--yes"), ("satusehat", "setup")])
async def test_the_anon_key(idle_desk: Desk, words: tuple[str, ...]) -> None:
    """The key for browsers opens nothing here."""
    file = idle_desk.variant(supabase_service_key=idle_desk.scene.running.stack.anon_key)
    (await idle_desk.type(*words, file=file)).refused(2, "Use the service key, not the anon key")


@pytest.mark.parametrize("key", ["no-key-at-all", "sb_secret_of_another_project_123"])
async def test_a_key_of_nobody(idle_desk: Desk, key: str) -> None:
    """The gateway's refusal leads to the settings."""
    (await idle_desk.type("status", file=idle_desk.variant(supabase_service_key=key))).refused(
        2, "WORKERS_SUPABASE_SERVICE_KEY"
    )


async def test_an_address_with_a_path(idle_desk: Desk) -> None:
    """The REST address copied instead of the project's."""
    url = f"{idle_desk.scene.running.stack.url}/rest/v1"
    (await idle_desk.type("status", file=idle_desk.variant(supabase_url=url))).refused(2, "WORKERS_SUPABASE_URL")


@pytest.mark.parametrize("words", [("status",), ("kpi", "--json"), ("backfill", "--since", "1d", "--yes")])
async def test_supabase_is_down(idle_desk: Desk, words: tuple[str, ...]) -> None:
    """Not the admin's mistake: exit code 1, and what to look at."""
    file = idle_desk.variant(supabase_url="http://127.0.0.1:9")
    (await idle_desk.type(*words, file=file)).refused(1, "Supabase does not answer", "WORKERS_SUPABASE_URL")


async def test_migrations_are_missing(idle_desk: Desk) -> None:
    """A project that lacks our functions is told how to get them; `doctor` says it too."""
    await _rename(idle_desk, "status", "status_away")
    try:
        (await idle_desk.type("status")).refused(2, "supabase db push")
    finally:
        await _rename(idle_desk, "status_away", "status")


async def test_one_credential_per_organization(idle_desk: Desk) -> None:
    """Both the mistake and that the secret is not said aloud."""
    twice = json.dumps([CREDENTIAL, {**CREDENTIAL, "organization_id": "2"}])
    said = await idle_desk.type("status", file=idle_desk.variant(satusehat_credentials=twice))
    said.refused(2, "each organization has its own client")
    assert CREDENTIAL["client_secret"] not in said.err


async def _rename(idle_desk: Desk, old: str, new: str) -> None:
    await idle_desk.scene.sql(f'alter function integration."{old}"(date, text) rename to "{new}"')
    await idle_desk.scene.sql("notify pgrst, 'reload schema'")

    async def reloaded() -> bool:
        said = await idle_desk.type("status", "--json")
        return (said.code == 0) == (new == "status")

    await until(reloaded, "PostgREST reads the schema anew")
