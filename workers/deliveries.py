"""The RPC client for deliveries: lease, heartbeat, record, release, sweep and what operators ask.

Everything goes through the official Supabase client and the functions of the ``integration`` schema;
no table is read from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from postgrest.exceptions import APIError

from supabase import AsyncClient, AsyncClientOptions, acreate_client
from workers.clock import elapsed
from workers.errors import DatabaseAway, DatabaseError
from workers.outcome import (
    NEEDS_A_PERSON,
    Blocked,
    Delivered,
    Exempt,
    Outcome,
    Postponed,
    Problem,
    Rejected,
    Report,
    Uncertain,
)

AWAY_CODES = frozenset({
    "PGRST000", "PGRST001", "PGRST002", "PGRST003",  # PostgREST has no database connection
    "57P01", "57P02", "57P03", "08006", "08001", "08003", "08004",  # shutting down, no room, cut off
    "53000", "53100", "53200", "53300", "53400", "58030", "25006",  # no disk, memory or connections left; read-only
    "40001", "40P01", "55P03", "57014",  # serialization, deadlock, lock or statement timeout
    "408", "429",  # the gateway's own; every 5xx of its is away too
})  # fmt: skip
LANE_ROW_WAIT_S = 5
PAGE_ROWS = 200
"""What one answer may hold; the least ``max_rows`` of the Data API that is served rightly."""
AWAY_HINT = "Check that Supabase runs, and WORKERS_SUPABASE_URL."


@dataclass(slots=True)
class Lease:
    """One delivery held by this worker, with all it may know of the subject."""

    id: int
    target: str
    kind: str
    subject_id: str
    clinic_id: str
    generation: int
    lease_number: int
    attempt: int
    ask_first: bool
    suspect: bool
    snapshot: dict[str, Any] | None
    known: list[dict[str, Any]]
    deadline: float
    """``clock.elapsed()`` at which the lease may have ended; heartbeats move it."""
    started_at: datetime
    unfound: int = 0
    """How often in a row the target said that it holds this already, and no search found it."""

    def holds_for(self, seconds: float) -> bool:
        """Whether the lease is certain to last that long; a stopped process finds out here."""
        return elapsed() + seconds < self.deadline


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one report: recorded, lost (another lease owns the row) or busy (try again)."""

    id: int
    result: str
    state: str | None


async def connect(url: str, service_key: str, timeout_s: float = 30.0) -> AsyncClient:
    """An official client for the ``integration`` schema, with a URL and a key that settings have checked."""
    # httpx's own pool costs several times as much per call (performance reference B.3).
    http = httpx.AsyncClient(transport=AiohttpTransport(), timeout=timeout_s, follow_redirects=False)
    options = AsyncClientOptions(schema="integration", httpx_client=http, auto_refresh_token=False)
    return await acreate_client(url, service_key, options)


class Deliveries:
    """The functions of ``integration``, as one worker calls them."""

    def __init__(self, client: AsyncClient, worker: str) -> None:
        self.worker = worker
        self._client = client

    async def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a function; raises DatabaseAway when trying again is right, DatabaseError otherwise."""
        return await self._answered(name, self._client.rpc(name, dict(arguments or {})))

    async def rows(self, name: str, arguments: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows of a function that only reads, in its own order; raises as ``call`` does.

        Page by page: a project's ``max_rows`` cuts a longer answer off without a word.
        """
        found: list[dict[str, Any]] = []
        while True:
            asked = self._client.rpc(name, dict(arguments or {})).range(len(found), len(found) + PAGE_ROWS - 1)
            page = await self._answered(name, asked)
            found += page
            if len(page) < PAGE_ROWS:
                return found

    async def _answered(self, name: str, request: Any) -> Any:
        try:
            data = (await request.execute()).data
        except APIError as error:
            raise _translated(name, error) from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise DatabaseAway(name, type(error).__name__, AWAY_HINT) from None
        if isinstance(data, str):  # what the client makes of an answer that is no JSON: none of ours is a text
            raise DatabaseAway(name, "unreadable", AWAY_HINT)
        return data

    async def lease(
        self, target: str, limit: int, seconds: float, busy: Mapping[str, int], *, alone: bool
    ) -> list[Lease]:
        """Take up to ``limit`` due rows (no more than PAGE_ROWS) of a target for ``seconds``, given what is in flight.

        ``alone``: nothing is in flight, and a row that has outlived two workers may come, by itself.
        """
        asked_at = elapsed()
        rows = await self.call("lease", {
            "p_target": target, "p_worker": self.worker, "p_limit": min(limit, PAGE_ROWS), "p_seconds": int(seconds),
            "p_busy": dict(busy), "p_idle": alone,
        })  # fmt: skip
        now = datetime.now(UTC)
        return [Lease(target=target, deadline=asked_at + int(seconds), started_at=now, **row) for row in rows]

    async def heartbeat(self, leases: Sequence[Lease], seconds: float) -> set[int]:
        """Extend leases; answers the ids still held."""
        asked_at, held = elapsed(), set[int]()
        for some in _pages(leases):
            named = {"p_worker": self.worker, "p_leases": _named(some), "p_seconds": int(seconds)}
            held.update(await self.call("heartbeat", named))
        for lease in leases:
            if lease.id in held:
                lease.deadline = asked_at + int(seconds)
        return held

    async def record(self, reports: Sequence[tuple[Lease, Report]]) -> list[Recorded]:
        """Write down endings, many in one call; fenced by each lease."""
        rows = [_report_row(lease, report) for lease, report in reports]
        answers = await self.call("record", {"p_worker": self.worker, "p_reports": rows})
        return [Recorded(**row) for row in answers]

    async def release(self, leases: Sequence[Lease]) -> set[int]:
        """Give leases back unsent; answers the ids that were still held."""
        held = set[int]()
        for some in _pages(leases):
            held.update(await self.call("release", {"p_worker": self.worker, "p_leases": _named(some)}))
        return held

    async def suspects_wait(self, target: str) -> bool:
        """Whether a row is due that must run alone."""
        return bool(await self.call("suspects_wait", {"p_target": target}))

    async def sweep(self, target: str, rest_seconds: float) -> dict[str, int]:
        """Turn expired leases into uncertain ones that rest; answers counts."""
        return dict(await self.call("sweep", {"p_target": target, "p_rest_seconds": rest_seconds}))

    async def pause(self, target: str, clinic_id: UUID | str, seconds: float, reason: str) -> None:
        """Let one clinic's lane rest; 0 seconds opens it again."""
        await self.call(
            "pause",
            {"p_target": target, "p_clinic": str(clinic_id), "p_seconds": seconds, "p_reason": reason},
        )


