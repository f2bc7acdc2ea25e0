"""Leases: who takes which rows, for how long, and what a dead or late worker may still do."""

from uuid import UUID

from tests.database.desk import SQL, Clinic, Worker, missing, report


async def test_a_lease_says_all_that_a_worker_needs(clinic: Clinic, ana: Worker) -> None:
    """The row with its snapshot, and nothing to be asked for afterwards."""
    (visit,) = await clinic.finished()

    (lease,) = await ana.lease()

    assert (visit, clinic.ids["clinic"], 1, 1, False) == (
        lease["subject_id"], lease["clinic_id"], lease["lease_number"], lease["attempt"], lease["ask_first"],
    )  # fmt: skip
    assert str(visit) in lease["snapshot"]
    assert [] == await ana.lease()


async def test_two_workers_never_take_the_same_row(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """Also while the first has not committed yet; and the second does not wait."""
    visits = await clinic.finished(6)
    async with ana.connection.transaction():
        first = await ana.lease(3)
        second = await bob.lease(3)

    third = await bob.lease(6)

    taken = [lease["subject_id"] for lease in first + second + third]
    assert sorted(visits) == sorted(taken)


async def test_a_late_worker_changes_nothing(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """Its lease ended, another holds the row: the record is refused and said to be lost."""
    (visit,) = await clinic.finished()
    (late,) = await ana.lease()
    await ana.die(late)
    (held,) = await bob.lease()
    before = await clinic.delivery(visit)

    assert [("lost", "leased")] == await ana.record(report(late, "delivered"))
    assert before == await clinic.delivery(visit)
    assert [("recorded", "delivered")] == await bob.record(report(held, "delivered", asked=True))
    assert ["expired", "lost", "delivered"] == await _outcomes(clinic, visit)


async def test_an_older_lease_of_ones_own_is_fenced_too(clinic: Clinic, ana: Worker) -> None:
    """The same worker name does not make an old lease valid."""
    await clinic.finished()
    (old,) = await ana.lease()
    await ana.die(old)
    (new,) = await ana.lease()

    assert [("lost", "leased"), ("recorded", "delivered")] == [
        *await ana.record(report(old, "delivered")),
        *await ana.record(report(new, "delivered")),
    ]
    assert [("lost", "delivered")] == await ana.record(report(new, "delivered"))


async def test_a_heartbeat_extends_only_what_one_holds(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """A lease that was swept is not brought back."""
    await clinic.finished(2)
    mine, dead = await ana.lease()
    await ana.die(dead)

    assert [] == await bob.heartbeat(mine, dead)
    assert [mine["id"]] == await ana.heartbeat(mine, dead)


async def test_an_older_lease_is_neither_extended_nor_given_back(clinic: Clinic, ana: Worker) -> None:
    """The same name does not make it valid: the new lease of the row may be sending."""
    (visit,) = await clinic.finished()
    (old,) = await ana.lease()
    await ana.die(old)
    (new,) = await ana.lease()

    assert ([], []) == (await ana.heartbeat(old), await ana.release(old))
    assert "leased" == await clinic.state(visit)
    assert [new["id"]] == await ana.heartbeat(new)


async def test_a_waiting_suspect_is_announced(clinic: Clinic, ana: Worker) -> None:
    """Once it is due, and not while its lane rests."""
    wait = "select integration.suspects_wait('satusehat')"
    await clinic.finished()
    assert not await ana.connection.fetchval(wait)
    await _suspect_and_healthy(clinic, ana, 1)
    assert await ana.connection.fetchval(wait)
    await ana.connection.execute("select integration.pause('satusehat', $1, 600, 'uji')", clinic.ids["clinic"])
    assert not await ana.connection.fetchval(wait)


async def test_a_silent_worker_leaves_doubt(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """It may have sent: the next one asks before it sends."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())

    assert "uncertain" == await clinic.state(visit)
    assert [True] == [lease["ask_first"] for lease in await bob.lease()]


async def test_uncertain_rows_rest_first(clinic: Clinic, ana: Worker) -> None:
    """What timed out here may still be running there."""
    (visit,) = await clinic.finished()
    (lease,) = await ana.lease()
    await clinic.connection.execute(SQL["expire"], lease["id"])

    assert {"expired": 1, "parked": 0, "released": 0} == await ana.sweep(rest_s=600)
    assert [] == await ana.lease()
    await clinic.hurry()
    assert [visit] == [lease["subject_id"] for lease in await ana.lease()]


async def test_a_living_lease_is_not_swept(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """Housekeeping takes nothing from those who work."""
    (visit,) = await clinic.finished()
    await ana.lease()

    await bob.sweep()

    assert "leased" == await clinic.state(visit)


async def test_a_row_given_back_is_as_before(clinic: Clinic, ana: Worker, bob: Worker) -> None:
    """Nothing was sent: no attempt is used up, and an old doubt stays."""
    fresh, doubtful = await clinic.finished(2)
    leases = await ana.lease()
    await ana.die(*[lease for lease in leases if lease["subject_id"] == doubtful])
    again = await ana.lease()

    assert [] == await bob.release(*leases, *again)
    assert 2 == len(await ana.release(*leases, *again))

    assert ["ready", "uncertain"] == [await clinic.state(visit) for visit in (fresh, doubtful)]
    assert {fresh: False, doubtful: True} == {lease["subject_id"]: lease["ask_first"] for lease in await bob.lease()}


async def test_one_clinics_backlog_hides_nobody(clinic: Clinic, ana: Worker) -> None:
    """Forty older visits of one clinic, one new of another: both are in the first ten."""
    backlog = await clinic.finished(40)
    small = await Clinic.open(clinic.connection)
    (new,) = await small.finished()

    taken = {lease["subject_id"] for lease in await ana.lease(10)}

    assert 10 == len(taken)
    assert new in taken
    assert taken - {new} <= set(backlog)


async def test_what_is_in_flight_counts(clinic: Clinic, ana: Worker) -> None:
    """A lane gives no more than its limit less what the worker already holds of it."""
    await clinic.finished(5)
    await clinic.connection.execute("update integration.lanes set most_leases = 4")

    assert 1 == len(await ana.lease(10, busy={str(clinic.ids["clinic"]): 3}))
    assert [] == await ana.lease(10, busy={str(clinic.ids["clinic"]): 4})


async def test_a_resting_lane_gives_nothing(clinic: Clinic, ana: Worker) -> None:
    """Until the pause is over or lifted."""
    await clinic.finished()
    pause = "select integration.pause('satusehat', $1, $2, 'pemeliharaan')"
    await ana.connection.execute(pause, clinic.ids["clinic"], 600)
    assert [] == await ana.lease()

    await ana.connection.execute(pause, clinic.ids["clinic"], 0)

    assert 1 == len(await ana.lease())


async def test_old_visits_come_after_new_ones(clinic: Clinic, ana: Worker) -> None:
    """A backfill never delays what happens today."""
    old = await clinic.finished(3)
    await clinic.connection.execute("truncate integration.deliveries cascade")
    await ana.connection.fetchrow("select * from integration.backfill('satusehat', '2014-06-03')")
    (new,) = await clinic.finished()

    leases = await ana.lease()

    assert new == leases[0]["subject_id"]
    assert set(old) == {lease["subject_id"] for lease in leases[1:]}


async def test_a_row_that_killed_two_workers_runs_alone(clinic: Clinic, ana: Worker) -> None:
    """Its neighbours are not charged; a busy worker does not take it."""
    suspect, healthy = await _suspect_and_healthy(clinic, ana, 1)

    assert healthy == [lease["subject_id"] for lease in await ana.lease(10, busy={"nobody": 1})]
    (lease,) = await ana.lease()
    assert (suspect, True) == (lease["subject_id"], lease["suspect"])


async def test_suspects_at_the_head_do_not_close_a_lane(clinic: Clinic, ana: Worker) -> None:
    """A worker that other clinics keep busy still takes what is healthy behind them."""
    _, healthy = await _suspect_and_healthy(clinic, ana, 3)

    assert healthy[:1] == [lease["subject_id"] for lease in await ana.lease(1, busy={"nobody": 1})]


async def test_a_row_that_killed_five_workers_is_parked_with_its_doubt(clinic: Clinic, ana: Worker) -> None:
    """Nobody forgets, over a park and a replay, that something may have been sent."""
    (visit,) = await clinic.finished()
    for _ in range(5):
        await ana.die(*await ana.lease())
    parked = await clinic.delivery(visit)
    assert ("blocked", "crashed", True) == (parked["state"], parked["failure"], parked["ask_first"])

    await ana.replay(ids=[parked["id"]])

    assert "ready" == await clinic.state(visit)
    assert [True] == [lease["ask_first"] for lease in await ana.lease()]


async def test_an_answer_ends_the_strikes(clinic: Clinic, ana: Worker) -> None:
    """Only leases in a row that nobody answered for count."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()
    await ana.record(report(lease, "postponed", failure="throttled", wait_seconds=0))

    assert 0 == (await clinic.delivery(visit))["strikes"]


async def test_an_exempted_row_keeps_its_doubt(clinic: Clinic, ana: Worker) -> None:
    """A person may change their mind; what was perhaps sent was still perhaps sent."""
    (visit,) = await clinic.finished()
    await ana.die(*await ana.lease())
    (lease,) = await ana.lease()
    await ana.record(missing(lease))
    await ana.connection.execute("select integration.exempt($1, 'salah klinik')", lease["id"])
    assert "exempt" == await clinic.state(visit)

    await ana.replay(ids=[lease["id"]])

    assert [True] == [lease["ask_first"] for lease in await ana.lease()]


async def test_one_unreadable_subject_stops_nobody(clinic: Clinic, ana: Worker) -> None:
    """It is leased without a snapshot; the others of its batch have theirs."""
    (visit,) = await clinic.finished()
    broken = await clinic.connection.fetchval(SQL["broken"], clinic.ids["clinic"])

    leases = {lease["id"]: lease for lease in await ana.lease()}

    assert leases.pop(broken)["snapshot"] is None
    assert [(visit, True)] == [(row["subject_id"], row["snapshot"] is not None) for row in leases.values()]


async def _suspect_and_healthy(clinic: Clinic, ana: Worker, count: int) -> tuple[UUID, list[UUID]]:
    suspects = await clinic.finished(count)
    for visit in suspects:
        await clinic.connection.execute(
            "update integration.deliveries set strikes = 2, due_at = now() - interval '1 hour' where subject_id = $1",
            visit,
        )
    return suspects[0], await clinic.finished(2)


async def _outcomes(clinic: Clinic, visit: UUID) -> list[str]:
    rows = await clinic.connection.fetch(
        "select outcome from integration.attempts where delivery_id = $1 order by id",
        (await clinic.delivery(visit))["id"],
    )
    return [row["outcome"] for row in rows]
