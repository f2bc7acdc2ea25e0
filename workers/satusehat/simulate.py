"""What would be sent for a visit or an order, and what would be refused, without sending or looking anything up."""

from typing import Any

from workers.outcome import Problem
from workers.satusehat.diagnostics.mapping import plan as plan_order
from workers.satusehat.diagnostics.preflight import check as check_order
from workers.satusehat.diagnostics.snapshot import parse as parse_order
from workers.satusehat.facts import Known, MappingError, parse_known
from workers.satusehat.mapping import Plan, bundle, plan, resolve
from workers.satusehat.preflight import check
from workers.satusehat.rules import ORDER
from workers.satusehat.snapshot import parse


def simulate(snapshot_json: Any, known_rows: Any) -> dict[str, Any]:
    """``problems`` the preflight would raise, and ``requests`` as they would go out (none when blocked)."""
    try:
        known = parse_known(known_rows)
        problems, wanted = (
            _of_order(snapshot_json, known) if _is_order(snapshot_json) else _of_visit(snapshot_json, known)
        )
        requests = [] if wanted is None else _requests(wanted, known)
    except MappingError as error:
        return {
            "problems": [{"field": path, "reason": "tidak dapat dibaca"} for path in error.paths],
            "requests": [],
        }
    return {"problems": [_shown(problem) for problem in problems], "requests": requests}


def _is_order(snapshot_json: Any) -> bool:
    return isinstance(snapshot_json, dict) and snapshot_json.get("kind") == ORDER


def _of_visit(snapshot_json: Any, known: Known) -> tuple[tuple[Problem, ...], Plan | None]:
    snapshot = parse(snapshot_json)
    problems = check(snapshot, known)
    return problems, None if problems else plan(snapshot, known)


def _of_order(snapshot_json: Any, known: Known) -> tuple[tuple[Problem, ...], Plan | None]:
    """As if its images were never awaited."""
    snapshot = parse_order(snapshot_json)
    problems = check_order(snapshot, known)
    return problems, None if problems else plan_order(snapshot, known)


def _shown(problem: Problem) -> dict[str, str | None]:
    return {"rule": problem.rule, "role": problem.role, "field": problem.field,
            "reason": problem.reason, "waits_for": problem.waits_for}  # fmt: skip


def _requests(wanted: Plan, known: Known) -> list[dict[str, Any]]:
    if wanted.first and wanted.create:
        return [{"method": "POST", "path": "/", "body": bundle(wanted.create, known)}]
    creates = [{"method": "POST", "path": f"/{r.type}", "body": resolve(r.body, known)} for r in wanted.create]
    updates = [
        {"method": "PUT", "path": f"/{r.type}/{known[r.key].remote_id}",
         "body": {**resolve(r.body, known), "id": known[r.key].remote_id}}
        for r in wanted.update
    ]  # fmt: skip
    retractions = [
        {"method": "PUT", "path": f"/{gone.type}/{gone.remote_id}", "body": "entered-in-error"}
        for gone in wanted.retract
    ]
    return [*creates, *updates, *retractions]