def _translated(name: str, error: APIError) -> DatabaseError:
    code = str(error.code or "unknown")
    if code in AWAY_CODES or (len(code) == 3 and code.startswith("5")):
        return DatabaseAway(name, code, "Try again in a minute.")
    hints = {
        "PGRST106": "Add `integration` to the project's exposed schemas.",
        "PGRST202": "Apply the migrations (supabase db push).",
        "42501": "Use the service key, not the anon key.",
        "PGRST301": "Check WORKERS_SUPABASE_SERVICE_KEY.",
    }
    # What the API gateway refuses (wrong key) or does not know (wrong path) bears no code of the database's.
    gateway = code == "unknown" or len(code) == 3
    wrong_door = "Check WORKERS_SUPABASE_SERVICE_KEY and WORKERS_SUPABASE_URL." if gateway else ""
    return DatabaseError(name, code, hints.get(code, wrong_door))


def _pages(leases: Sequence[Lease]) -> Iterator[Sequence[Lease]]:
    """As many at a time as an answer may have rows."""
    return (leases[first : first + PAGE_ROWS] for first in range(0, len(leases), PAGE_ROWS))


def _named(leases: Sequence[Lease]) -> list[dict[str, int]]:
    return [{"id": lease.id, "lease_number": lease.lease_number} for lease in leases]


def _report_row(lease: Lease, report: Report) -> dict[str, Any]:
    return {
        "id": lease.id,
        "lease_number": lease.lease_number,
        "accepted": [
            {"key": a.key, "type": a.type, "remote_id": a.remote_id or None, "version": a.version,
             "content_hash": a.content_hash}
            for a in report.accepted
        ],
        "requests": report.requests,
        "asked": report.asked,
        "http_status": report.http_status,
        "steps": list(report.steps),
        "learned": report.learned,
        "started_at": lease.started_at.isoformat(),
        **_outcome_fields(report.outcome),
    }  # fmt: skip


def _outcome_fields(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Delivered():
            return {"outcome": "delivered"}
        case Postponed(failure=failure, wait=wait):
            # What needs a person makes the lane rest, not the row: whoever opens the lane opens it at once.
            wait_s = LANE_ROW_WAIT_S if failure in NEEDS_A_PERSON else wait.total_seconds()
            return {"outcome": "postponed", "failure": failure, "wait_seconds": wait_s}
        case Uncertain(failure, rest):
            return {"outcome": "uncertain", "failure": failure, "wait_seconds": rest.total_seconds()}
        case Blocked(problems):
            return {"outcome": "blocked", "failure": "missing", "problems": [_problem(p) for p in problems]}
        case Rejected(problems):
            return {"outcome": "rejected", "failure": "invalid", "problems": [_problem(p) for p in problems]}
        case Exempt(reason):
            return {"outcome": "exempt", "exempt_reason": reason}


def _problem(problem: Problem) -> dict[str, Any]:
    return {"rule": problem.rule, "reason": problem.reason, "role": problem.role,
            "field": problem.field, "waits_for": problem.waits_for}  # fmt: skip
