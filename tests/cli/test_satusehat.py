"""``satusehat setup``, ``reconcile`` and ``retract``: what the ministry holds, compared and mended."""

from typing import Any

from sandbox.up import CREDENTIAL
from tests.cli.conftest import Morning
from tests.cli.desk import Desk

AWAY = {"satusehat_auth_url": "http://127.0.0.1:9/oauth2/v1", "satusehat_fhir_url": "http://127.0.0.1:9/fhir-r4/v1"}


async def _forget_locations(desk: Desk) -> None:
    """All five rooms are in use, and SatuSehat is asked about each of them anew."""
    await desk.scene.sql("update public.locations set active = true")
    await desk.scene.sql("delete from integration.remote_resources where resource_type = 'Location'")


async def test_setup_previews_creates_and_is_done(desk: Desk) -> None:
    """Without --yes nothing is created; then all are; then there is nothing to do."""
    await _forget_locations(desk)
    await desk.scene.ministry.post("/__sandbox__/reset", json={"resources": True})
    preview = await desk.type("satusehat", "setup")
    assert 0 == preview.code
    assert 5 == preview.out.count("would be created")
    assert "--yes" in preview.out
    assert [] == await desk.scene.held("Location")
    done = await desk.type("satusehat", "setup", "--yes")
    assert (0, 5) == (done.code, done.out.count("created"))
    assert "Every location is known" in (await desk.type("satusehat", "setup")).out


async def test_setup_adopts_what_is_there(desk: Desk) -> None:
    """Rooms the ministry has already are taken over, never made twice."""
    await _forget_locations(desk)
    assert 5 == (await desk.type("satusehat", "setup", "--yes")).out.count("adopted")
    assert 5 == len(await desk.scene.held("Location"))


async def test_setup_while_the_ministry_is_down(desk: Desk) -> None:
    """Exit code 1, each room with its reason, and the next step."""
    await _forget_locations(desk)
    said = await desk.type("satusehat", "setup", "--yes", file=desk.variant(**AWAY))
    assert 1 == said.code
    assert "not now" in said.out
    assert "workers doctor" in said.err


async def test_reconcile_finds_no_difference(morning: Morning) -> None:
    """Good books."""
    said = await morning.desk.type("satusehat", "reconcile")
    assert (0, "") == (said.code, said.err)
    assert "Visits compared: 1." in said.out
    assert "No open difference." in said.out


async def test_reconcile_names_the_cure_and_the_cure_works(morning: Morning) -> None:
    """What was lost over there is found, and mended by the command that is named."""
    desk = morning.desk
    await desk.scene.ministry.post("/__sandbox__/reset", json={"resources": True})
    told = await desk.type("satusehat", "reconcile", "--json")
    assert 1 == told.code
    differences: list[dict[str, Any]] = told.json["differences"]
    assert {"missing_there"} == {one["difference"] for one in differences}
    [cure] = {one["cure"] for one in differences}
    assert cure in (await desk.type("satusehat", "reconcile")).out
    program, *words = cure.split()
    assert "workers" == program
    await _forget_locations(desk)
    await desk.type("satusehat", "setup", "--yes")
    assert 0 == (await desk.type(*words)).code
    await desk.carry()
    assert 0 == (await desk.type("satusehat", "reconcile")).code


async def test_nothing_compared_is_not_no_difference(morning: Morning) -> None:
    """With a wrong secret, without a credential, or with the ministry down: exit code 1, never a clean bill."""
    wrong = [{**CREDENTIAL, "client_secret": "not-this-one"}]
    for changes in ({"satusehat_credentials": wrong}, {"satusehat_credentials": None}, AWAY):
        said = await morning.desk.type("satusehat", "reconcile", "--json", file=morning.desk.variant(**changes))
        assert 1 == said.code
        assert (0, False) == (said.json["checked"], said.json["complete"])
        assert "workers doctor" in said.err
        await morning.desk.scene.ministry.post("/__sandbox__/reset", json={"tokens": True})


async def test_retract_marks_one(morning: Morning) -> None:
    """Said first, done with --yes."""
    desk = morning.desk
    [encounter] = await desk.scene.held("Encounter")
    words = ("satusehat", "retract", "Encounter", encounter["id"])
    assert "would be marked" in (await desk.type(*words)).out
    assert 0 == (await desk.type(*words, "--yes")).code
    [after] = await desk.scene.held("Encounter")
    assert encounter != after


async def test_retract_refuses_nonsense(desk: Desk) -> None:
    """Types, ids and organizations that cannot be; nothing of it reaches the ministry's paths."""
    heard = await desk.scene.last_seq()
    for words in (("../Patient", "1"), ("Encounter", "../1"), ("Encounter", "1?x=y"), ("Encounter", "..")):
        (await desk.type("satusehat", "retract", *words, "--yes")).refused(2, "--help")
    assert heard == await desk.scene.last_seq()
    (await desk.type("satusehat", "retract", "Encounter", "1", "--yes")).refused(1, "does not hold Encounter/1")
    other = ("satusehat", "retract", "Encounter", "1", "--organization", "77", "--yes")
    (await desk.type(*other)).refused(1, "--organization", "10000004")
