"""The books of the demo: the clinic's own count, the deliveries, and the ministry's ledger, held together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.demo.outside import Ministry
from supabase import AsyncClient

STATES = ("delivered", "ready", "leased", "uncertain", "blocked", "rejected", "exempt")
IN_FLIGHT = ("ready", "leased", "uncertain")


@dataclass(frozen=True, slots=True)
class Books:
    """Counts of visits by state, and what the ledger says of them."""

    eligible: int
    states: Mapping[str, int]
    difference: int
    duplicates: int
    missing: int
    """Visits we call delivered that the ministry's ledger does not hold as a finished Encounter."""

    @property
    def in_flight(self) -> int:
        """Visits that are still on their way."""
        return sum(self.states[state] for state in IN_FLIGHT)

    @property
    def balanced(self) -> bool:
        """Whether the conservation law holds, nothing is lost and nothing is there twice."""
        return self.difference == 0 and self.duplicates == 0 and self.missing == 0

    def line(self) -> str:
        """The last line of the demo."""
        counts = " ".join(f"{state}={self.states[state]}" for state in STATES)
        return (
            f"eligible={self.eligible} {counts} "
            f"difference={self.difference} missing={self.missing} duplicates={self.duplicates}"
        )


async def balance(service: AsyncClient) -> tuple[int, Counter[str], int]:
    """Eligible visits, deliveries by state, and the law's difference, summed over days."""
    told: Any = (await service.schema("integration").rpc("status", {}).execute()).data
    rows: list[dict[str, Any]] = told
    states = Counter({state: sum(row[state] for row in rows) for state in STATES})
    return sum(row["eligible"] for row in rows), states, sum(abs(row["difference"]) for row in rows)


async def close_books(service: AsyncClient, ministry: Ministry, visits: Mapping[str, str]) -> Books:
    """Compare; ``visits`` maps each visit of the morning to the state its delivery ended in."""
    eligible, states, difference = await balance(service)
    summary = await ministry.summary()
    finished = Counter(
        identifier["value"]
        for held in await ministry.encounters()
        if held["body"]["status"] == "finished"
        for identifier in held["identifiers"]
    )
    missing = sum(1 for visit, state in visits.items() if state == "delivered" and not finished[visit])
    return Books(eligible, states, difference, len(summary["duplicates"]), missing)


async def delivery_states(service: AsyncClient) -> dict[str, str]:
    """Visit id → state of its delivery."""
    reply = await service.schema("integration").table("deliveries").select("subject_id,state").execute()
    rows: list[Any] = reply.data
    return {row["subject_id"]: row["state"] for row in rows}


async def work_items(client: AsyncClient) -> list[dict[str, Any]]:
    """The open work as the admin of the clinic sees it."""
    reply = await client.table("work_items").select("role,field,rule,reason,state,subject_id").execute()
    rows: list[Any] = reply.data
    return sorted(rows, key=lambda row: (row["role"], row["reason"]))
