"""The ministry misbehaves in every way it can; the books balance each time (F2, F3, F4, F5, F9, F15)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.journey.books import complaints
from tests.journey.cast import acting
from tests.journey.stage import Scene, until
from tests.journey.subject import Subject

Rule = dict[str, Any]
LATENCY = {"name": "latency", "match": {"path": "/fhir-r4"}, "effect": {"kind": "latency", "ms": 40}}
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))]


def rule(kind: str | Rule, **match: object) -> Rule:
    """A fault rule named after its kind."""
    effect = {"kind": kind} if isinstance(kind, str) else kind
    return {"name": effect["kind"], "match": match, "effect": effect}


async def play(scene: Scene, folder: Path, visits: int, *rules: Rule, seed: int, **changes: object) -> None:
    """Deliver so many visits to a ministry that follows these rules; nothing may be wrong at the end."""
    await scene.behave(LATENCY, *rules, seed=seed)
    await scene.visits(visits)
    async with acting(Subject(scene.values(**changes), folder / "log")):
        await scene.drained()
    assert {} == await complaints(scene)
    assert {"delivered": visits} == await scene.states()


SPOILT = (
    "drop_after_commit", "drop_before_commit", "error_after_commit", "truncated", "html", "wrong_charset",
    "created_without_id", "outcome_after_commit", "gateway_timeout", "error", "unavailable",
)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
async def test_answers_lost_and_spoilt(routine: Scene, tmp_path: Path, seed: int) -> None:
    """Every way in which an answer proves nothing, a few times each, among stragglers and a lagging index."""
    fits = {"path": "/fhir-r4", "method": "POST"}
    spoilt = [rule(kind, **fits, after=2 * n, next=2) for n, kind in enumerate(SPOILT)]
    straggling = rule({"kind": "straggle", "ms": 1200}, **fits, probability=0.08, next=4)
    lag = rule({"kind": "search_lag", "ms": 600}, method="POST")
    await play(routine, tmp_path, 40, *spoilt, straggling, lag, seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_storm_of_429(routine: Scene, tmp_path: Path, seed: int) -> None:
    """Nothing is sent before Retry-After is over, and nothing is rejected by a storm."""
    storm = {
        "name": "storm retry-after=2",
        "match": {"path": "/fhir-r4", "after": 6, "next": 5},
        "effect": {"kind": "throttle", "retry_after_s": 2},
    }
    await play(routine, tmp_path, 24, storm, seed=seed)


async def test_an_outage_is_probed_and_waited_for(routine: Scene, tmp_path: Path) -> None:
    """While everything answers 503 a few are tried, none is given up, and afterwards all arrive."""
    await routine.behave(rule("outage", path="/fhir-r4"))
    await routine.visits(24)
    async with acting(Subject(routine.values(satusehat_concurrency=4), tmp_path / "log")):

        async def felt() -> bool:
            return len([one for one in await routine.requests() if one["status"] == 503]) >= 5

        await until(felt, "the outage is felt")
        tried = len([one for one in await routine.requests() if one["method"] == "POST" and one["type"] == "Bundle"])
        assert tried < 24  # the breaker opened before everybody had run into it
        await routine.behave()
        await routine.drained()
    assert {} == await complaints(routine)
    assert {"delivered": 24} == await routine.states()
    assert 0 == await routine.one("select count(*) from integration.attempts where outcome = 'rejected'")


async def test_tokens_that_end_under_load(routine: Scene, tmp_path: Path) -> None:
    """However many requests meet the end of a token, one new token is asked for."""
    await play(routine, tmp_path, 30, rule("expire_tokens", path="/fhir-r4", after=4, next=3), seed=1)
    requests = await routine.requests()
    tokens = [one for one in requests if one["type"] == "token"]
    ended = [one for one in requests if "expire_tokens" in one["faults"]]
    assert 2 <= len(tokens) <= 1 + len(ended)
    assert all(first["finished_at"] <= second["started_at"] for first, second in pairwise(tokens))


async def test_tokens_that_live_briefly(routine: Scene, tmp_path: Path) -> None:
    """Tokens of a second or two are renewed one at a time, for as long as it takes."""
    await routine.settle(token_ttl_s=1)
    slow = rule({"kind": "latency", "ms": 200}, path="/fhir-r4")
    await play(routine, tmp_path, 30, slow, seed=1, satusehat_concurrency=3)
    tokens = [one for one in await routine.requests() if one["type"] == "token"]
    assert len(tokens) >= 2
    assert all(first["finished_at"] <= second["started_at"] for first, second in pairwise(tokens))
    assert {200} == {one["status"] for one in tokens}


async def test_a_holder_that_no_search_finds(routine: Scene) -> None:
    """Told again and again that the visit is there, and shown nothing: a person learns of it, nothing is doubled."""
    visit = await routine.visit()
    lost, hidden = rule("drop_after_commit", type="Bundle", next=1), rule("empty_search", type="Encounter")
    await routine.behave(lost, hidden)
    async with routine.daemon():

        async def parked() -> bool:
            await routine.sql("update integration.deliveries set due_at = now() where state = 'uncertain'")
            return await routine.state(visit) == "blocked"

        await until(parked, "the visit becomes work for a person")
        rows = await routine.sql("select role::text, rule from public.work_items where subject_id = $1", visit)
        assert [("admin", "20002")] == [tuple(row) for row in rows]
        await routine.behave()
        await routine.sql("select 1 from integration.replay(jsonb_build_object('state', 'blocked'), false, true)")
        await routine.reaches(visit, "delivered")
    sent = [one for one in await routine.requests() if one["method"] == "POST" and one["type"] == "Bundle"]
    assert 2 == len(sent)  # the lost one, and the one that was told of a duplicate
    assert 1 == len(await routine.held("Encounter"))
    assert [] == (await routine.summary())["duplicates"]


async def test_odd_rows_harm_only_themselves(routine: Scene, tmp_path: Path) -> None:
    """Long texts, odd signs and unreadable visits: some are parked, their neighbours are delivered."""
    sound = set(await routine.visits(10))
    odd = await routine.visits(6)
    texts = ["x" * 1_000_000, "\u202e\u2028<script>&amp;\U0001f637", "%00%0d%0a|,$\\'\"", " ", "́" * 300, "𝕏" * 5000]
    for visit, text in zip(odd, texts, strict=True):
        await routine.sql("update public.visits set chief_complaint = $2 where id = $1", visit, text)
    unreadable = (await routine.visits(1))[0]
    await _make_unreadable(routine, unreadable)
    try:
        async with acting(Subject(routine.values(), tmp_path / "log")):
            await routine.drained()
    finally:
        await _make_readable(routine)
    parked = {visit for visit in [*odd, unreadable] if await routine.state(visit) in {"blocked", "rejected"}}
    assert unreadable in parked
    assert {} == await complaints(routine, parked=parked)
    assert {"delivered"} == {await routine.state(visit) for visit in sound}
    for visit in parked:
        assert await routine.one("select count(*) from public.work_items where subject_id = $1", visit)


async def _make_unreadable(scene: Scene, visit: str) -> None:
    """Let the snapshot function fail for one visit."""
    await scene.sql("truncate journey.unreadable")
    await scene.sql("insert into journey.unreadable values ($1)", visit)
    await scene.sql("alter function integration.visit_snapshot rename to visit_snapshot_proper")
    await scene.sql(
        """create function integration.visit_snapshot(p_visit uuid) returns jsonb language plpgsql stable as $$
           begin
               if exists (select from journey.unreadable u where u.subject_id = p_visit) then
                   raise exception 'invented: this visit cannot be read';
               end if;
               return integration.visit_snapshot_proper(p_visit);
           end $$"""
    )


async def _make_readable(scene: Scene) -> None:
    await scene.sql("drop function integration.visit_snapshot")
    await scene.sql("alter function integration.visit_snapshot_proper rename to visit_snapshot")
