"""The one checker: the database and the ministry's ledger held against each other, after everything came to rest.

Each complaint names the invariant it breaks; no complaint means that nothing was lost, doubled,
invented, overtaken or rushed. The numbers are those of the fault suite's invariants.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.journey.stage import ON_THEIR_WAY, Scene

ALLOWED = frozenset({
    ("ready", "leased"), ("ready", "exempt"), ("leased", "ready"), ("leased", "uncertain"),
    ("leased", "delivered"), ("leased", "blocked"), ("leased", "rejected"), ("leased", "exempt"),
    ("uncertain", "leased"), ("delivered", "ready"), ("delivered", "uncertain"), ("blocked", "ready"),
    ("blocked", "uncertain"), ("blocked", "exempt"), ("rejected", "ready"), ("rejected", "uncertain"),
    ("rejected", "exempt"), ("exempt", "ready"), ("exempt", "uncertain"),
})  # fmt: skip
WRITES = frozenset({"POST", "PUT", "PATCH"})
FINISHED_WORD = {"finished": "finished", "cancelled": "cancelled"}

Complaints = dict[str, list[str]]


async def complaints(scene: Scene, *, parked: Iterable[str] = ()) -> Complaints:
    """Every broken invariant with its witnesses; ``parked`` are the visits that a person must look at."""
    summary = await scene.summary()
    requests = await scene.requests()
    rows = await scene.sql("select id, subject_id::text, state::text from integration.deliveries")
    found = {
        "I1 lost": await _lost(scene, [row["subject_id"] for row in rows if row["state"] == "delivered"]),
        "I2 doubled": [one["identifier"] for one in summary["duplicates"]] + _created_again(requests),
        "I4 phantom": await _phantoms(scene, requests),
        "I5 overlapping": _overlaps(requests),
        "I6 parked": _wrongly_parked(rows, frozenset(parked)),
        "I7 unbalanced": await _unbalanced(scene),
        "I8 rushed": _rushed(requests),
        "I9 stuck": [f"{row['id']} {row['state']}" for row in rows if row["state"] in ON_THEIR_WAY],
        "I11 moved": await _moves(scene),
    }
    return {name: witnesses for name, witnesses in found.items() if witnesses}


async def _lost(scene: Scene, delivered: list[str]) -> list[str]:
    """Delivered visits that are not there, not in their present form, or without a part we believe there."""
    encounters = {
        name["value"]: held for held in await scene.held("Encounter") for name in held["identifiers"]
    }  # fmt: skip
    missing = [visit for visit in delivered if visit not in encounters]
    conditions = await _codes_there(scene)
    wanted = await _wanted(scene)
    for visit in set(delivered) - set(missing):
        held = encounters[visit]
        status, codes = wanted[visit]
        if FINISHED_WORD[status] != held["body"]["status"] or (
            status == "finished" and not codes <= conditions[held["id"]]
        ):
            missing.append(f"{visit} as it is now")
    return missing + await _parts_lost(scene)


async def _codes_there(scene: Scene) -> dict[str, set[str]]:
    """ICD-10 codes of valid Conditions by the id of their Encounter."""
    codes: dict[str, set[str]] = defaultdict(set)
    for held in await scene.held("Condition"):
        body = held["body"]
        if body.get("verificationStatus", {}).get("coding", [{}])[0].get("code") != "entered-in-error":
            encounter = body["encounter"]["reference"].rpartition("/")[2]
            codes[encounter] |= {one["code"] for one in body["code"]["coding"]}
    return codes


async def _wanted(scene: Scene) -> dict[str, tuple[str, set[str]]]:
    rows = await scene.sql(
        """select v.id::text, v.status::text, array_remove(array_agg(d.icd10_code), null) as codes
             from public.visits v left join public.diagnoses d on d.visit_id = v.id and d.voided_at is null
            group by v.id""")  # fmt: skip
    return {row["id"]: (row["status"], set(row["codes"])) for row in rows}


async def _parts_lost(scene: Scene) -> list[str]:
    reply = await scene.ministry.get("/__sandbox__/ledger", params={"since": await scene.last_seq()})
    there = {(held["type"], held["id"]) for held in reply.json()["resources"]}
    believed = await scene.sql(
        "select resource_type, remote_id, local_key from integration.remote_resources where content_hash <> ''"
    )
    return [row["local_key"] for row in believed if (row["resource_type"], row["remote_id"]) not in there]


def _created_again(requests: list[dict[str, Any]]) -> list[str]:
    """Visits sent whole after they had been taken: the ministry's refusal would be luck, not care."""
    taken: set[str] = set()
    again = []
    for request in sorted(requests, key=lambda one: one["finished_at"] or float("inf")):
        if request["type"] != "Bundle" or request["method"] != "POST" or request["visit"] is None:
            continue
        if request["visit"] in taken:
            again.append(f"{request['visit']} sent again by request {request['seq']}")
        if request["effect"]:
            taken.add(request["visit"])
    return again


