"""Endings: where each outcome leads, and what a newer wish or a doubt makes of it."""

import json

import asyncpg
import pytest

from tests.database.desk import SQL, Clinic, Row, Worker, missing, problem, refused, report, waiting

REPLAY = "select * from integration.replay($1, false, true)"
CLOSED = {
    "delivered": "delivered", "blocked": "blocked", "rejected": "rejected", "exempt": "exempt",
    "postponed": "ready", "uncertain": "uncertain",
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "state"), CLOSED.items())
async def test_an_ending_leads_to_its_state(clinic: Clinic, ana: Worker, outcome: str, state: str) -> None:
    """One outcome, one state."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()

    assert [("recorded", state)] == await ana.record(_ended(lease, outcome))
    assert state == await clinic.state(visit)
    assert 0 == await clinic.difference()


@pytest.mark.parametrize("outcome", CLOSED)
async def test_a_newer_wish_is_never_closed_over(clinic: Clinic, ana: Worker, outcome: str) -> None:
    """The visit was edited while the worker sent: whatever the ending, it will be leased again."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await clinic.write("edit", visit)

    await ana.record(_ended(lease, outcome))

    after = await clinic.delivery(visit)
    assert ("uncertain" if outcome == "uncertain" else "ready") == after["state"]
    assert after["generation"] == lease["generation"] + 1
    await clinic.hurry()
    assert [after["generation"]] == [row["generation"] for row in await ana.lease()]


@pytest.mark.parametrize("outcome", CLOSED)
async def test_doubt_ends_with_an_answer_only(clinic: Clinic, ana: Worker, outcome: str) -> None:
    """What closes without a word from the target leaves the doubt where it was."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()

    await ana.record(_ended(lease, outcome))

    after = await clinic.delivery(visit)
    assert "uncertain" == after["state"] if outcome == "postponed" else CLOSED[outcome] == after["state"]
    assert (outcome not in {"delivered", "rejected"}) == after["ask_first"]


async def test_doubt_survives_a_block_and_an_edit(clinic: Clinic, ana: Worker) -> None:
    """Blocked without asking, then corrected: the next worker still asks first."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()
    await ana.record(missing(lease, "patient/x"))
    await clinic.write("edit", visit)

    assert [True] == [row["ask_first"] for row in await ana.lease()]


async def test_asking_ends_the_doubt(clinic: Clinic, ana: Worker) -> None:
    """The target said that it holds nothing: the row is simply late."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()
    await ana.record(report(lease, "postponed", failure="throttled", wait_seconds=0, asked=True))

    after = await clinic.delivery(visit)
    assert ("ready", False) == (after["state"], after["ask_first"])


async def test_what_nobody_finds_is_counted_until_a_person_looks(clinic: Clinic, ana: Worker) -> None:
    """Postponements between keep the count; after the block a replay asks first and counts anew."""
    (visit,) = await clinic.finished()
    for _ in range(2):
        (lease,) = await ana.lease()
        await ana.record(report(lease, "uncertain", failure="duplicate", wait_seconds=0))
        (lease,) = await ana.lease()
        await ana.record(report(lease, "postponed", failure="throttled", wait_seconds=0, asked=True))
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()
    assert (2, True) == (lease["unfound"], lease["ask_first"])
    await ana.record(missing(lease))
    assert [("admin",)] == [tuple(row) for row in await clinic.connection.fetch(
        "select role::text from public.work_items where subject_id = $1", visit)]  # fmt: skip

    await ana.replay(state="blocked")

    (lease,) = await ana.lease()
    assert (0, True) == (lease["unfound"], lease["ask_first"])


async def test_a_postponement_moves_nothing_but_the_time(clinic: Clinic, ana: Worker) -> None:
    """An outage burns nothing: not due until then, and no strike."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(report(lease, "postponed", failure="away", wait_seconds=600))

    assert [] == await ana.lease()
    await clinic.hurry()
    (again,) = await ana.lease()
    assert (visit, 1, 2) == (again["subject_id"], again["generation"], again["attempt"])


