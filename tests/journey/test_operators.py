"""What operators do: backfill, replay, the nightly comparison and its cures, and ``workers once``."""

import json
import re
from datetime import UTC, datetime, timedelta

from tests.journey.books import complaints
from tests.journey.cast import command
from tests.journey.stage import Scene
from workers.app import built, once
from workers.satusehat import reconcile


async def carry(scene: Scene) -> dict[str, int]:
    """What ``workers once`` does, in this process."""
    async with built(scene.settings()) as app:
        return {target: count for target, count in (await once(app)).items() if count}


async def deliver_one(scene: Scene) -> tuple[str, int]:
    """A delivered visit and the number of its delivery."""
    visit = await scene.visit()
    assert {"satusehat": 1} == await carry(scene)
    return visit, await scene.one("select id from integration.deliveries where subject_id = $1", visit)


async def compare(scene: Scene) -> list[dict[str, str]]:
    """Run the nightly comparison now; what it found."""
    async with built(scene.settings()) as app:
        await reconcile.everything(app.deliveries, app.satusehat, datetime.now(UTC).date() - timedelta(days=2))
        return await app.deliveries.call("open_differences")


async def test_once_drains_and_says_what_is_left(routine: Scene) -> None:
    """Exit code 0 when everything is delivered, 1 when somebody has to act."""
    await routine.visits(12)
    code, said = await command(routine.values(), "once", "--json")
    told = json.loads(said)
    assert (0, 12, 0) == (code, told["carried"]["satusehat"], told["left"])
    await routine.sql("delete from integration.mappings")
    blocked = await routine.visit(drug="PCT")
    code, said = await command(routine.values(), "once", "--json")
    told = json.loads(said)
    assert (1, 1, 1) == (code, told["carried"]["satusehat"], told["left"])
    assert {} == await complaints(routine, parked=[blocked])


async def test_backfill_brings_old_visits(routine: Scene) -> None:
    """Visits from before the first day have no delivery, are not missing, and come when they are asked for."""
    await routine.sql("update integration.lanes set since = current_date + 30")
    await routine.visits(5)
    assert {} == await routine.states()
    code, said = await command(routine.values(), "backfill", "--since", "30d")
    assert 0 == code
    assert re.search(r"\b5\b", said)
    code, said = await command(routine.values(), "backfill", "--since", "30d", "--yes", "--batch", "2")
    assert 0 == code
    await command(routine.values(), "backfill", "--since", "30d", "--yes")
    await carry(routine)
    assert {"delivered": 5} == await routine.states()
    assert {} == await complaints(routine)


async def test_replay_sends_nothing_that_is_there(routine: Scene) -> None:
    """Replaying everything is harmless."""
    await deliver_one(routine)
    before = await routine.last_seq()
    code, _ = await command(routine.values(), "replay", "--state", "delivered", "--yes")
    assert 0 == code
    await carry(routine)
    assert [] == [request for request in await routine.requests(before) if request["type"] != "token"]
    await command(routine.values(), "replay", "--state", "delivered", "--ask", "--yes")
    await carry(routine)
    assert {"GET", "POST"} >= {request["method"] for request in await routine.requests(before)}
    assert not [request for request in await routine.requests(before) if request["effect"]]
    assert {} == await complaints(routine)


async def test_what_vanished_there_is_found_and_replayed(routine: Scene) -> None:
    """The comparison names what is missing there, and its own cure mends it."""
    _, delivery = await deliver_one(routine)
    await _forget_visits(routine)
    code, said = await command(routine.values(), "satusehat", "reconcile", "--json")
    found = json.loads(said)["differences"]
    assert 1 == code
    assert {"missing_there"} == {one["difference"] for one in found}
    assert {f"workers replay --id {delivery} --ask --yes"} == {one["cure"] for one in found}
    await _cure(routine, found[0]["cure"])
    assert [] == await compare(routine)
    assert {} == await complaints(routine)


async def test_what_differs_there_is_found_and_mended(routine: Scene) -> None:
    """Somebody changed a resource at the ministry; the cure puts our content back."""
    await deliver_one(routine)
    [condition] = [one for one in await routine.held("Condition") if "A91" in json.dumps(one["body"])]
    body = condition["body"]
    body["code"]["coding"][0] |= {"code": "A90", "display": "Dengue fever"}
    await _write(routine, "PUT", f"Condition/{condition['id']}", body)
    found = await compare(routine)
    assert [("different", "Condition", condition["id"])] == [_named(one) for one in found]
    await _cure(routine, found[0]["cure"])
    assert [] == await compare(routine)
    assert {} == await complaints(routine)


async def test_what_nobody_knows_here_is_found_and_retracted(routine: Scene) -> None:
    """A resource that hangs on our Encounter and is not ours is named, and can be marked."""
    await deliver_one(routine)
    [condition] = [one for one in await routine.held("Condition") if "A91" in json.dumps(one["body"])]
    stranger = {name: value for name, value in condition["body"].items() if name not in {"id", "meta"}}
    stranger["identifier"] = [{**condition["body"]["identifier"][0], "value": "from-another-program"}]
    held = await _write(routine, "POST", "Condition", stranger)
    found = await compare(routine)
    assert [("unknown_here", "Condition", held)] == [_named(one) for one in found]
    await _cure(routine, found[0]["cure"])
    assert [] == await compare(routine)


async def test_what_is_there_twice_is_found_and_retracted(routine: Scene) -> None:
    """Every second copy is named with its own id."""
    both = {"name": "twice", "match": {"type": "Bundle"}, "effect": "duplicate"}
    await routine.behave(both)
    await deliver_one(routine)
    await routine.behave()
    found = await compare(routine)
    assert {"twice_there"} == {one["difference"] for one in found}
    known = {row[0] for row in await routine.sql("select remote_id from integration.remote_resources")}
    assert not known & {one["remote_id"] for one in found}
    conditions = [one for one in found if one["resource_type"] == "Condition"]
    assert 3 == len(conditions)
    for one in conditions:
        await _cure(routine, one["cure"])
    assert "Condition" not in {one["resource_type"] for one in await compare(routine)}


def _named(difference: dict[str, str]) -> tuple[str, str, str]:
    return difference["difference"], difference["resource_type"], difference["remote_id"]


async def _cure(scene: Scene, cure: str) -> None:
    """Do what the comparison says, word by word, and let the worker carry it."""
    program, *words = cure.split()
    assert "workers" == program
    code, said = await command(scene.values(), *words)
    assert 0 == code, said
    await carry(scene)


async def _forget_visits(scene: Scene) -> None:
    """Let the ministry lose what it held of visits; rooms are created again as they were known."""
    await scene.ministry.post("/__sandbox__/reset", json={"resources": True, "ledger": True})
    await scene.sql("delete from integration.remote_resources where local_key like 'location/%'")
    code, said = await command(scene.values(), "satusehat", "setup", "--yes")
    assert 0 == code, said


async def _write(scene: Scene, method: str, path: str, body: object) -> str:
    """Write to the ministry as another program of the same organization would."""
    form = {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}
    url = "/oauth2/v1/accesstoken?grant_type=client_credentials"
    token = (await scene.ministry.post(url, data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    reply = await scene.ministry.request(method, f"/fhir-r4/v1/{path}", json=body, headers=headers)
    assert reply.status_code in {200, 201}, reply.text
    return reply.json()["id"]