async def _phantoms(scene: Scene, requests: list[dict[str, Any]]) -> list[str]:
    known = {row[0] for row in await scene.sql("select id::text from public.visits where finished_at is not null")}
    named = {request["visit"].rpartition("|")[2] for request in requests if request["visit"]}
    return sorted(named - known)


def _overlaps(requests: list[dict[str, Any]]) -> list[str]:
    """Writes about one visit of which the second began before the first was over there."""
    by_visit: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for request in requests:
        if request["visit"] and request["method"] in WRITES:
            by_visit[request["visit"]].append(request)
    found = []
    for visit, writes in by_visit.items():
        writes.sort(key=lambda one: one["started_at"])
        found += [
            f"{visit} by requests {first['seq']} and {second['seq']}"
            for first, second in itertools.pairwise(writes)
            if first["finished_at"] is None or second["started_at"] < first["finished_at"]
        ]
    return found


def _wrongly_parked(rows: list[Any], wanted: frozenset[str]) -> list[str]:
    """Visits parked though nothing is wrong with them, or not parked though they should be."""
    parked = {row["subject_id"] for row in rows if row["state"] in {"blocked", "rejected"}}
    return sorted(parked ^ wanted)


async def _unbalanced(scene: Scene) -> list[str]:
    rows = await scene.sql("select service_date, difference from integration.status() where difference <> 0")
    return [f"{row['service_date']}: {row['difference']}" for row in rows]


def _rushed(requests: list[dict[str, Any]]) -> list[str]:
    """Requests that began in the second half of a Retry-After: what was on its way already is no rush."""
    waits = [
        (request["finished_at"], request["finished_at"] + _retry_after(request))
        for request in requests
        if request["status"] == 429 and _retry_after(request)
    ]
    return [
        f"request {request['seq']}"
        for request in requests
        for told, until in waits
        if (told + until) / 2 < request["received_at"] < until - 0.02
    ]


def _retry_after(request: dict[str, Any]) -> float:
    """A rule that says how long to wait carries it in its name: ``storm retry-after=2``."""
    named = [name.partition("retry-after=")[2] for name in request["faults"]]
    return max([float(value) for value in named if value], default=0.0)


async def _moves(scene: Scene) -> list[str]:
    """Moves the state machine does not have, and generations that went backwards."""
    rows = await scene.sql("select delivery_id, was, became, generation from journey.moves order by id")
    found = [
        f"{row['delivery_id']}: {row['was']} → {row['became']}"
        for row in rows
        if row["was"] is not None and (row["was"], row["became"]) not in ALLOWED
    ]
    latest: dict[int, int] = {}
    for row in rows:
        if row["generation"] < latest.get(row["delivery_id"], 0):
            found.append(f"{row['delivery_id']}: generation went back")
        latest[row["delivery_id"]] = row["generation"]
    return found
