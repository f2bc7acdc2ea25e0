"""``doctor``: one line for each thing that must be right, with what to do when it is not."""

from pathlib import Path

from sandbox.people import CLINIC_ID
from sandbox.postbox.smtp import mailbox
from sandbox.up import CREDENTIAL
from tests.cli.desk import Desk, Said


def line(said: Said, name: str) -> str:
    """The one line of a check."""
    [found] = [one for one in said.out.splitlines() if one[5:].startswith(f"{name}:")]
    return found


async def test_all_is_well(desk: Desk) -> None:
    """Every check has its line, and none is bad."""
    said = await desk.type("doctor")
    assert (0, "") == (said.code, said.err)
    assert "BAD" not in said.out
    for name in ("settings", "supabase", "clock", "migrations", "publication", "transactions", "realtime", "locations",
                 "clinic Klinik Melati", "satusehat 10000004", "email", "whatsapp", "instruments"):  # fmt: skip
        assert line(said, name).startswith("ok")


async def test_for_a_script(desk: Desk) -> None:
    """The same as JSON."""
    said = await desk.type("doctor", "--json")
    assert all({"check", "ok", "detail"} == check.keys() and check["ok"] for check in said.json)


async def test_supabase_is_down(desk: Desk) -> None:
    """What can still be checked is checked."""
    said = await desk.type("doctor", file=desk.variant(supabase_url="http://127.0.0.1:9"))
    assert 1 == said.code
    assert "WORKERS_SUPABASE_URL" in line(said, "supabase")
    assert line(said, "satusehat 10000004").startswith("ok")


async def test_the_wrong_key(desk: Desk) -> None:
    """The anon key instead of the service key."""
    said = await desk.type("doctor", file=desk.variant(supabase_service_key=desk.scene.running.stack.anon_key))
    assert 1 == said.code
    assert "Use the service key" in line(said, "supabase")


async def test_a_wrong_client_secret(desk: Desk) -> None:
    """The ministry's refusal is told from its absence."""
    wrong = [{**CREDENTIAL, "client_secret": "not-this-one"}]
    said = await desk.type("doctor", file=desk.variant(satusehat_credentials=wrong))
    assert 1 == said.code
    assert "client id or secret is refused" in line(said, "satusehat 10000004")
    assert "not-this-one" not in said.out + said.err


async def test_the_ministry_is_down(desk: Desk) -> None:
    """Nothing listens there: no fault of the credential's."""
    away = {"satusehat_auth_url": "http://127.0.0.1:9/oauth2/v1", "satusehat_fhir_url": "http://127.0.0.1:9/fhir-r4/v1"}
    said = await desk.type("doctor", file=desk.variant(**away))
    assert 1 == said.code
    assert line(said, "satusehat 10000004").startswith("BAD")
    assert line(said, "supabase").startswith("ok")


async def test_no_credential_for_the_clinic(desk: Desk) -> None:
    """Said for the clinic and for SatuSehat, with the name of the setting."""
    said = await desk.type("doctor", file=desk.variant(satusehat_credentials=None))
    assert 1 == said.code
    assert "WORKERS_SATUSEHAT_CREDENTIALS" in line(said, "clinic Klinik Melati")
    assert "WORKERS_SATUSEHAT_CREDENTIALS is empty" in line(said, "satusehat")


async def test_a_clinic_without_organization_and_one_that_rests(desk: Desk) -> None:
    """What to fill in, and until when it rests and why."""
    await desk.scene.sql("update public.clinics set satusehat_organization_id = null")
    assert "fill it in public.clinics" in line(await desk.type("doctor"), "clinic Klinik Melati")
    await desk.scene.sql("update integration.lanes set paused_until = now() + interval '1 hour', paused_reason = 'IP'")
    assert "UTC: IP" in line(await desk.type("doctor"), "clinic Klinik Melati")


async def test_locations_and_publication(desk: Desk) -> None:
    """Rooms SatuSehat does not know, and deliveries that do not ring: each with its cure."""
    await desk.scene.sql("delete from integration.remote_resources where resource_type = 'Location'")
    await desk.scene.sql("alter publication supabase_realtime drop table integration.deliveries")
    try:
        said = await desk.type("doctor", file=desk.variant())
    finally:
        await desk.scene.sql("alter publication supabase_realtime add table integration.deliveries")
    assert "workers satusehat setup --yes" in line(said, "locations")
    assert "supabase_realtime" in line(said, "publication")


async def test_channels_and_instruments(desk: Desk, tmp_path: Path) -> None:
    """The mail server is greeted and logged in to; what is named and not there is said."""
    async with mailbox("right") as box:
        mail: dict[str, object] = {"messaging_smtp_host": box.host, "messaging_smtp_port": box.port}
        mail |= {"messaging_smtp_security": "none", "messaging_sender": "a@b.test"}
        mail |= {"messaging_smtp_user": "k", "messaging_timeout_seconds": 1}
        right = await desk.type("doctor", file=desk.variant(**mail, messaging_smtp_password="right"))
        wrong = await desk.type("doctor", file=desk.variant(**mail, messaging_smtp_password="wrong"))
    gone = await desk.type("doctor", file=desk.variant(**mail, messaging_smtp_password="right"))
    assert ["ok ", "BAD", "BAD"] == [line(said, "email")[:3] for said in (right, wrong, gone)]
    assert "_PASSWORD" in line(wrong, "email")

    missing = {"laboratory_clinic_id": CLINIC_ID, "laboratory_folder": str(tmp_path / "none")}
    assert "WORKERS_LABORATORY_FOLDER" in line(await desk.type("doctor", file=desk.variant(**missing)), "instruments")