async def test_a_row_that_a_clinic_write_holds_is_busy(clinic: Clinic, ana: Worker, other: asyncpg.Connection) -> None:
    """The worker does not wait for the front end, and nothing it learned is lost."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    ended = report(lease, "delivered", accepted=[_accepted("encounter/1", "E1", "h")])
    async with other.transaction():
        await other.execute(SQL["edit"], visit)
        assert [("busy", None)] == await ana.record(ended)
        assert [] == await ana.heartbeat(lease)

    assert [("recorded", "ready")] == await ana.record(ended)
    (again,) = await ana.lease()
    assert ["E1"] == [known["remote_id"] for known in json.loads(again["known"])]


async def test_a_late_record_does_not_spoil_its_batch(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """One row was lost, the other is written down."""
    await clinic.finished(2)
    lost, held = await ana.lease()
    await ana.die(lost)
    await bob.lease()

    answers = await ana.record(report(lost, "delivered"), report(held, "delivered"))

    assert {("lost", "leased"), ("recorded", "delivered")} == set(answers)


async def test_what_was_accepted_is_known_next_time(clinic: Clinic, ana: Worker) -> None:
    """Kept with its version and hash; forgotten when the target no longer has it."""
    (visit,) = await clinic.finished()
    for accepted in (
        [_accepted("encounter/1", "E1", "h1"), _accepted("condition/1", "C1", "h1")],
        [_accepted("encounter/1", "E1", "h2"), {"key": "condition/1", "type": "Condition", "remote_id": None}],
    ):
        (lease,) = await ana.lease()
        await ana.record(report(lease, "delivered", accepted=accepted))
        await clinic.write("edit", visit)

    (lease,) = await ana.lease()

    assert [("encounter/1", "h2")] == [(row["key"], row["content_hash"]) for row in json.loads(lease["known"])]


async def test_a_refusal_leaves_work_for_the_right_role(clinic: Clinic, ana: Worker) -> None:
    """And the work is gone when the delivery is well."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(refused(lease))
    work = "select role::text, field, reason from public.work_items where subject_id = $1"
    assert [("admin", "patients.nik", "Isi NIK.")] == [tuple(row) for row in await clinic.connection.fetch(work, visit)]

    await clinic.write("edit", visit)
    (lease,) = await ana.lease()
    await ana.record(report(lease, "delivered"))

    assert [] == await clinic.connection.fetch(work, visit)


async def test_replay_leaves_what_was_leased_meanwhile_alone(
    clinic: Clinic, ana: Worker, other: asyncpg.Connection
) -> None:
    """Chosen while ready, leased before it could be changed: a lease is never taken from a worker."""
    (visit,) = await clinic.finished()
    held = await clinic.delivery(visit)
    async with ana.connection.transaction():
        (lease,) = await ana.lease()
        replay = await waiting(clinic.connection, other.fetch(REPLAY, json.dumps({"ids": [held["id"]]})))
    await replay

    assert [("recorded", "delivered")] == await ana.record(report(lease, "delivered"))


async def test_replay_can_ask_first(clinic: Clinic, ana: Worker) -> None:
    """The target is asked what it holds before anything is sent again."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await ana.record(report(lease, "delivered"))

    await ana.replay(ask=True, state="delivered")

    assert "uncertain" == await clinic.state(visit)
    assert [(True, 2)] == [(row["ask_first"], row["generation"]) for row in await ana.lease()]


async def test_moves_that_do_not_exist_are_refused(clinic: Clinic) -> None:
    """Whoever tries them, the database says no and why."""
    (visit,) = await clinic.finished()
    with pytest.raises(asyncpg.CheckViolationError, match="cannot go from ready to delivered"):
        await clinic.connection.execute(
            "update integration.deliveries set state = 'delivered', delivered_generation = generation "
            "where subject_id = $1", visit,
        )  # fmt: skip


def _ended(lease: Row, outcome: str) -> Row:
    more: dict[str, Row] = {
        "blocked": {"problems": [problem("patient/x")]},
        "rejected": {"problems": [problem(None)]},
        "exempt": {"exempt_reason": "dibatalkan"},
        "postponed": {"failure": "away", "wait_seconds": 0},
        "uncertain": {"failure": "timeout", "wait_seconds": 0},
    }
    return report(lease, outcome, **more.get(outcome, {}))


def _accepted(key: str, remote_id: str, content_hash: str) -> Row:
    return {"key": key, "type": "Encounter", "remote_id": remote_id, "version": "1", "content_hash": content_hash}
