"""The real functions against a model: any sequence of edits, leases, endings, deaths and mendings."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sandbox.supabase.postgres import SUPERUSER, Postgres
from tests.database.delivery_model import SUSPECT_AFTER, Delivery, Held
from tests.database.desk import SQL, Clinic, Row, Worker, connected, missing, problem, report

LEASE_S = 60  # as Worker.lease asks
MOST_VISITS = 3
SETTINGS = settings(
    max_examples=30,
    stateful_step_count=20,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # add Phase.shrink to see the shortest way into a failure; it takes minutes
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
OUTCOMES = ("delivered", "blocked", "blocked", "postponed", "uncertain", "rejected", "exempt")
MEANWHILE = ("nothing", "edited", "resolved", "died", "envied")
MORE: dict[str, Row] = {
    "postponed": {"failure": "away", "wait_seconds": 0},
    "uncertain": {"failure": "timeout", "wait_seconds": 0},
    "rejected": {"problems": [problem(None)]},
    "exempt": {"exempt_reason": "uji"},
}
CLOCK = """
update integration.deliveries
   set due_at = due_at - make_interval(secs => $1), leased_until = leased_until - make_interval(secs => $1)
"""


MISTAKES = {
    "a newer wish is closed over": ("private.next_state", "d.generation <> d.leased_generation", "false"),
    "a block gets stuck": ("private.next_state", "not pg_visible_in_snapshot", "false and pg_visible_in_snapshot"),
    "an old lease still writes": ("integration.record", "d.lease_number <> r.lease_number", "false"),
    "doubt is forgotten": ("integration.lease", "(d.ask_first or d.state = 'uncertain' or d.unfound > 0)", "false"),
    "an edit is no wish": ("private.want_delivery", "generation = d.generation + 1,", "generation = d.generation,"),
    "a dead worker leaves no strike": ("integration.sweep", "strikes = d.strikes + 1", "strikes = d.strikes"),
    "anybody extends a lease": ("private.held", "h.leased_by = p_worker", "true"),
    "an old lease is extended": ("private.held", "h.lease_number = x.lease_number", "true"),
    "suspects run in company": ("integration.lease", "(d.strikes < 2 or p_idle)", "true"),
}


def test_the_database_does_what_the_model_says(books: Postgres) -> None:
    """Also after draining: every committed edit has reached the target, or waits for a person who knows it."""
    with asyncio.Runner() as runner:
        _drive(runner, books, SETTINGS)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_model_notices(books: Postgres, mistake: str) -> None:
    """One mistake put into one function: the same run must turn red."""
    function, right, wrong = MISTAKES[mistake]
    with asyncio.Runner() as runner:
        definition = runner.run(_definition(books, function))
        assert 1 == definition.count(right)
        try:
            runner.run(_define(books, definition.replace(right, wrong)))
            with pytest.raises((AssertionError, asyncpg.PostgresError)):
                _drive(runner, books, SETTINGS)
        finally:
            runner.run(_define(books, definition))


def _drive(runner: asyncio.Runner, books: Postgres, how: settings) -> None:
    connections = [runner.run(asyncpg.connect(books.socket_dsn(SUPERUSER))) for _ in range(3)]
    try:
        run_state_machine_as_test(lambda: Machine(runner, connections), settings=how)
    finally:
        for connection in connections:
            runner.run(connection.close())


async def _definition(books: Postgres, function: str) -> str:
    async with connected(books) as connection:
        return await connection.fetchval("select pg_get_functiondef($1::text::regproc)", function)


async def _define(books: Postgres, definition: str) -> None:
    async with connected(books) as connection:
        await connection.execute(definition)


class Machine(RuleBasedStateMachine):
    """Drives clinic and workers; the clock is moved by moving the rows' times."""

    def __init__(self, runner: asyncio.Runner, connections: list[asyncpg.Connection]) -> None:
        super().__init__()
        self.runner, self.desk = runner, connections[0]
        self.workers = {name: Worker(connection, name) for name, connection in zip("ab", connections[1:], strict=True)}
        self.rows: dict[int, Delivery] = {}
        self.visits: dict[int, Any] = {}
        self.leases: list[Held] = []
        self.now = self.step = self.resolved_at = 0

    def run(self, call: Any) -> Any:
        """Wait for the database; every step has a number."""
        self.step += 1
        return self.runner.run(call)

    @initialize()
    def open(self) -> None:
        """An empty project with one clinic and one finished visit."""
        self.run(self.desk.execute(SQL["clear"]))
        self.clinic = self.run(Clinic.open(self.desk))
        self.finish()

    @precondition(lambda self: len(self.visits) < MOST_VISITS)
    @rule()
    def finish(self) -> None:
        """A visit ends."""
        (visit,) = self.run(self.clinic.finished())
        row = self.run(self.clinic.delivery(visit))
        self.visits[row["id"]] = visit
        self.rows[row["id"]] = Delivery(content="0", due=self.now)
        self._write(row["id"])

    @rule(pick=st.integers(0, 99))
    def edit(self, pick: int) -> None:
        """The front end changes a visit."""
        self._write(self._picked(pick))

    @rule(worker=st.sampled_from("ab"), limit=st.integers(1, 4), idle=st.booleans())
    def lease(self, worker: str, limit: int, idle: bool) -> None:
        """A worker takes what is due, and only that."""
        due = {i for i, row in self.rows.items() if row.due_at(self.now, idle)}
        taken = self.run(self.workers[worker].lease(limit, {} if idle else {"nobody": 1}))
        ids = {lease["id"] for lease in taken}
        alone = [i for i in ids if self.rows[i].strikes >= SUSPECT_AFTER]
        assert ids <= due
        assert len(ids) == (1 if alone else min(limit, len(due)))
        for lease in taken:
            self._took(worker, lease)

    @precondition(lambda self: self.leases)
    @rule(pick=st.integers(0, 99), outcome=st.sampled_from(OUTCOMES), asked=st.booleans())
    def record(self, pick: int, outcome: str, asked: bool) -> None:
        """A worker tells how a lease ended, be it still its own or not."""
        self._record(self._remembered(pick), outcome, asked)

    def _record(self, held: Held, outcome: str, asked: bool) -> None:
        lease = {"id": held.delivery, "lease_number": held.number}
        told = missing(lease, "patient/x") if outcome == "blocked" else report(lease, outcome, **MORE.get(outcome, {}))
        answers = self.run(self.workers[held.worker].record({**told, "asked": asked}))
        row = self.rows[held.delivery]
        if not row.is_held(held):
            assert [("lost", row.state)] == answers
            return
        assert [("recorded", row.ended(held, outcome, asked, self.resolved_at, self.now))] == answers

    @precondition(lambda self: self.leases)
    @rule(pick=st.integers(0, 99), beat=st.booleans(), name=st.sampled_from("ab"))
    def beat_or_release(self, pick: int, beat: bool, name: str) -> None:
        """A worker extends what it holds, or gives it back; what it does not hold, it cannot."""
        self._beat_or_release(self._remembered(pick), beat, name)

    def _beat_or_release(self, held: Held, beat: bool, name: str) -> None:
        row, worker = self.rows[held.delivery], self.workers[name]
        mine = row.is_held(replace(held, worker=name))
        call = worker.heartbeat if beat else worker.release
        assert ([held.delivery] if mine else []) == self.run(call({"id": held.delivery, "lease_number": held.number}))
        if mine and beat:
            row.leased_until = self.now + LEASE_S
        elif mine:
            row.moved("uncertain" if row.doubt else "ready")
            row.due = self.now

    @rule(worker=st.sampled_from("ab"), times=st.integers(1, 5))
    def die(self, worker: str, times: int) -> None:
        """Workers take rows and are never heard of in time."""
        for _ in range(times):
            self.lease(worker, MOST_VISITS, idle=True)
            self.wait(LEASE_S)
            self.sweep()

    @rule(worker=st.sampled_from("ab"), outcome=st.sampled_from(OUTCOMES), meanwhile=st.sampled_from(MEANWHILE))
    def work(self, worker: str, outcome: str, meanwhile: str) -> None:
        """A worker takes one row and records its ending; something happens in between."""
        first = len(self.leases)
        self.lease(worker, 1, idle=True)
        for held in self.leases[first : first + 1]:
            match meanwhile:
                case "edited":
                    self._write(held.delivery)
                case "resolved":
                    self.resolve()
                case "died":
                    self.wait(LEASE_S)
                    self.sweep()
                    self.lease(worker, MOST_VISITS, idle=True)
                    self._beat_or_release(held, beat=True, name=worker)
                case "envied":
                    self._beat_or_release(held, beat=True, name="ab"[worker == "a"])
            self._record(held, outcome, asked=False)

    @rule(seconds=st.sampled_from([20, 60, 600]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds
        self.run(self.desk.execute(CLOCK, seconds))

    @rule()
    def sweep(self) -> None:
        """Any worker does the housekeeping."""
        self.run(self.workers["a"].sweep())
        for row in self.rows.values():
            row.expired(self.now)

    @rule()
    def resolve(self) -> None:
        """Somebody supplies what was missing."""
        self.run(self.desk.execute(SQL["resolve"]))
        self.resolved_at = self.step
        for row in self.rows.values():
            if row.waits:
                row.moved("ready")
                row.due = self.now

    @rule(ask=st.booleans())
    def replay(self, ask: bool) -> None:
        """A person wants everything once more."""
        self.run(self.workers["b"].replay(ask=ask))
        for row in self.rows.values():
            if row.state not in ("leased", "uncertain") and not (ask and row.state == "ready"):
                row.generation, row.strikes, row.due = row.generation + 1, 0, self.now
                row.moved("uncertain" if ask else "ready")

    @invariant()
    def agrees(self) -> None:
        """The rows are as the model has them, and the books balance."""
        held = self.runner.run(self.desk.fetch(SQL["rows"]))
        assert {i: _as_row(row) for i, row in self.rows.items()} == {row["id"]: tuple(row)[1:] for row in held}
        assert 0 == self.runner.run(self.clinic.difference()) if self.rows else True

    def teardown(self) -> None:
        """Everybody comes back, the ministry too: nothing that was committed is forgotten."""
        if not self.rows:
            return
        self._drain()
        for row in self.rows.values():
            assert row.content in {row.there, row.closed_on} or row.state == "exempt", row
        self.replay(ask=True)
        self._drain()
        assert {i: row.content for i, row in self.rows.items()} == {i: row.there for i, row in self.rows.items()}
        assert {"delivered"} == {row.state for row in self.rows.values()}

    def _drain(self) -> None:
        self.wait(600)
        self.sweep()
        self.resolve()
        while any(row.due_at(self.now, idle=True) for row in self.rows.values()):
            first = len(self.leases)
            self.lease("a", MOST_VISITS, idle=True)
            for held in self.leases[first:]:
                self._record(held, "delivered", asked=True)
        self.agrees()

    def _write(self, delivery: int) -> None:
        content = str(self.step)
        self.run(self.desk.execute(SQL["complain"], self.visits[delivery], content))
        self.rows[delivery].edited(content, self.now)

    def _took(self, worker: str, lease: Row) -> None:
        row = self.rows[lease["id"]]
        row.leased(worker, self.now, LEASE_S, self.step)
        content = json.loads(lease["snapshot"])["visit"]["chief_complaint"]
        assert (row.content, row.generation, row.doubt) == (content, lease["generation"], lease["ask_first"])
        self.leases.append(Held(lease["id"], worker, row.lease_number, row.generation, content))

    def _remembered(self, pick: int) -> Held:
        """A lease of late, perhaps one that ended long ago."""
        return self.leases[-1 - pick % min(len(self.leases), 4)]

    def _picked(self, pick: int) -> int:
        return sorted(self.rows)[pick % len(self.rows)]


def _as_row(row: Delivery) -> tuple[Any, ...]:
    counts = (row.generation, row.delivered_generation, row.doubt, row.strikes, row.lease_number)
    return (row.state, *counts, row.leased_by)
